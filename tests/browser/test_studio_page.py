"""Charts and practice in a real browser, fed with made-up faces; test_page.py has the camera."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from looks import WIDE, shoot
from playwright.sync_api import Browser, Locator, Page, expect
from servers import new_page, voila, write_notebook

from fer_utils.emotions import EMOTIONS
from fer_utils.widgets.practice import LOOKS, PAUSED

# A line "happy 0.75 1 2" in the text box feeds a frame every eighth of a second from second 1 to 2,
# with a happy face 1 and a smaller, neutral face 2; "none" is no face.
NOTEBOOK = """
import ipywidgets
import numpy as np
from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import TrackedFace
from fer_utils.vision.observation import Observation
from fer_utils.widgets.studio import Studio

class Blind:
    def recognize(self, frame):
        return []

def face(emotion, probability, number):
    probabilities = np.full(7, (1 - probability) / 6, dtype=np.float32)
    probabilities[EMOTIONS.index(emotion)] = probability
    return TrackedFace(
        box=(10, 20, 30, 40), score=0.5, probabilities=probabilities, emotion=emotion, number=number
    )

def feed(change):
    emotion, probability, start, stop = change["new"].split()
    for step in range(round(8 * float(start)), round(8 * float(stop)) + 1):
        faces = ()
        if emotion != "none":
            faces = (face(emotion, float(probability), 1), face("neutral", 0.6, 2))
        for callback in (studio.charts.update, studio.practice.update):
            callback(Observation(step, step / 8, 640, 480, faces))
    fed.value = str(int(fed.value) + 1)

studio = Studio(Blind())
line, fed = ipywidgets.Text(continuous_update=False), ipywidgets.Label("0")
line.add_class("feed")
fed.add_class("fed")
line.observe(feed, "value")
ipywidgets.VBox([studio, ipywidgets.HBox([line, fed])])
"""


class Fed:
    """A page with the studio, whose time goes on as the test feeds it."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self.time = 0.0
        self.lines = 0
        self.pictures = pictures
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def charts(self) -> Locator:
        return self.page.locator(".fer-charts")

    @property
    def practice(self) -> Locator:
        return self.page.locator(".fer-practice")

    def feed(self, emotion: str, probability: float, seconds: float) -> None:
        """Show a face for a while, and wait until the kernel is through with it."""
        stop = self.time + seconds
        box = self.page.locator(".feed input")
        box.fill(f"{emotion} {probability} {self.time + 0.125} {stop}")
        box.press("Enter")
        self.time, self.lines = stop, self.lines + 1
        expect(self.page.locator(".fed")).to_have_text(str(self.lines))

    def press(self, panel: Locator, name: str) -> None:
        panel.get_by_role("button", name=name, exact=True).click()

    def saved(self, panel: Locator) -> tuple[str, list[str]]:
        """Press Save CSV and return the name and the lines of the file."""
        with self.page.expect_download() as waiting:
            self.press(panel, "Save CSV")
        lines = Path(waiting.value.path()).read_text().splitlines()
        return waiting.value.suggested_filename, lines

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def picture(self, name: str) -> None:
        """Save pictures of the page in three widths, and check that nothing sticks out."""
        shoot(self.page, self.pictures, f"studio_{name}")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    notebook = write_notebook(tmp_path_factory.mktemp("studio") / "studio.ipynb", NOTEBOOK)
    with voila(notebook) as served:
        yield served


def open_studio(browser: Browser, address: str, pictures: Path) -> Iterator[Fed]:
    with new_page(browser, size=WIDE) as page:
        fed = Fed(page, pictures)
        page.goto(address)
        expect(fed.charts).to_be_visible()
        yield fed
        assert fed.errors == []


@pytest.fixture(scope="module")
def fed(browser_without_camera: Browser, address: str, pictures: Path) -> Iterator[Fed]:
    yield from open_studio(browser_without_camera, address, pictures)


@pytest.fixture
def live(fed: Fed) -> Fed:
    """Give the studio at its tab Live, with an empty session."""
    fed.open_tab("Live")
    fed.press(fed.charts, "Reset")
    expect(fed.charts.locator(".fer-most")).to_have_text("no data")
    return fed


