"""A notebook with the live camera, in Voilà or in JupyterLab, and a browser that visits it."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, ViewportSize
from servers import WIDE, in_lab, new_page, open_in_lab, write_notebook

from fer_utils.widgets.camera_states import STATES

NAME = "camera.ipynb"
PAGE_ENGINE = "page_engine.ipynb"
_PAGE_ENGINE = """
import json
from pathlib import Path
from fer_utils import LiveCamera

def report(seen):
    faces = [[face.number, face.emotion, *face.box, len(face.keypoints)] for face in seen]
    with Path("{folder}", "learned.jsonl").open("a") as stream:
        stream.write(json.dumps([seen.number, seen.time, seen.width, faces]) + "\\n")

camera = LiveCamera()
camera.observe_faces(report)
camera
"""
# Reports what the kernel saw, and takes commands from the test, through files.
_RECOGNIZER = """
import json, os, time
from pathlib import Path
import ipywidgets
from IPython.display import display
import clips
from fer_utils import LiveCamera, Recognizer

folder = Path("{folder}")
(folder / "pid").write_text(str(os.getpid()))

class Reporting(Recognizer):
    def recognize_faces(self, frame, faces):
        if (folder / "fail").exists():
            raise RuntimeError("requested by the test")
        if (folder / "sleep").exists():
            (folder / "sleep").unlink()
            time.sleep(4)
        self.index = clips.index_of(frame)
        return super().recognize_faces(frame, faces)

def report(seen):
    faces = [[face.number, face.emotion, *map(float, face.box)] for face in seen]
    line = json.dumps([recognizer.index, seen.width, faces])
    with (folder / "seen.jsonl").open("a") as stream:
        stream.write(line + "\\n")

recognizer = Reporting()
"""
_WIDGET = """
camera = LiveCamera(recognizer)
camera.observe_faces(report)
other, more, fewer = ipywidgets.Output(), ipywidgets.Button(), ipywidgets.Button()
more.description, fewer.description = "More", "Fewer"

@more.on_click
def show(button):
    with other:
        display(camera)

fewer.on_click(lambda button: other.clear_output())
ipywidgets.VBox([camera, ipywidgets.HBox([more, fewer]), other])
"""


@dataclass(frozen=True)
class Front:
    """A front end that shows the notebook, and the browsers that visit it."""

    name: str
    address: str
    folder: Path
    launch: Callable[[str], Browser]
    play: Callable[[str], Path]

    @contextmanager
    def visit(
        self,
        camera: str,
        *,
        dark: bool = False,
        host: str = "127.0.0.1",
        size: ViewportSize = WIDE,
    ) -> Iterator["Live"]:
        """Open the notebook in a browser, and wait for the widget."""
        address = self.address.replace("127.0.0.1", host)
        notebook = f"{self.name}/{NAME}"
        with new_page(self.launch(camera), size=size) as page:
            if self.name == "lab":
                open_in_lab(page, address, notebook, dark=dark)
            else:
                page.goto(f"{address}/{notebook}{'?theme=dark' if dark else ''}")
            page.wait_for_selector(".fer-live-camera")
            yield Live(page, self)


@dataclass(frozen=True)
class Live:
    """The live camera on a page."""

    page: Page
    front: Front

    @property
    def root(self) -> Locator:
        return self.page.locator(".fer-live-camera").first

    @property
    def tracks(self) -> list[str]:
        """Whether each track that the page ever got is live or ended."""
        return self.page.evaluate("window.tracks.map((track) => track.readyState)")

    def start(self) -> None:
        """Press Start or Retry, and wait for the first answers."""
        self.page.evaluate("window.answers = []")
        self.root.locator(".fer-go").click()
        self.wait_for_answers(3)

    def wait_for_answers(self, count: int) -> None:
        """Wait until that many more answers have arrived."""
        before = self.page.evaluate("window.answers.length")
        self.page.wait_for_function(f"window.answers.length >= {before + count}")

    def stop(self) -> None:
        self.root.locator(".fer-stop").click()
        self.wait_for("ready")

    def run_cells(self) -> None:
        """Run all cells again, in JupyterLab."""
        in_lab(self.page, "notebook:run-all-cells")

    def wait_for(self, state: str, *, seconds: float = 20) -> None:
        """Wait for a state, and check that its text is on the page."""
        selector = f'.fer-live-camera[data-state="{state}"]'
        self.page.wait_for_selector(selector, timeout=1000 * seconds)
        if STATES[state].title:
            assert STATES[state].title in self.root.inner_text()
            assert STATES[state].advice in self.root.inner_text()
            assert self.root.locator(".fer-go").is_visible() == bool(STATES[state].action)

    def seen(self) -> list[dict[str, Any]]:
        """Return what the kernel has seen so far, frame by frame."""
        path = self.front.folder / "seen.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        names = ("index", "width", "faces")
        return [dict(zip(names, json.loads(line), strict=True)) for line in lines]

    def drawings(self) -> list[NDArray[np.uint8]]:
        """Return the drawn pixels of each view at one moment, RGB, mirrored back."""
        script = (
            "[...document.querySelectorAll('.fer-live-camera canvas')]"
            ".map((canvas) => canvas.toDataURL())"
        )
        return [_picture_of(data)[:, ::-1] for data in self.page.evaluate(script)]


def _picture_of(data: str) -> NDArray[np.uint8]:
    encoded = np.frombuffer(base64.b64decode(data.split(",")[1]), dtype=np.uint8)
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)


def write_page_engine_notebook(folder: Path) -> None:
    """Write a notebook whose page recognizes faces itself; its kernel writes what it learns."""
    write_notebook(folder / PAGE_ENGINE, _PAGE_ENGINE.replace("{folder}", str(folder)))


def write_camera_notebook(folder: Path) -> None:
    """Write the notebook; its kernel reports to the same folder what it sees."""
    first = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    cells = [f"{first}\n{_RECOGNIZER.replace('{folder}', str(folder))}", _WIDGET]
    write_notebook(folder / NAME, *cells)
