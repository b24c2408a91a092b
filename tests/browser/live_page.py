"""Open the page with the live camera in a browser, from whichever front end serves it."""

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from servers import WIDE, in_lab, new_page, open_in_lab, served_folder, write_notebook

from fer_utils.widgets.camera_states import STATES

NAME = "camera.ipynb"
# Reports what Python saw, and takes commands from the test, through files.
_REPORT = """
import json, os, time
from pathlib import Path
import ipywidgets
from IPython.display import display
import clips
from fer_utils import Recognizer
from fer_utils.widgets.studio import Studio

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
    index = getattr(recognizer, "index", None)
    with (folder / "seen.jsonl").open("a") as stream:
        stream.write(json.dumps([index, seen.number, seen.width, faces]) + "\\n")

recognizer = {recognizer}
"""
# Only a plain recognizer lets the page recognize faces itself.
_RECOGNIZERS = {"kernel": "Reporting()", "page": "None"}
_WIDGET = """
studio = Studio(recognizer)
camera = studio.camera
camera.observe_faces(report)
other, more, fewer = ipywidgets.Output(), ipywidgets.Button(), ipywidgets.Button()
more.description, fewer.description = "More", "Fewer"

@more.on_click
def show(button):
    with other:
        display(camera)

fewer.on_click(lambda button: other.clear_output())
ipywidgets.VBox([studio, ipywidgets.HBox([more, fewer]), other])
"""


@dataclass(frozen=True)
class Front:
    """A page with the live camera, and the browsers that visit it.

    `place` is "voila" or "lab", which show a notebook; "static", a page that needs no server; or
    "offline", that page once its server is gone. `engine` says where faces are recognized.
    """

    place: str
    engine: str
    address: str
    folder: Path  # of the notebook, or of the static page
    launch: Callable[[str], Browser]
    play: Callable[[str], Path]

    @property
    def name(self) -> str:
        return f"{self.place}_{self.engine}"

    @property
    def has_kernel(self) -> bool:
        return self.place in ("voila", "lab")

    @contextmanager
    def visit(
        self,
        camera: str,
        *,
        dark: bool = False,
        host: str = "127.0.0.1",
        size: ViewportSize = WIDE,
        script: str = "",
        missing: str = "",
    ) -> Iterator["Live"]:
        """Open the page in a browser, and wait for the camera; it must raise no errors.

        `script` runs first; files with `missing` in their address are not found.
        """
        with new_page(self.launch(camera), size=size) as page:
            live = Live(page, self, [])
            page.on("pageerror", lambda error: live.errors.append(str(error)))
            page.add_init_script(script)
            if missing:
                page.route(re.compile(missing), lambda route: route.fulfill(status=404))
            if dark:
                page.emulate_media(color_scheme="dark")
            self._open(page, self.address.replace("127.0.0.1", host), dark=dark)
            page.wait_for_selector(".fer-live-camera")
            yield live
        # In a notebook, ipywebrtc raises some when there is no camera.
        assert self.has_kernel or live.errors == []

    def _open(self, page: Page, address: str, *, dark: bool) -> None:
        if self.place == "lab":
            open_in_lab(page, address, f"{self.name}/{NAME}", dark=dark)
        elif self.place == "voila":
            page.goto(f"{address}/{self.name}/{NAME}{'?theme=dark' if dark else ''}")
        elif self.place == "static":
            page.goto(address)
        else:
            with served_folder(self.folder) as first:
                page.goto(first)
                page.evaluate("navigator.serviceWorker.ready.then(() => null)")
            page.reload()


@dataclass(frozen=True)
class Live:
    """The live camera on a page."""

    page: Page
    front: Front
    errors: list[str]  # that its scripts have raised

    @property
    def root(self) -> Locator:
        return self.page.locator(".fer-live-camera").first

    @property
    def tracks(self) -> list[str]:
        """Whether each track that the page ever got is live or ended."""
        return self.page.evaluate("window.tracks.map((track) => track.readyState)")

    def answers(self, count: int) -> list[dict[str, Any]]:
        """Return the latest answers."""
        return self.page.evaluate(f"window.answers.slice(-{count})")

    def start(self) -> None:
        """Press Start or Retry, and wait for the first answers."""
        self.page.evaluate("window.answers = []")
        self.root.locator(".fer-go").click()
        self.wait_for_answers(3)

    def wait_for_answers(self, count: int) -> None:
        """Wait until that many more answers have arrived."""
        before = self.page.evaluate("window.answers.length")
        self.wait_until(f"window.answers.length >= {before + count}")

    def wait_until(self, condition: str) -> None:
        """Wait until a condition in JavaScript holds."""
        # The static page's policy forbids to evaluate text in it, as `wait_for_function` does.
        for _ in range(1000):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(30)
        raise AssertionError(f"never: {condition}; the camera says {self.root.inner_text()}")

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

    def open_tab(self, name: str) -> Locator:
        """Open a tab, and return its panel."""
        self.page.get_by_role("tab", name=name).click()
        panel = self.page.locator(".fer-panel:visible")
        expect(panel).to_have_count(1)
        return panel

    def saved(self, panel: Locator) -> list[dict[str, str]]:
        """Press Save CSV, and return the table."""
        with self.page.expect_download() as waiting:
            panel.get_by_role("button", name="Save CSV").click()
        text = Path(waiting.value.path()).read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text)))

    def seen(self) -> list[dict[str, Any]]:
        """Return what Python has seen so far, frame by frame."""
        path = self.front.folder / "seen.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        names = ("index", "number", "width", "faces")
        return [dict(zip(names, json.loads(line), strict=True)) for line in lines]

    def drawings(self) -> list[NDArray[np.uint8]]:
        """Return the drawn pixels of each view at one moment, RGB, mirrored back."""
        script = (
            "[...document.querySelectorAll('.fer-live-camera canvas')]"
            ".map((canvas) => canvas.toDataURL())"
        )
        return [_picture_of(data)[:, ::-1] for data in self.page.evaluate(script)]

    def shoot(self, folder: Path, name: str) -> None:
        """Take a picture of the page."""
        self.page.screenshot(path=folder / f"{self.front.name}_{name}.png", full_page=True)


def _picture_of(data: str) -> NDArray[np.uint8]:
    encoded = np.frombuffer(base64.b64decode(data.split(",")[1]), dtype=np.uint8)
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)


def write_camera_notebook(folder: Path, engine: str) -> None:
    """Write a notebook with the studio; Python reports to the same folder what it sees."""
    folder.mkdir()
    first = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    report = _REPORT.replace("{folder}", str(folder)).replace("{recognizer}", _RECOGNIZERS[engine])
    write_notebook(folder / NAME, f"{first}\n{report}", _WIDGET)
