"""Let Voilà serve one notebook to those who know its address, and to nobody else's page."""

import hmac
import html
import secrets
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.routing import Matcher
from tornado.web import HTTPError, RequestHandler
from traitlets import Int, Unicode
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.tornado.handler import TornadoVoilaHandler

from fer_utils.paths import ScratchFolder

# The page can only connect to its own server, so no frame leaves it. Its scripts come from the
# server and from the widgets, which are loaded as blobs; JupyterLab's services compile some.
# Inline scripts run only with the nonce of their page: those that Voilà writes.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

_SWEEP_MILLISECONDS = 30_000


def content_policy(nonce: str = "") -> str:
    """Return the Content-Security-Policy of a page whose inline scripts carry a nonce."""
    allowed = {"script-src": f"{_POLICY['script-src']} 'nonce-{nonce}'"} if nonce else {}
    return "; ".join(f"{name} {sources}" for name, sources in (_POLICY | allowed).items())


class PageServer(Voila):
    """Voilà with one page: behind a token, closed to other sites, with a limit on kernels."""

    address = Unicode(help="Address of the page, with the token.")
    announcement = Unicode(help="Text to print once the server answers.")
    max_pages = Int(help="The maximum number of pages that are open at the same time.")

    def init_handlers(self) -> list[Any]:
        """Return the handlers of Voilà, behind a gate, without those that the page never uses."""
        handlers = [
            (path, _PageHandler if handler is TornadoVoilaHandler else handler, *options)
            for path, handler, *options in super().init_handlers()
            if handler is not RequestInfoSocketHandler
        ]
        return [(_FromElsewhere(self.token), _Refusal), *handlers]

    def listen(self) -> None:
        """Serve until Ctrl-C; print the announcement as soon as the server answers."""
        IOLoop.current().add_callback(print, self.announcement, flush=True)
        # A kernel that takes long to end, as in the middle of a video, is killed.
        PeriodicCallback(ScratchFolder.remove_orphans, _SWEEP_MILLISECONDS).start()
        super().listen()

    def stop(self) -> None:
        """End all kernels, and delete their files."""
        # One that is just starting is not known yet. It ends when it misses this process.
        with suppress(HTTPError):
            super().stop()
        ScratchFolder.remove_orphans()

    def launch_browser(self) -> None:
        """Open the page in a browser.

        Through a private file, since all users of a machine can read the arguments of a process.
        """
        page = Path(self.connection_dir, "open.html")
        refresh = f"0; url={html.escape(self.address)}"
        page.write_text(f'<meta http-equiv="refresh" content="{refresh}">', encoding="utf-8")
        threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()


class _FromElsewhere(Matcher):
    """Match the requests that browsers send for the pages of other sites.

    Someone who follows the complete address, with the token, may come from anywhere.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        # Other ports of this machine are the same site, but not the same origin.
        if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            return None
        given = request.query_arguments.get("token", [b""])[-1]
        return None if hmac.compare_digest(given, self._token) else {}


class _Refusal(RequestHandler):
    """Refuse every request."""

    def prepare(self) -> None:
        self.set_status(403)
        self.finish("Other sites cannot use this page: open the address that the server printed.\n")


class _PageHandler(TornadoVoilaHandler):
    """The page: as many at once as the server may have, each with inline scripts of its own."""

    _opening = 0

    async def get(self, path: str | None = None) -> None:
        """Send the page, or say that there are too many."""
        server: PageServer = self.settings["voila"]
        # One more kernel waits for the next visitor.
        if len(self.kernel_manager) + _PageHandler._opening > server.max_pages:
            self.set_status(503)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(
                f"All {server.max_pages} places are taken. Close another tab that shows this "
                "page, or try again in a few minutes.\n"
            )
            return
        _PageHandler._opening += 1
        try:
            await super().get(path)
        finally:
            _PageHandler._opening -= 1

    async def get_generator(self, path: str | None = None) -> AsyncIterator[str]:
        """Yield the parts of the page."""
        nonce = secrets.token_hex(16)
        _ = self.xsrf_token  # sets the cookie that the page needs to end its kernel
        self.set_header("Content-Security-Policy", content_policy(nonce))
        async for part in super().get_generator(path=path):
            yield part.replace("<script", f"<script nonce={nonce}")
