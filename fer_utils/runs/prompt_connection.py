"""Send answers from a Jupyter server without delay."""

import asyncio

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A connection between kernel and page that never waits to fill a packet.

    A kernel's answer consists of several small messages. The server's TCP socket holds back all
    but the first one until the browser acknowledges it, which takes up to 40 ms (Nagle's algorithm
    and delayed acknowledgment). For a live camera, that is most of the round trip.

    Pass its name as the option ``kernel_websocket_connection_class`` of Jupyter's ServerApp or
    Voilà.
    """

    def connect(self) -> asyncio.Future[None] | None:  # type: ignore[override]
        """Connect with the delay of the socket switched off."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
