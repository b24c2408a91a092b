import os
import time
from pathlib import Path

import clips
import cv2
import numpy as np
import psutil
import pytest
from live_page import Live
from numpy.typing import NDArray

from fer_utils.emotions import COLORS

SOAK_SECONDS = int(os.environ.get("FER_SOAK_SECONDS", "20"))
LABEL_HEIGHT = 24  # above a box, in pixels of the page


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


@pytest.mark.parametrize(("overlay", "points"), [("keypoints", 6), ("landmarks", 468)])
def test_points_are_drawn_instead_of_the_box(
    live: Live, pictures: Path, overlay: str, points: int
) -> None:
    live.start()
    live.root.get_by_label("Draw").select_option(overlay)
    live.page.wait_for_function(f"window.answers.at(-1).faces[0]?.{overlay}?.length === {points}")
    live.wait_for_answers(5)
    live.page.screenshot(path=pictures / f"{live.front.name}_{overlay}.png")
    [picture] = live.drawings()
    factor = picture.shape[1] / clips.WIDTH
    [true] = clips.true_faces(clips.one, clips.index_of(picture))
    x, y, w, h = (round(value) for value in scaled(true, factor))
    middle = colored(picture, "happy")[y + h // 4 : y + h - h // 4, x + w // 4 : x + w - w // 4]
    assert middle.sum() > 50  # a box would be empty there
    live.root.get_by_label("Draw").select_option("box")


def test_distant_faces_are_looked_for_in_wider_pictures(live: Live) -> None:
    live.start()
    assert live.seen()[-1]["width"] == 320
    live.root.get_by_label("Distant faces").check()
    live.wait_for_answers(10)
    seen = live.seen()[-1]
    assert seen["width"] == 640
    assert len(seen["faces"]) == 1
    live.root.get_by_label("Distant faces").uncheck()


def test_smoothing_is_set_on_the_page(live: Live) -> None:
    live.start()
    live.root.locator(".fer-smoothing").fill("1.2")
    live.wait_for_answers(5)
    assert "1.2 s" in live.root.inner_text()
    live.root.locator(".fer-smoothing").fill("0.5")


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
    kernel = psutil.Process(int((live.front.folder / "pid").read_text(encoding="utf-8")))
    live.start()
    live.wait_for_answers(60)
    before = kernel.memory_info().rss
    assert before < 300_000_000
    until = time.monotonic() + SOAK_SECONDS / 2  # half of it in each front end
    while time.monotonic() < until:
        live.wait_for_answers(5)
    assert kernel.memory_info().rss - before < 10_000_000


@pytest.mark.parametrize(("clip", "count"), [("two", 2), ("none", 0)])
def test_each_face_has_a_number(live: Live, pictures: Path, clip: str, count: int) -> None:
    live.front.play(clip)
    live.start()
    live.wait_for_answers(15)
    for answer in live.page.evaluate("window.answers.slice(-10)"):
        assert len(answer["faces"]) == count
        assert len({face["number"] for face in answer["faces"]}) == count
    live.page.screenshot(path=pictures / f"{live.front.name}_{clip}.png")
