"""What the live camera does: the same in every page, whichever engine recognizes the faces."""

import os
import re
import time
from pathlib import Path

import clips
import cv2
import numpy as np
import psutil
import pytest
from live_page import Live
from numpy.typing import NDArray
from playwright.sync_api import expect

from fer_utils.emotions import COLORS
from fer_utils.vision.picture import SAMPLE_PICTURE

SOAK_SECONDS = float(os.environ.get("FER_SOAK_SECONDS", "4"))
LABEL_HEIGHT = 24  # above a box, in pixels of the page
# Of the pictures that an engine gets, without and with distant faces.
WIDTHS = {"kernel": (320, 640), "page": (640, 640)}
PROMISES = {
    "kernel": "Pictures stay in memory",
    "page": "Pictures stay in this page: nothing is sent",
}


def colored(picture: NDArray[np.uint8], emotion: str) -> NDArray[np.bool_]:
    """Return where a picture has an emotion's color, shape (h, w)."""
    red, green, blue = (int(COLORS[emotion][start : start + 2], 16) for start in (1, 3, 5))
    return np.abs(picture.astype(int) - (red, green, blue)).max(axis=-1) < 12


def drawn_box(picture: NDArray[np.uint8], emotion: str, ratio: float = 1) -> clips.Box:
    """Return the box drawn in an emotion's color, as (x, y, w, h) in the picture."""
    mask = colored(picture, emotion)
    columns = np.flatnonzero(mask.sum(axis=0) >= mask.sum(axis=0).max() / 2)
    left, right = int(columns.min()), int(columns.max())
    rows = np.flatnonzero(mask[:, left + 1])
    top, bottom = int(rows.min() + LABEL_HEIGHT * ratio), int(rows.max())
    return left, top, right - left, bottom - top


def scaled(box: clips.Box, factor: float) -> clips.Box:
    x, y, w, h = (factor * value for value in box)
    return x, y, w, h


def test_a_smile_is_found_where_it_is_and_called_happy(live: Live, pictures: Path) -> None:
    live.start()
    for _ in range(3):
        live.wait_for_answers(5)
        [picture] = live.drawings()
        factor = picture.shape[1] / clips.WIDTH
        [true] = clips.true_faces(clips.one, clips.index_of(picture))
        assert clips.overlap(drawn_box(picture, "happy"), scaled(true, factor)) >= 0.5
    answers = live.answers(15)
    engine = live.front.engine
    assert {answer.get("engine", "kernel") for answer in answers} == {engine}
    assert {answer["width"] for answer in answers} == {WIDTHS[engine][0]}
    for answer in answers:
        [face] = answer["faces"]
        assert face["number"] == 1
        assert len(face["keypoints"]) == 6
        assert sum(face["probabilities"]) == pytest.approx(1, abs=1e-3)
    emotions = [answer["faces"][0]["emotion"] for answer in answers]
    assert emotions.count("happy") > len(emotions) / 2
    assert PROMISES[engine] in live.root.locator(".fer-privacy").inner_text()
    live.shoot(pictures, "live")


def test_python_sees_what_the_page_shows(live: Live) -> None:
    if not live.front.has_kernel:
        pytest.skip("no Python observes a page without a kernel")
    live.start()
    live.wait_for_answers(15)
    live.stop()
    answers = live.answers(100)
    until = time.monotonic() + 5
    while len(seen := live.seen()) < len(answers) and time.monotonic() < until:
        live.page.wait_for_timeout(50)
    told = {entry["number"]: entry for entry in seen}
    for answer in answers:
        entry = told[answer["number"]]
        [[number, emotion, *box]] = entry["faces"]
        [face] = answer["faces"]
        assert (entry["width"], number, emotion) == (
            answer["width"],
            face["number"],
            face["emotion"],
        )
        assert box == pytest.approx(face["box"], abs=0.051)
        if entry["index"] is not None:  # only the kernel's own engine sees frames
            [true] = clips.true_faces(clips.one, entry["index"])
            assert clips.overlap(scaled(tuple(box), clips.WIDTH / entry["width"]), true) >= 0.5


def test_charts_show_and_save_the_session(live: Live) -> None:
    charts = live.open_tab("Live")
    charts.get_by_role("button", name="Reset").click()
    live.start()
    live.wait_for_answers(15)
    happy = charts.locator(".fer-lanes .fer-happy .fer-value")
    expect(happy).to_have_text(re.compile("^([6-9].|100)%$"))
    live.stop()
    rows = live.saved(charts)
    assert len(rows) >= 10
    assert {row["face"] for row in rows} == {"1"}
    times = [float(row["time"]) for row in rows]
    assert times == sorted(times)


def test_practice_sees_the_camera(live: Live, pictures: Path) -> None:
    live.start()
    practice = live.open_tab("Practice")
    practice.locator("[data-press=start]").click()
    expect(practice).to_have_attribute("data-phase", "acting")
    practice.get_by_role("button", name="Skip").click()
    expect(practice).to_have_attribute("data-phase", "break")
    [played] = live.saved(practice)
    assert played["outcome"] == "skipped"
    live.shoot(pictures, "practice")
    live.open_tab("Live")


