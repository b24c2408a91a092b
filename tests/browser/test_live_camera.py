"""The live camera in a real browser, in Voilà and in JupyterLab."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clips
import cv2
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, ViewportSize
from servers import WIDE, lab, new_page, open_in_lab, voila, write_notebook

from fer_utils.appearance import COLORS
from fer_utils.widgets.states import STATES

SOAK_SECONDS = int(os.environ.get("FER_SOAK_SECONDS", "20"))
PHONE: ViewportSize = {"width": 390, "height": 780}
WORD_HEIGHT = 24  # of the label over a box, in pixels of the page

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


@pytest.fixture(scope="module", params=["voila", "lab"])
def front(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    launch: Callable[[str], Browser],
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp(request.param)
    here = Path(__file__).parent
    first = f"import sys; sys.path.insert(0, {str(here)!r})"
    cells = [f"{first}\n{RECOGNIZER.replace('{folder}', str(folder))}", WIDGET]
    notebook = write_notebook(folder / "camera.ipynb", *cells)
    with {"voila": voila, "lab": lab}[request.param](notebook) as address:
        yield Front(request.param, address, folder, launch)


@pytest.fixture(scope="module")
def one_face(front: Front) -> Iterator[Live]:
    """Give a page whose camera plays the clip with one face."""
    with front.visit("one") as live:
        yield live


@pytest.fixture
def live(one_face: Live) -> Iterator[Live]:
    """Give the same page with the camera off."""
    one_face.page.context.grant_permissions(["camera"])
    if one_face.root.get_attribute("data-state") == "live":
        one_face.stop()
    (one_face.front.folder / "seen.jsonl").unlink(missing_ok=True)
    one_face.page.evaluate("window.tracks = []; window.answers = []")
    yield one_face
    one_face.page.evaluate("window.refusal = window.undecided = null")


def drawn_box(picture: NDArray[np.uint8], emotion: str, ratio: float = 1) -> clips.Box:
    """Return the box that is drawn in an emotion's colour, as (x, y, w, h) in the picture."""
    red, green, blue = (int(COLORS[emotion][start : start + 2], 16) for start in (1, 3, 5))
    mask = np.abs(picture.astype(int) - (red, green, blue)).max(axis=-1) < 12
    columns = np.flatnonzero(mask.sum(axis=0) >= mask.sum(axis=0).max() / 2)
    left, right = int(columns.min()), int(columns.max())
    rows = np.flatnonzero(mask[:, left + 1])
    top, bottom = int(rows.min() + WORD_HEIGHT * ratio), int(rows.max())
    return left, top, right - left, bottom - top


def scaled(box: clips.Box, factor: float) -> clips.Box:
    x, y, w, h = (factor * value for value in box)
    return x, y, w, h


def test_the_smile_is_found_where_it_is_and_called_happy(live: Live, pictures: Path) -> None:
    live.start()
    live.wait_for_answers(30)
    seen = [entry for entry in live.seen() if entry["faces"]][-25:]
    assert len(seen) == 25
    for entry in seen:
        [true] = clips.true_faces(clips.one, entry["index"])
        [[number, _, *box]] = entry["faces"]
        assert number == 1
        assert clips.overlap(scaled(tuple(box), clips.WIDTH / entry["width"]), true) >= 0.5
    emotions = [entry["faces"][0][1] for entry in seen]
    assert emotions.count("happy") > len(emotions) / 2
    live.page.screenshot(path=pictures / f"{live.front.name}_live.png")


def test_the_drawn_box_covers_the_face(live: Live) -> None:
    live.start()
    for _ in range(3):
        live.wait_for_answers(5)
        [picture] = live.drawings()
        factor = picture.shape[1] / clips.WIDTH
        [true] = clips.true_faces(clips.one, clips.index_of(picture))
        assert clips.overlap(drawn_box(picture, "happy"), scaled(true, factor)) >= 0.5


def test_stop_ends_the_camera_track(live: Live) -> None:
    live.start()
    assert live.tracks == ["live"]
    live.stop()
    assert live.tracks == ["ended"]
    count = live.page.evaluate("window.answers.length")
    live.page.wait_for_timeout(500)
    assert live.page.evaluate("window.answers.length") == count