@pytest.fixture
def acting(fed: Fed) -> Fed:
    """Give the studio at its tab Practice, with the first target of a new game."""
    fed.open_tab("Practice")
    fed.practice.locator("[data-press=start]").click()
    expect(fed.practice.locator(".fer-title")).to_have_text("Get ready")
    fed.feed("neutral", 0.2, 2.125)
    return fed


def target(fed: Fed) -> str:
    """Wait for a target and return it."""
    expect(fed.practice).to_have_attribute("data-phase", "acting")
    return fed.practice.locator(".fer-title").text_content()


def test_the_timeline_shows_the_chosen_face(live: Fed) -> None:
    live.feed("happy", 0.75, 3)
    lane = live.charts.locator(".fer-lanes .fer-happy")
    expect(lane.locator(".fer-value")).to_have_text("75 %")
    curve = re.compile(r"^M114,0.25L114.5,0.25L.*L119.5,0.25L120,0.25$")
    expect(lane.locator(".fer-curve")).to_have_attribute("d", curve)
    live.charts.get_by_label("Face").select_option("Face 2")
    expect(lane.locator(".fer-value")).to_have_text("7 %")
    expect(live.charts.locator(".fer-lanes .fer-neutral .fer-value")).to_have_text("60 %")
    words = re.compile("fear 7 percent, happy 7 percent, .* neutral 60 percent")
    expect(live.charts.get_by_role("img")).to_have_attribute("aria-label", words)


def test_bars_ring_and_table_show_the_time_of_each_emotion_until_reset(live: Fed) -> None:
    live.feed("happy", 0.75, 3)
    live.feed("sad", 0.75, 1)
    row = live.charts.get_by_role("row", name="happy")
    expect(row.get_by_role("cell").last).to_have_text("0:02")
    expect(row.locator(".fer-share")).to_have_text("41 %")
    expect(live.charts.locator(".fer-most")).to_have_text("50 %")
    live.picture("live")
    live.press(live.charts, "Reset")
    expect(row.get_by_role("cell").last).to_have_text("0:00")
    expect(live.charts.locator(".fer-most")).to_have_text("no data")


def test_save_csv_downloads_every_face_of_every_frame(live: Fed) -> None:
    save = live.charts.get_by_role("button", name="Save CSV")
    expect(save).to_have_attribute("aria-disabled", "true")
    first = round(8 * live.time) + 1
    live.feed("happy", 0.75, 0.125)
    live.feed("none", 0, 0.5)
    expect(save).to_have_attribute("aria-disabled", "false")
    name, lines = live.saved(live.charts)
    assert name.startswith("emotions_20")
    assert name.endswith(".csv")
    assert lines == [
        "frame,time,face,x,y,width,height,score,"
        "angry,disgust,fear,happy,sad,surprise,neutral,emotion",
        f"{first},0.000,1,10.0,20.0,30.0,40.0,0.500,"
        "0.0417,0.0417,0.0417,0.7500,0.0417,0.0417,0.0417,happy",
        f"{first},0.000,2,10.0,20.0,30.0,40.0,0.500,"
        "0.0667,0.0667,0.0667,0.0667,0.0667,0.0667,0.6000,neutral",
    ]


