import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from fer_utils.runs.prompt_connection import PromptConnection


class Handler(KernelWebsocketHandler):
    """A fake of the server's side of a websocket."""

    def __init__(self) -> None:
        self.nodelay = False

    def set_nodelay(self, value: bool) -> None:
        self.nodelay = value


def test_the_sockets_delay_is_off_once_the_page_is_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler = Handler()
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: "connected")

    async def connect() -> object:
        return PromptConnection(websocket_handler=handler).connect()

    # In a thread of its own: browser tests leave an event loop running in this one.
    with ThreadPoolExecutor() as threads:
        assert threads.submit(asyncio.run, connect()).result() == "connected"
    assert handler.nodelay