def test_the_keyboard_starts_and_stops(live: Live) -> None:
    live.root.locator(".fer-go").focus()
    live.page.keyboard.press("Enter")
    live.wait_for("live")
    live.page.wait_for_function("document.activeElement.textContent === 'Stop'")
    live.page.keyboard.press("Enter")
    live.wait_for("ready")
    assert live.page.evaluate("document.activeElement.textContent") == "Start"


def test_a_hidden_page_sends_nothing(live: Live) -> None:
    live.start()
    hide = (
        "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
        "document.dispatchEvent(new Event('visibilitychange'));"
    )
    live.page.evaluate(hide.format("true"))
    live.wait_for("paused")
    live.page.wait_for_timeout(500)
    before = live.page.evaluate("window.answers.length")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate("window.answers.length") == before
    live.page.evaluate(hide.format("false"))
    live.wait_for("live")
    live.wait_for_answers(3)


def test_a_snapshot_is_downloaded_with_its_box(live: Live) -> None:
    live.start()
    live.wait_for_answers(5)
    with live.page.expect_download() as caught:
        live.root.locator(".fer-snapshot").click()
    assert caught.value.suggested_filename.startswith("emotions_")
    picture = cv2.imread(str(caught.value.path()), cv2.IMREAD_COLOR_RGB)
    assert picture.shape == (clips.HEIGHT, clips.WIDTH, 3)
    mirrored = picture[:, ::-1]
    [true] = clips.true_faces(clips.one, clips.index_of(mirrored))
    assert clips.overlap(drawn_box(mirrored, "happy"), true) >= 0.5


def test_keypoints_and_smoothing_are_switched_on_the_page(live: Live, pictures: Path) -> None:
    live.start()
    live.root.locator(".fer-keypoints").check()
    live.wait_for_answers(5)
    live.page.screenshot(path=pictures / f"{live.front.name}_keypoints.png")
    live.root.locator(".fer-keypoints").uncheck()
    live.root.locator(".fer-smoothing").fill("1.2")
    live.wait_for_answers(5)
    assert "1.2 s" in live.root.inner_text()
    live.root.locator(".fer-smoothing").fill("0.5")


def test_a_refusal_is_explained_and_retry_works(live: Live, pictures: Path) -> None:
    live.page.context.clear_permissions()
    live.root.locator(".fer-go").click()
    live.wait_for("denied")
    live.page.screenshot(path=pictures / f"{live.front.name}_denied.png")
    live.page.context.grant_permissions(["camera"])
    live.start()
    assert live.tracks == ["live"]


def test_a_camera_that_ends_is_explained_and_retry_works(live: Live, pictures: Path) -> None:
    live.start()
    live.page.context.clear_permissions()
    live.wait_for("ended")
    live.page.screenshot(path=pictures / f"{live.front.name}_ended.png")
    live.page.context.grant_permissions(["camera"])
    live.start()
    assert live.tracks == ["ended", "live"]


def test_a_camera_in_use_is_explained(live: Live, pictures: Path) -> None:
    live.page.evaluate("window.refusal = 'NotReadableError'")
    live.root.locator(".fer-go").click()
    live.wait_for("busy")
    live.page.screenshot(path=pictures / f"{live.front.name}_busy.png")
    live.page.evaluate("window.refusal = null")
    live.start()


def test_while_the_person_decides_the_page_says_what_to_do(live: Live, pictures: Path) -> None:
    live.page.evaluate("window.undecided = true")
    live.root.locator(".fer-go").click()
    live.wait_for("asking")
    live.page.wait_for_timeout(300)
    live.page.screenshot(path=pictures / f"{live.front.name}_asking.png")
    live.stop()


def test_an_error_in_the_kernel_is_shown_and_retry_works(live: Live, pictures: Path) -> None:
    (live.front.folder / "fail").touch()
    live.root.locator(".fer-go").click()
    live.wait_for("error")
    assert "RuntimeError: as the test wants it" in live.root.inner_text()
    assert live.tracks == ["ended"]
    live.page.screenshot(path=pictures / f"{live.front.name}_error.png")
    (live.front.folder / "fail").unlink()
    live.start()


def test_a_busy_kernel_is_told_and_the_picture_goes_on(live: Live, pictures: Path) -> None:
    live.start()
    (live.front.folder / "sleep").touch()
    live.wait_for("silent", seconds=6)
    live.page.screenshot(path=pictures / f"{live.front.name}_silent.png")
    live.wait_for("live", seconds=6)
    live.wait_for_answers(5)
    assert live.tracks == ["live"]


