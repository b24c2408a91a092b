"""Serve the live notebook as a page of its own, with Voilà."""

import ipaddress
import os
import secrets
import socket
import tempfile
from pathlib import Path

from fer_utils.paths import NOTEBOOKS

LIVE_NOTEBOOK = NOTEBOOKS / "06_live_webcam.ipynb"
THEMES = ("light", "dark")
PROMPT = "fer_utils.runs.prompt_connection.PromptConnection"

# Cells with this tag explain; they are not part of the page.
LESSON = "lesson"

_CULL_IDLE_SECONDS = 600
_CULL_INTERVAL_SECONDS = 60
_SETTINGS = {
    # The page talks to its own server only: no frame can go anywhere else. Its scripts come from
    # the server, from itself, and from the widgets, which are loaded as blobs.
    "headers": {
        "Content-Security-Policy": "; ".join(
            [
                "default-src 'self'",
                "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "media-src 'self' blob:",
                "font-src 'self' data:",
                "frame-ancestors 'self'",
            ]
        )
    },
    # Milliseconds; Jupyter's own default is longer than its interval, which Tornado warns of.
    "ws_ping_timeout": 30_000,
}

# Server and kernel talk through files rather than ports, unless their paths, which the system
# limits to about 100 characters, would be too long: their names alone take 70.
_TRANSPORT = "ipc" if os.name == "posix" and len(tempfile.gettempdir()) <= 30 else "tcp"


class AppError(RuntimeError):
    """A page that cannot be served; the message is meant for the terminal."""


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    theme: str = "light",
    open_browser: bool = True,
    notebook: Path = LIVE_NOTEBOOK,
) -> None:
    """Serve the live page until Ctrl-C.

    Parameters
    ----------
    host : str
        The address to listen on. Any other than this machine's own gets a token in its URL.
    port : int
        The port, 1 to 65535.
    theme : str
        One of `THEMES`.
    open_browser : bool
        Whether to open the page in a browser.
    notebook : Path
        The notebook.

    Raises
    ------
    AppError
        If the notebook is missing, the theme unknown, or the port taken.
    """
    if not notebook.is_file():
        raise AppError(f"{notebook} is missing: run from a clone of the project")
    if theme not in THEMES:
        raise AppError(f"unknown theme {theme!r}: expected {' or '.join(THEMES)}")
    check_port(host, port)
    token = "" if is_local(host) else secrets.token_urlsafe(24)
    print(announcement(host, port, token), flush=True)

    from voila.app import Voila

    arguments = voila_arguments(
        notebook, host=host, port=port, theme=theme, token=token, open_browser=open_browser
    )
    Voila.launch_instance(argv=arguments, tornado_settings=_SETTINGS)


def voila_arguments(
    notebook: Path, *, host: str, port: int, theme: str, token: str, open_browser: bool
) -> list[str]:
    """Return Voilà's command line.

    One notebook and none of its sources; no file beside it; a kernel warmed up for the next
    visitor, and those that nobody looks at any more stopped.
    """
    return [
        str(notebook),
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
        f"--MappingKernelManager.cull_idle_timeout={_CULL_IDLE_SECONDS}",
        f"--MappingKernelManager.cull_interval={_CULL_INTERVAL_SECONDS}",
        f"--TagRemovePreprocessor.remove_cell_tags={LESSON}",
    ]


def check_port(host: str, port: int) -> None:
    """Raise an error that helps if nobody can listen on a port.

    Raises
    ------
    AppError
        If another program listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":
            # A port that was left a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise AppError(
                f"cannot serve on {host} port {port} ({error}): "
                f"stop the program that uses it, or choose another with --port"
            ) from error


def is_local(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def announcement(host: str, port: int, token: str) -> str:
    """Return what the terminal says: where the page is, and who can see it."""
    if not token:
        return f"The live page: http://{host}:{port}/ (this machine only; Ctrl-C stops it)"
    return (
        f"The live page: http://{host}:{port}/?token={token}\n"
        "Other machines reach it, and browsers give them their camera over HTTPS only: "
        "put an HTTPS proxy before it. Ctrl-C stops it."
    )
