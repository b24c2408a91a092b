"""A page with the studio, and files for its tabs Picture and Video."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data
from looks import WIDE, shoot
from playwright.sync_api import Browser, Locator, Page, expect
from servers import new_page, write_notebook

NAME = "studio.ipynb"
# A line "happy 0.75 1 2" in the text box feeds a frame every eighth of a second from second 1 to 2,
# with a happy face 1 and a smaller, neutral face 2; "none" is no face. While the file "slow"
# exists, recognition is slow enough to be stopped.
_NOTEBOOK = """
from functools import partial
from pathlib import Path
import ipywidgets
from fakes import Slowed
from observations import face, seen
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision import download
from fer_utils.widgets.guessing_game import FaceDeck
from fer_utils.widgets.studio import Studio
from guesses import call_all_happy, voted_faces

download.TIME_LIMIT = 1.0
# A model that learned from labels: practice shows the probabilities as they are fed.
studio = Studio(model=SHIPPED_MODEL.with_name("fer2013"))
studio.pictures.fetch = partial(download.fetch, allowed_hosts=("127.0.0.1",))
studio.guessing.deck = FaceDeck(voted_faces(), seed=0)
studio.guessing.classify = call_all_happy
def feed(change):
    emotion, probability, start, stop = change["new"].split()
    faces = ()
    if emotion != "none":
        faces = (face(emotion, float(probability)), face("neutral", 0.6, number=2))
    for step in range(round(8 * float(start)), round(8 * float(stop)) + 1):
        for panel in (studio.charts, studio.practice):
            panel.update(seen(step / 8, *faces))
    fed.value = str(int(fed.value) + 1)

studio.videos.recognizer = Slowed(studio.videos.recognizer, Path("{folder}", "slow"))
line, fed = ipywidgets.Text(continuous_update=False), ipywidgets.Label("0")
line.add_class("feed")
fed.add_class("fed")
line.observe(feed, "value")
ipywidgets.VBox([studio, ipywidgets.HBox([line, fed])])
"""
_COUNT_BYTES = """
window.sent = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.sent += data.byteLength ?? data.length;
  return send.call(this, data);
};
"""
SIZE = 256
RATE = 25


class StudioPage:
    """A page with the studio, whose live time passes as the test feeds it."""

    def __init__(self, page: Page, folder: Path, pictures: Path) -> None:
        self.page = page
        self.slow = folder / "slow"
        self.pictures = pictures
        self.time = 0.0
        self.lines = 0
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def charts(self) -> Locator:
        return self.page.locator(".fer-charts")

    @property
    def practice(self) -> Locator:
        return self.page.locator(".fer-practice")

    @property
    def picture(self) -> Locator:
        return self.page.locator(".fer-picture")

    @property
    def video(self) -> Locator:
        return self.page.locator(".fer-video")

    @property
    def guessing(self) -> Locator:
        return self.page.locator(".fer-guessing")

    @property
    def sent(self) -> int:
        """Number of bytes sent to the kernel."""
        return self.page.evaluate("window.sent ?? 0")

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def press(self, panel: Locator, name: str) -> None:
        panel.get_by_role("button", name=name, exact=True).click()

    def feed(self, emotion: str, probability: float, seconds: float) -> None:
        """Show a face for a while, and wait until the kernel has processed it."""
        stop = self.time + seconds
        box = self.page.locator(".feed input")
        box.fill(f"{emotion} {probability} {self.time + 0.125} {stop}")
        box.press("Enter")
        self.time, self.lines = stop, self.lines + 1
        expect(self.page.locator(".fed")).to_have_text(str(self.lines))

    def saved(self, panel: Locator, name: str) -> tuple[str, bytes]:
        """Press a button, and return the name and the bytes of the file that it saves."""
        with self.page.expect_download() as waiting:
            self.press(panel, name)
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()

    def shoot(self, name: str) -> None:
        shoot(self.page, self.pictures, name)


@contextmanager
def open_studio(
    browser: Browser, address: str, folder: Path, pictures: Path, *, dark: bool = False
) -> Iterator[StudioPage]:
    """Open the studio in Voilà; its page must raise no errors."""
    with new_page(browser, size=WIDE) as page:
        studio = StudioPage(page, folder, pictures)
        page.add_init_script(_COUNT_BYTES)
        page.goto(f"{address}/{NAME}{'?theme=dark' if dark else ''}")
        expect(studio.charts).to_be_visible()
        yield studio
        assert studio.errors == []


def write_studio_notebook(folder: Path) -> None:
    """Write the notebook that shows the studio."""
    samples = Path(__file__).parents[1] / "samples"
    path = f"import sys; sys.path.insert(0, {str(samples)!r})"
    write_notebook(folder / NAME, f"{path}\n{_NOTEBOOK.replace('{folder}', str(folder))}")


def astronaut() -> np.ndarray:
    """Return one smiling face, RGB of shape (256, 256, 3)."""
    return cv2.resize(skimage.data.astronaut(), (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def png(frame: np.ndarray) -> bytes:
    """Return a picture as a PNG file."""
    return cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1].tobytes()


def write_clip(path: Path, seconds: float, shift: Callable[[int], int] = lambda index: 0) -> Path:
    """Write an MP4 file of the astronaut, moved to the right by a number of pixels per frame."""
    still = astronaut()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for index in range(round(seconds * RATE)):
            moved = np.roll(still, shift(index), axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
        container.mux(stream.encode())
    return path