def test_a_game_is_played_from_start_to_summary(acting: Fed) -> None:
    told = []
    for number in range(1, 8):
        emotion = target(acting)
        expect(acting.practice.locator(".fer-text")).to_have_text(LOOKS[emotion])
        expect(acting.practice.locator(".fer-now")).to_have_text(str(number))
        if number == 2:
            acting.press(acting.practice, "Skip")
            told.append(f"2,{emotion},skipped,,0.000,0.500")
        elif number == 3:
            acting.feed(emotion, 0.25, 15)
            told.append(f"3,{emotion},missed,,0.250,0.500")
        else:
            acting.feed(emotion, 0.25, 0.5)
            acting.feed(emotion, 0.75, 0.625)
            expect(acting.practice.get_by_role("meter")).to_have_attribute("aria-valuenow", "75")
            if number == 4:
                acting.picture("holding")
            acting.feed(emotion, 0.875, 0.5)
            told.append(f"{number},{emotion},held,0.625,0.875,0.500")
        if number < 7:
            expect(acting.practice).to_have_attribute("data-phase", "break")
            acting.feed("neutral", 0.2, 2)
    expect(acting.practice.locator(".fer-title")).to_have_text("5 of 7 held")
    rows = acting.practice.locator("tbody tr")
    expect(rows).to_have_count(7)
    assert rows.nth(1).inner_text().split()[-3:] == ["skipped", "0", "%"]
    acting.picture("summary")
    name, lines = acting.saved(acting.practice)
    assert name.startswith("practice_20")
    assert lines == ["round,emotion,outcome,reaction_time,peak,threshold", *told]


def test_practice_pauses_without_a_face(acting: Fed) -> None:
    acting.feed("neutral", 0.2, 1)
    left = acting.practice.locator(".fer-remaining")
    expect(left).to_have_text("14 s left")
    acting.feed("none", 0, 5)
    expect(acting.practice.locator(".fer-note")).to_have_text(PAUSED)
    acting.picture("paused")
    acting.feed("neutral", 0.2, 0.125)
    expect(acting.practice.locator(".fer-note")).to_be_empty()
    expect(left).to_have_text("14 s left")


def test_practice_is_played_with_the_keyboard(fed: Fed) -> None:
    fed.open_tab("Practice")
    fed.practice.locator("[data-press=start]").focus()
    fed.page.keyboard.press("Enter")
    expect(fed.practice.locator(".fer-title")).to_have_text("Get ready")
    fed.feed("neutral", 0.2, 2.125)
    target(fed)
    fed.practice.locator("[data-press=start]").focus()
    fed.page.keyboard.press("Tab")
    fed.page.keyboard.press("Space")
    expect(fed.practice).to_have_attribute("data-phase", "break")
    # The button does nothing now, and keeps the focus.
    expect(fed.practice.get_by_role("button", name="Skip")).to_be_focused()
    fed.page.keyboard.press("Tab")
    fed.page.keyboard.press("Tab")
    fed.page.keyboard.press("ArrowRight")
    expect(fed.practice.locator("output")).to_have_text("55 %")
    fed.page.keyboard.press("ArrowLeft")
    expect(fed.practice.locator("output")).to_have_text("50 %")


def test_the_chosen_player_is_followed(acting: Fed) -> None:
    emotion = target(acting)
    acting.feed(emotion, 0.75, 0.25)
    meter = acting.practice.get_by_role("meter")
    expect(meter).to_have_attribute("aria-valuenow", "75")
    acting.practice.get_by_label("Face").select_option("Face 2")
    acting.feed(emotion, 0.75, 0.25)
    expect(meter).to_have_attribute("aria-valuenow", "60" if emotion == "neutral" else "7")
    acting.practice.get_by_label("Face").select_option("Largest")


def test_an_error_in_the_kernel_is_shown(fed: Fed) -> None:
    fed.open_tab("Practice")
    fed.practice.locator("[data-press=skip]").evaluate("button => button.dataset.press = 'jump'")
    fed.practice.locator("[data-press=jump]").evaluate("button => button.ariaDisabled = 'false'")
    fed.practice.locator("[data-press=jump]").click()
    expect(fed.practice.locator(".fer-error")).to_contain_text("KeyError: 'jump'")


def test_it_can_be_looked_at_in_the_dark(
    browser_without_camera: Browser, address: str, pictures: Path
) -> None:
    for dark in open_studio(browser_without_camera, f"{address}/?theme=dark", pictures):
        for emotion in EMOTIONS:
            dark.feed(emotion, 0.8, 4)
        dark.picture("dark_live")
        dark.open_tab("Practice")
        dark.press(dark.practice, "Start")
        dark.feed("neutral", 0.2, 2.125)
        dark.feed(target(dark), 0.8, 0.75)
        dark.picture("dark_practice")
