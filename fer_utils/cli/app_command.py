"""Define ``fer-utils app``."""

from pathlib import Path
from typing import Literal

import lazy_loader

from fer_utils.cli.options import find_model
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.runs.page import serve

# Needs the widgets, which `fer-utils app --help` does not.
static_page = lazy_loader.load("fer_utils.runs.static_page", suppress_warning=True)


def app_command(
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    theme: Literal["light", "dark"] = "light",
    max_pages: int = 10,
    no_browser: bool = False,
    static: Path | None = None,
    model: Path | None = None,
) -> None:
    """Serve the live webcam as a web page, or write it as files that need no kernel.

    For example:

        fer-utils app
        fer-utils app --port 8900 --theme dark
        fer-utils app --static site

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
    static : Path, optional
        Write the page to this folder instead, for any web server: it recognizes faces in the
        browser, and no picture leaves it.
    model : Path, optional
        Model folder for `--static`. [default: models/people]

    Raises
    ------
    ValueError
        If there is a model but no folder to write to.
    """
    if static is not None:
        folder = static_page.write_static_page(static, find_model(model or SHIPPED_MODEL))
        print(static_page.announce_page(folder))
        return
    if model is not None:
        raise ValueError(
            f"--model {model} needs --static FOLDER; the page that is served has the model that "
            "notebook 6 names in model_path"
        )
    serve(host=host, port=port, theme=theme, max_pages=max_pages, open_browser=not no_browser)