def test_pictures_are_recognized_while_the_camera_is_off(live: Live, pictures: Path) -> None:
    live.start()
    panel = live.open_tab("Picture")
    expect(live.root).to_be_hidden()
    live.wait_until("window.tracks.every(({ readyState }) => readyState === 'ended')")
    note = {"name": "note.png", "mimeType": "image/png", "buffer": b"not a picture"}
    panel.get_by_label("Choose pictures").set_input_files(note)
    expect(panel.locator(".fer-problem")).to_contain_text("JPEG, PNG, or WebP picture")
    panel.get_by_label("Choose pictures").set_input_files(SAMPLE_PICTURE)
    portrait = panel.get_by_role("article", name=SAMPLE_PICTURE.name)
    expect(portrait).to_contain_text("260x260 pixels, 1 face")
    expect(panel.get_by_role("status")).to_have_text(
        "1 picture, 1 face. 1 picture could not be used."
    )
    [row] = live.saved(panel)
    assert (row["file"], row["emotion"]) == (SAMPLE_PICTURE.name, "happy")
    # Only Python looks for faces of all sizes.
    assert ("faces from about a ninth" in panel.inner_text()) == (not live.front.has_kernel)
    live.shoot(pictures, "picture")
    live.open_tab("Live")
    live.wait_for("away")


def test_stop_ends_the_camera_track(live: Live) -> None:
    live.start()
    assert live.tracks == ["live"]
    live.stop()
    assert live.tracks == ["ended"]
    count = live.page.evaluate("window.answers.length")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate("window.answers.length") == count


def test_the_keyboard_starts_and_stops(live: Live) -> None:
    live.root.locator(".fer-go").focus()
    live.page.keyboard.press("Enter")
    live.wait_for("live")
    live.wait_until("document.activeElement.textContent === 'Stop'")
    live.page.keyboard.press("Enter")
    live.wait_for("ready")
    assert live.page.evaluate("document.activeElement.textContent") == "Start"


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


def test_points_are_drawn_instead_of_the_box(live: Live, pictures: Path) -> None:
    live.start()
    for overlay, points in (("keypoints", 6), ("landmarks", 468)):
        live.root.get_by_label("Draw").select_option(overlay)
        live.wait_until(f"window.answers.at(-1).faces[0]?.{overlay}?.length === {points}")
        live.wait_for_answers(5)
        live.shoot(pictures, overlay)
        [picture] = live.drawings()
        factor = picture.shape[1] / clips.WIDTH
        [true] = clips.true_faces(clips.one, clips.index_of(picture))
        x, y, w, h = (round(value) for value in scaled(true, factor))
        middle = colored(picture, "happy")[y + h // 4 : y + h - h // 4, x + w // 4 : x + w - w // 4]
        assert middle.mean() > 0.01  # a box would be empty there
    live.root.get_by_label("Draw").select_option("box")


def test_settings_are_changed_on_the_page(live: Live) -> None:
    live.start()
    live.root.get_by_label("Distant faces").check()
    live.root.locator(".fer-smoothing").fill("1.2")
    width = WIDTHS[live.front.engine][1]
    live.wait_until(f"window.answers.at(-1).width === {width}")
    live.wait_for_answers(5)
    [answer] = live.answers(1)
    assert len(answer["faces"]) == 1
    assert "1.2 s" in live.root.inner_text()
    live.root.get_by_label("Distant faces").uncheck()
    live.root.locator(".fer-smoothing").fill("0.5")


def test_two_views_share_one_stream(live: Live, pictures: Path) -> None:
    if not live.front.has_kernel:
        pytest.skip("a page without a kernel has one view")
    live.start()
    live.page.get_by_role("button", name="More").click()
    live.page.wait_for_selector(".fer-live-camera >> nth=1")
    live.wait_for_answers(10)
    assert live.page.evaluate("window.tracks.length") == 1
    one, other = map(clips.index_of, live.drawings())
    assert min((one - other) % clips.FRAMES, (other - one) % clips.FRAMES) <= 10
    live.shoot(pictures, "two_views")
    live.page.get_by_role("button", name="Fewer").click()
    live.page.wait_for_selector(".fer-live-camera >> nth=1", state="detached")
    live.wait_for_answers(5)
    assert live.tracks == ["live"]


def test_the_kernel_keeps_no_frames(live: Live) -> None:
    if live.front.engine != "kernel":
        pytest.skip("the page's memory is measured by benchmarks/live.py")
    kernel = psutil.Process(int((live.front.folder / "pid").read_text(encoding="utf-8")))
    live.start()
    live.wait_for_answers(60)
    before = kernel.memory_info().rss
    assert before < 400_000_000  # of the whole studio
    until = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < until:
        live.wait_for_answers(5)
    assert kernel.memory_info().rss - before < 10_000_000


@pytest.mark.parametrize(("clip", "count"), [("two", 2), ("none", 0)])
def test_each_face_has_a_number(live: Live, pictures: Path, clip: str, count: int) -> None:
    live.front.play(clip)
    live.start()
    live.wait_for_answers(10)
    for answer in live.answers(8):
        assert len(answer["faces"]) == count
        assert len({face["number"] for face in answer["faces"]}) == count
    live.shoot(pictures, clip)
