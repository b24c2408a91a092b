"""Serve the live notebook as a web page, with Voilà."""

import ipaddress
import os
import secrets
import socket
import tempfile
from pathlib import Path

import lazy_loader

from fer_utils.paths import NOTEBOOKS

# Needs Voilà, which `fer-utils app --help` does not.
page_server = lazy_loader.load("fer_utils.runs.page_server", suppress_warning=True)

LIVE_NOTEBOOK = NOTEBOOKS / "06_live_webcam.ipynb"
THEMES = ("light", "dark")
PROMPT = "fer_utils.runs.prompt_connection.PromptConnection"

# Cells with this tag are for readers of the notebook; the page leaves them out.
_LESSON = "lesson"

# A page whose camera is on is never idle. Closing a tab ends its kernel at once.
_CULL_IDLE_SECONDS = 1800
_CULL_INTERVAL_SECONDS = 60

# Server and kernel communicate through files rather than ports, unless the paths would exceed the
# system's limit of about 100 characters: the file names alone take 70.
_TRANSPORT = "ipc" if os.name == "posix" and len(tempfile.gettempdir()) <= 30 else "tcp"


class AppError(RuntimeError):
    """The page cannot be served; the message is for the terminal."""


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    theme: str = "light",
    max_pages: int = 10,
    open_browser: bool = True,
    notebook: Path = LIVE_NOTEBOOK,
) -> None:
    """Serve the live page until Ctrl-C.

    The address that it prints contains a token, without which the page does not open.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        Port to listen on, 1 to 65535.
    theme : str
        One of `THEMES`.
    max_pages : int
        The maximum number of pages that are open at the same time. Each has a kernel of its own,
        which takes 100 MB and more.
    open_browser : bool
        Whether to open the page in a browser.
    notebook : Path
        The notebook to serve.

    Raises
    ------
    AppError
        If the notebook is missing, the theme is unknown, or the port is in use.
    """
    if not notebook.is_file():
        raise AppError(f"{notebook} is missing: install fer-utils again")
    if theme not in THEMES:
        raise AppError(f"unknown theme {theme!r}: expected {' or '.join(THEMES)}")
    _check_port(host, port)
    token = secrets.token_urlsafe(24)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/?token={token}"
    page_server.PageServer.launch_instance(
        argv=voila_arguments(
            notebook, host=host, port=port, theme=theme, token=token, open_browser=open_browser
        ),
        address=address,
        announcement=_announcement(address, host, port),
        max_pages=max_pages,
        tornado_settings={
            "headers": {"Content-Security-Policy": page_server.content_policy()},
            # Otherwise, a site could give its own name the address of this machine, and be let in.
            "allow_remote_access": not is_local(host),
            "local_hostnames": ["localhost"],
            # Milliseconds. Jupyter's default exceeds its ping interval: Tornado warns about that.
            "ws_ping_timeout": 30_000,
        },
    )


def voila_arguments(
    notebook: Path, *, host: str, port: int, theme: str, token: str, open_browser: bool
) -> list[str]:
    """Return Voilà's command line.

    It serves one notebook without its source code and no other file, keeps one kernel ready for
    the next visitor, and stops kernels that are idle.
    """
    return [
        str(notebook),
        f"--Voila.ip={host}",
        f"--port={port}",
        "--Voila.port_retries=0",
        f"--Voila.open_browser={open_browser}",
        "--Voila.log_level=ERROR",
        f"--theme={theme}",
        f"--token={token}",
        "--strip_sources=True",
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NO",
        "--VoilaConfiguration.file_allowlist=^$",
        f"--Voila.kernel_websocket_connection_class={PROMPT}",
        f"--KernelManager.transport={_TRANSPORT}",
        "--preheat_kernel=True",
        "--pool_size=1",
        f"--MappingKernelManager.cull_idle_timeout={_CULL_IDLE_SECONDS}",
        f"--MappingKernelManager.cull_interval={_CULL_INTERVAL_SECONDS}",
        "--MappingKernelManager.cull_connected=True",
        f"--TagRemovePreprocessor.remove_cell_tags={_LESSON}",
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


def _announcement(address: str, host: str, port: int) -> str:
    if is_local(host):
        whom = "people who use this machine and have this address"
    else:
        whom = (
            f"everybody who can reach port {port} of this machine and has this address.\n"
            "Browsers allow cameras over HTTPS only, and without HTTPS the network can read the "
            "token and the pictures: put an HTTPS proxy in front of it"
        )
    return (
        f"The live page: {address}\n"
        f"Open to {whom}.\n"
        "They can use the page, and neither read files of this machine nor run code of their own "
        "on it. Ctrl-C stops it."
    )