def test_two_views_share_one_stream(live: Live, pictures: Path) -> None:
    live.start()
    live.page.get_by_role("button", name="More").click()
    live.page.wait_for_selector(".fer-live-camera >> nth=1")
    live.wait_for_answers(10)
    assert live.page.evaluate("window.tracks.length") == 1
    one, other = map(clips.index_of, live.drawings())
    assert min((one - other) % clips.FRAMES, (other - one) % clips.FRAMES) <= 10
    live.page.screenshot(path=pictures / f"{live.front.name}_two_views.png", full_page=True)
    live.page.get_by_role("button", name="Fewer").click()
    live.page.wait_for_selector(".fer-live-camera >> nth=1", state="detached")
    live.wait_for_answers(5)
    assert live.tracks == ["live"]


def test_frames_keep_coming_and_memory_stays(live: Live) -> None:
    kernel = psutil.Process(int((live.front.folder / "pid").read_text()))
    live.start()
    live.wait_for_answers(60)
    before = kernel.memory_info().rss
    until = time.monotonic() + SOAK_SECONDS / 2  # the half in each front end
    while time.monotonic() < until:
        live.wait_for_answers(5)
    assert kernel.memory_info().rss - before < 10_000_000


# The following end the page, so they come last.


def test_running_the_cell_again_switches_the_camera_off(live: Live) -> None:
    if live.front.name != "lab":
        pytest.skip("Voilà has no cells to run")
    live.start()
    run_all = "void window.jupyterapp.commands.execute('notebook:run-all-cells')"
    live.page.evaluate(run_all)
    live.page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')")
    live.wait_for("ready")
    live.start()
    assert live.tracks == ["ended", "live"]


def test_restarting_the_kernel_switches_the_camera_off(live: Live, pictures: Path) -> None:
    if live.front.name != "lab":
        pytest.skip("Voilà restarts no kernel")
    live.start()
    live.page.evaluate("void window.jupyterapp.commands.execute('notebook:restart-kernel')")
    live.page.get_by_role("button", name="Confirm Kernel Restart").click()
    live.wait_for("gone")
    assert live.tracks == ["ended"]
    live.page.screenshot(path=pictures / "lab_gone.png")


@pytest.mark.parametrize(("clip", "count"), [("two", 2), ("none", 0)])
def test_each_face_has_a_number(front: Front, pictures: Path, clip: str, count: int) -> None:
    with front.visit(clip) as live:
        live.start()
        live.wait_for_answers(15)
        for answer in live.page.evaluate("window.answers.slice(-10)"):
            assert len(answer["faces"]) == count
            assert len({face["number"] for face in answer["faces"]}) == count
        live.page.screenshot(path=pictures / f"{front.name}_{clip}.png")


def test_without_a_camera_the_page_says_so(front: Front, pictures: Path) -> None:
    with front.visit("", dark=True) as live:
        for asked in (1, 2):
            live.root.locator(".fer-go").click()
            live.wait_for("missing")
            assert live.page.evaluate("window.asked") == asked
        live.page.screenshot(path=pictures / f"{front.name}_missing.png")


def test_another_camera_is_chosen(front: Front, pictures: Path) -> None:
    if front.name != "voila":
        pytest.skip("one front end is enough")
    with front.visit("two cameras", dark=True) as live:
        live.start()
        choice = live.root.locator(".fer-camera-choice select")
        live.page.wait_for_selector("option >> nth=1", state="attached")
        names = choice.locator("option").all_inner_texts()
        assert len(names) == 2
        choice.select_option(names[1])
        live.page.wait_for_function("window.tracks[1]?.readyState === 'live'")
        assert live.tracks == ["ended", "live"]
        assert live.page.evaluate("window.tracks[1].label") == names[1]
        live.wait_for("live")
        live.wait_for_answers(5)
        live.page.screenshot(path=pictures / "voila_two_cameras.png")


def test_an_insecure_address_is_explained_on_a_phone(front: Front, pictures: Path) -> None:
    if front.name != "voila":
        pytest.skip("one front end is enough")
    with front.visit("one", host="elsewhere.test", size=PHONE) as live:
        live.root.locator(".fer-go").click()
        live.wait_for("insecure")
        live.page.screenshot(path=pictures / "voila_insecure_phone.png")
        assert live.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
