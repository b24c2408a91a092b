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
from servers import WIDE, new_page, open_in_lab, write_notebook

from fer_utils.widgets.camera_states import STATES

# Tells the test what the kernel saw, and does what the test asks for through files.
RECOGNIZER = """
import json, os, time
from pathlib import Path
import ipywidgets
from IPython.display import display
import clips
from fer_utils.vision.recognizer import Recognizer
from fer_utils.widgets.camera import LiveCamera

folder = Path("{folder}")
(folder / "pid").write_text(str(os.getpid()))
recognizer = Recognizer()

class Told:
    def recognize(self, frame):
        if (folder / "fail").exists():
            raise RuntimeError("as the test wants it")
        if (folder / "sleep").exists():
            (folder / "sleep").unlink()
            time.sleep(4)
        self.index = clips.index_of(frame)
        return recognizer.recognize(frame)

    def recognize_faces(self, frame, faces):
        self.index = clips.index_of(frame)
        return recognizer.recognize_faces(frame, faces)

def tell(seen):
    faces = [[face.number, face.emotion, *map(float, face.box)] for face in seen.faces]
    line = json.dumps([told.index, seen.width, faces])
    with (folder / "seen.jsonl").open("a") as stream:
        stream.write(line + "\\n")

told = Told()
"""
WIDGET = """
camera = LiveCamera(told)
camera.observe_faces(tell)
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
    """A front end that shows the notebook, and the browser that visits it."""

    name: str
    address: str
    folder: Path
    launch: Callable[[str], Browser]

    @contextmanager
    def visit(
        self,
        camera: str,
        *,
        dark: bool = False,
        host: str = "127.0.0.1",
        size: ViewportSize = WIDE,
    ) -> Iterator["Live"]:
        """Open the notebook in a new browser and wait for the widget."""
        address = self.address.replace("127.0.0.1", host)
        browser = self.launch(camera)
        try:
            with new_page(browser, size=size) as page:
                if self.name == "lab":
                    open_in_lab(page, address, "camera.ipynb", dark=dark)
                else:
                    page.goto(f"{address}{'?theme=dark' if dark else ''}")
                page.wait_for_selector(".fer-live-camera")
                yield Live(page, self)
        finally:
            browser.close()


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
        """Whether each track that the page was ever given is live or ended."""
        return self.page.evaluate("window.tracks.map((track) => track.readyState)")

    def start(self) -> None:
        """Press Start or Retry, and wait for the first answers."""
        self.page.evaluate("window.answers = []")
        self.root.locator(".fer-go").click()
        self.wait_for_answers(3)

    def wait_for_answers(self, count: int) -> None:
        """Wait until so many more answers have come."""
        before = self.page.evaluate("window.answers.length")
        self.page.wait_for_function(f"window.answers.length >= {before + count}")

    def stop(self) -> None:
        self.root.locator(".fer-stop").click()
        self.wait_for("ready")

    def wait_for(self, state: str, *, seconds: float = 20) -> None:
        """Wait for a state, and check that its words are on the page."""
        selector = f'.fer-live-camera[data-state="{state}"]'
        self.page.wait_for_selector(selector, timeout=1000 * seconds)
        if STATES[state].title:
            assert STATES[state].title in self.root.inner_text()
            assert STATES[state].advice in self.root.inner_text()
            assert self.root.locator(".fer-go").is_visible() == bool(STATES[state].action)

    def seen(self) -> list[dict[str, Any]]:
        """Return what the kernel saw so far, frame by frame."""
        path = self.front.folder / "seen.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        names = ("index", "width", "faces")
        return [dict(zip(names, json.loads(line), strict=True)) for line in lines]

    def drawings(self) -> list[NDArray[np.uint8]]:
        """Return the drawn pixels of each view at one moment, RGB, mirrored back."""
        script = (
            "[...document.querySelectorAll('.fer-live-camera canvas')]"
            ".map((canvas) => canvas.toDataURL())"
        )
        return [picture_of(data)[:, ::-1] for data in self.page.evaluate(script)]


def picture_of(data: str) -> NDArray[np.uint8]:
    encoded = np.frombuffer(base64.b64decode(data.split(",")[1]), dtype=np.uint8)
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)


def write_camera_notebook(folder: Path) -> Path:
    """Write the notebook, whose kernel tells in the same folder what it sees."""
    first = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    cells = [f"{first}\n{RECOGNIZER.replace('{folder}', str(folder))}", WIDGET]
    return write_notebook(folder / "camera.ipynb", *cells)
