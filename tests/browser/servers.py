"""Pages and servers for the browser tests."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, ViewportSize

from fer_utils.runs.page import PROMPT

# Remembers every camera track that the page was given, so that tests can see whether it is on.
REMEMBER_TRACKS = """
window.tracks = [];
window.answers = [];
const devices = navigator.mediaDevices;
const ask = devices?.getUserMedia.bind(devices);
if (devices) devices.getUserMedia = async (wanted) => {
  window.asked = (window.asked ?? 0) + 1;
  if (window.refusal) throw new DOMException("as the test wants it", window.refusal);
  if (window.undecided) await new Promise(() => {});
  const stream = await ask(wanted);
  window.tracks.push(...stream.getTracks());
  return stream;
};
document.addEventListener("fer-faces", ({ detail }) => window.answers.push(detail));
"""
WIDE: ViewportSize = {"width": 1000, "height": 860}


@contextmanager
def new_page(browser: Browser, *, size: ViewportSize = WIDE, allow: bool = True) -> Iterator[Page]:
    """Give a page of its own context that may use the camera, or may not."""
    context = browser.new_context(viewport=size, permissions=["camera"] if allow else [])
    context.add_init_script(REMEMBER_TRACKS)
    page = context.new_page()
    page.set_default_timeout(30_000)
    try:
        yield page
    finally:
        context.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], address: str, folder: Path) -> Iterator[str]:
    """Run a Jupyter server that touches nobody's settings, until its address answers."""
    home = folder / ".jupyter"
    settings = home / "lab" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    news = '{"fetchNews": "false", "checkForUpdates": false}'
    (settings / "notification.jupyterlab-settings").write_text(news)
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "lab",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(home / value) for name, value in own.items()}
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        wait_for(address, server, folder / "server.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers; raise with what it printed if it ends or takes too long."""
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/static/favicons/favicon.ico", timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} does not answer:\n{log.read_text()}")


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(notebook, path)
    return path


@contextmanager
def voila(notebook: Path, *, prompt: bool = True) -> Iterator[str]:
    """Serve one notebook as a page of its own; not prompt is how Voilà does it unasked."""
    port = free_port()
    options = [
        "--no-browser",
        f"--port={port}",
        "--Voila.ip=127.0.0.1",
        "--Voila.log_level=ERROR",
        *([f"--Voila.kernel_websocket_connection_class={PROMPT}"] if prompt else []),
    ]
    command = [sys.executable, "-m", "voila", str(notebook), *options]
    with serving(command, f"http://127.0.0.1:{port}", notebook.parent) as address:
        yield address


@contextmanager
def lab(notebook: Path, *, prompt: bool = True) -> Iterator[str]:
    """Serve a notebook's folder with JupyterLab; not prompt is how it does it unasked."""
    port = free_port()
    options = [
        "--no-browser",
        f"--port={port}",
        "--ip=127.0.0.1",
        "--allow-root",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        f"--ServerApp.root_dir={notebook.parent}",
        *([f"--ServerApp.kernel_websocket_connection_class={PROMPT}"] if prompt else []),
    ]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with serving(command, f"http://127.0.0.1:{port}", notebook.parent) as address:
        yield address


def open_in_lab(page: Page, address: str, notebook: str, *, dark: bool = False) -> None:
    """Open a notebook in JupyterLab, side bar away, and run all its cells."""
    page.goto(f"{address}/lab/tree/{notebook}?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady")
    in_lab(page, "application:toggle-left-area")
    if dark:
        in_lab(page, "apputils:change-theme", "{ theme: 'JupyterLab Dark' }")
    in_lab(page, "notebook:run-all-cells")


def in_lab(page: Page, command: str, arguments: str = "{}") -> None:
    """Execute a command of JupyterLab without waiting for its end."""
    page.evaluate(f"void window.jupyterapp.commands.execute('{command}', {arguments})")
