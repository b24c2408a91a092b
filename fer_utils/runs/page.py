"""Serve the live notebook as a web page, with Voilà: ``fer-utils app``."""

import ipaddress
import os
import secrets
import socket
import tempfile
from typing import Literal

from fer_utils.paths import NOTEBOOKS

LIVE_NOTEBOOK = NOTEBOOKS / "06_live_webcam.ipynb"
PROMPT = "fer_utils.runs.prompt_connection.PromptConnection"

_SETTINGS = {
    # The page can only connect to its own server, so no frame leaves it. Its scripts come from the
    # server, from the page itself, and from the widgets, which are loaded as blobs.
    "headers": {
        "Content-Security-Policy": "default-src 'self'; "
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "media-src 'self' blob:; "
        "font-src 'self' data:; "
        "frame-ancestors 'self'"
    },
    # Milliseconds. Jupyter's default exceeds its ping interval, and Tornado warns about that.
    "ws_ping_timeout": 30_000,
}

# Server and kernel communicate through files rather than ports, unless the paths would exceed the
# system's limit of about 100 characters: the file names alone take 70.
_TRANSPORT = "ipc" if os.name == "posix" and len(tempfile.gettempdir()) <= 30 else "tcp"


class AppError(RuntimeError):
    """The page cannot be served; the message is for the terminal."""


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    theme: Literal["light", "dark"] = "light",
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
    no_browser : bool
        Do not open the page in a browser.

    Raises
    ------
    AppError
        If Voilà or the notebook is missing, or the port is in use.
    """
    try:
        from voila.app import Voila
    except ModuleNotFoundError as error:
        raise AppError("the page needs voila: pip install 'fer-utils[app]'") from error
    if not LIVE_NOTEBOOK.is_file():
        raise AppError(f"{LIVE_NOTEBOOK} is missing: install fer-utils again")
    _check_port(host, port)
    address, token = f"The live page: http://{host}:{port}/", ""
    if is_local(host):
        print(f"{address} (this machine only; Ctrl-C stops it)", flush=True)
    else:
        token = secrets.token_urlsafe(24)
        print(
            f"{address}?token={token}\n"
            "Other machines can reach it, but browsers allow cameras over HTTPS only: "
            "put an HTTPS proxy in front of it. Ctrl-C stops it.",
            flush=True,
        )
    arguments = voila_arguments(
        host=host, port=port, theme=theme, token=token, open_browser=not no_browser
    )
    Voila.launch_instance(argv=arguments, tornado_settings=_SETTINGS)


def voila_arguments(
    *, host: str, port: int, theme: str, token: str, open_browser: bool
) -> list[str]:
    """Return Voilà's command line.

    It serves the live notebook without its source code and no other file, keeps one kernel ready
    for the next visitor, and stops kernels without visitors.
    """
    return [
        str(LIVE_NOTEBOOK),
        f"--Voila.ip={host}",
        f"--port={port}",
        "--Voila.port_retries=0",
        f"--Voila.open_browser={open_browser}",
        "--Voila.log_level=ERROR",
        f"--theme={theme}",
        *([f"--token={token}"] if token else []),
        "--strip_sources=True",
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.file_allowlist=^$",
        f"--Voila.kernel_websocket_connection_class={PROMPT}",
        f"--KernelManager.transport={_TRANSPORT}",
        "--preheat_kernel=True",
        "--pool_size=1",
        "--MappingKernelManager.cull_idle_timeout=600",
        "--MappingKernelManager.cull_interval=60",
        # Lessons are for readers of the notebook.
        "--TagRemovePreprocessor.remove_cell_tags=lesson",
    ]


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":
            # A port that was closed a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise AppError(
                f"cannot serve on {host} port {port} ({error}): "
                f"stop the program that uses it, or choose another port with --port"
            ) from error


def is_local(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
