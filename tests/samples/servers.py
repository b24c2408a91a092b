"""Pages and Jupyter servers for the browser tests."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, ViewportSize

from fer_utils.runs.page import PROMPT

# Records every camera track of the page, so that tests can see whether it is on.
REMEMBER_TRACKS = """
window.tracks = [];
window.answers = [];
const devices = navigator.mediaDevices;
const ask = devices?.getUserMedia.bind(devices);
if (devices) devices.getUserMedia = async (wanted) => {
  window.asked = (window.asked ?? 0) + 1;
  if (window.refusal) throw new DOMException("requested by the test", window.refusal);
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
    """Open a page in a context of its own, with permission to use the camera or without."""
    context = browser.new_context(viewport=size, permissions=["camera"] if allow else [])
    context.add_init_script(REMEMBER_TRACKS)
    page = context.new_page()
    page.set_default_timeout(30_000)
    try:
        yield page
    finally:
        context.close()


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], address: str, home: Path) -> Iterator[str]:
    """Run a Jupyter server with its settings and logs in a folder; wait until it responds."""
    settings = home / "lab" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    news = '{"fetchNews": "false", "checkForUpdates": false}'
    (settings / "notification.jupyterlab-settings").write_text(news, encoding="utf-8")
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "lab",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(home / value) for name, value in own.items()}
    log = (home / "server.log").open("wb")
    server = subprocess.Popen(
        command, cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        _wait_for(address, server, home / "server.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server responds; if it ends or takes too long, raise with its log."""
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/static/favicons/favicon.ico", timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} does not respond:\n{log.read_text(encoding='utf-8')}")


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
def voila(source: Path, *, prompt: bool = True) -> Iterator[str]:
    """Serve a notebook, or a folder of them, with Voilà; not prompt is Voilà's default."""
    port = free_port()
    options = [
        "--no-browser",
        f"--port={port}",
        "--Voila.ip=127.0.0.1",
        "--Voila.log_level=ERROR",
        *([f"--Voila.kernel_websocket_connection_class={PROMPT}"] if prompt else []),
    ]
    command = [sys.executable, "-m", "voila", str(source), *options]
    home = (source if source.is_dir() else source.parent) / ".voila"
    with serving(command, f"http://127.0.0.1:{port}", home) as address:
        yield address


@contextmanager
def lab(folder: Path, *, prompt: bool = True) -> Iterator[str]:
    """Serve a folder with JupyterLab; not prompt is JupyterLab's default."""
    port = free_port()
    options = [
        "--no-browser",
        f"--port={port}",
        "--ip=127.0.0.1",
        "--allow-root",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        f"--ServerApp.root_dir={folder}",
        *([f"--ServerApp.kernel_websocket_connection_class={PROMPT}"] if prompt else []),
    ]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with serving(command, f"http://127.0.0.1:{port}", folder / ".lab") as address:
        yield address


@contextmanager
def served_app(folder: Path, *options: str, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the live page with ``fer-utils app``; yield the address that it prints."""
    port = free_port()
    command = [sys.executable, "-m", "fer_utils", "app", "--no-browser", "--port", str(port)]
    origin = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    with serving([*command, "--host", host, *options], origin, folder):
        until = time.monotonic() + 30
        while not (found := re.findall(rf"{re.escape(origin)}/\S*", read_log(folder))):
            assert time.monotonic() < until, read_log(folder)
            time.sleep(0.1)
        yield found[0]


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served_folder(folder: Path) -> Iterator[str]:
    """Serve a folder of files, as any web server would; yield its address."""
    handler = partial(_QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def read_log(folder: Path) -> str:
    """Return what a server of a folder has printed so far."""
    return (folder / "server.log").read_text(encoding="utf-8")


def open_in_lab(page: Page, address: str, notebook: str, *, dark: bool = False) -> None:
    """Open a notebook in JupyterLab, hide the sidebar, and run all cells."""
    page.goto(f"{address}/lab/tree/{notebook}?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady")
    in_lab(page, "application:toggle-left-area")
    if dark:
        in_lab(page, "apputils:change-theme", "{ theme: 'JupyterLab Dark' }")
    in_lab(page, "notebook:run-all-cells")


def in_lab(page: Page, command: str, arguments: str = "{}") -> None:
    """Execute a JupyterLab command without waiting for it."""
    page.evaluate(f"void window.jupyterapp.commands.execute('{command}', {arguments})")
