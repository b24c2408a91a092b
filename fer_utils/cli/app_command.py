"""Define ``fer-utils app``."""

from typing import Literal

from fer_utils.runs.page import serve


def app_command(
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    theme: Literal["light", "dark"] = "light",
    max_pages: int = 10,
    no_browser: bool = False,
) -> None:
    """Serve the live webcam as a web page.

    For example:

        fer-utils app
        fer-utils app --port 8900 --theme dark

    Parameters
    ----------
    host : str
        Address to listen on; the default is reachable from this machine only.
    port : int
        Port to listen on.
    theme : {"light", "dark"}
        Colors of the page.
    max_pages : int
        The maximum number of pages that are open at the same time.
    no_browser : bool
        Do not open the page in a browser.
    """
    serve(host=host, port=port, theme=theme, max_pages=max_pages, open_browser=not no_browser)
