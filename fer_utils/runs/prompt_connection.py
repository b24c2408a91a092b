"""Answers that leave a Jupyter server at once."""

import asyncio

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A kernel's connection to the page that never waits to fill a packet.

    A kernel's answer is several small messages. The server's TCP socket holds back all but the
    first until the browser acknowledges that one, which a browser does after up to 40 ms (Nagle's
    algorithm and delayed acknowledgement). For a live camera that is most of the way.

    Its name is what the option ``kernel_websocket_connection_class`` of Jupyter's ServerApp and of
    Voilà takes.
    """

    def connect(self) -> asyncio.Future[None] | None:  # type: ignore[override]
        """Connect as the server does, with the socket's delay switched off."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
