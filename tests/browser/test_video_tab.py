import csv
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, expect
from servers import new_page, open_in_lab
from studio_page import NAME, RATE, SIZE, StudioPage, astronaut, png, write_clip

SECONDS = 2
PIXELS = """lanes => {
    const curve = lanes.querySelector(".fer-happy .fer-area").getBBox();
    return [curve.width, curve.height];
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("video")
    write_clip(made / "clip.mp4", SECONDS, lambda index: index)
    write_clip(made / "long.mp4", 8)
    (made / "text.mp4").write_text("not a video at all", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def tabs(studio: StudioPage) -> StudioPage:
    """Give the studio with the tab Video open."""
    studio.open_tab("Video")
    return studio


def choose(tabs: StudioPage, path: Path) -> None:
    tabs.video.get_by_label("Choose a video").set_input_files(path)


def duration(tabs: StudioPage) -> float:
    """Wait until the annotated video can be played, and return its length in seconds."""
    tabs.page.wait_for_function("document.querySelector('.fer-video video').readyState >= 2")
    return tabs.video.locator("video").evaluate("video => video.duration")


def test_a_video_is_recognized_and_played(tabs: StudioPage, folder: Path) -> None:
    choose(tabs, folder / "clip.mp4")
    expect(tabs.video).to_have_attribute("data-phase", "done", timeout=30_000)
    expect(tabs.video.get_by_role("status")).to_have_text("clip.mp4: 2.0 s, 50 frames, 1 face.")
    assert duration(tabs) == pytest.approx(SECONDS, abs=0.1)
    assert tabs.video.locator("video").evaluate("video => video.videoWidth") == SIZE
    width, height = tabs.video.locator(".fer-lanes").evaluate(PIXELS)
    assert width == SECONDS * RATE
    assert height > 0.5
    expect(tabs.video.locator(".fer-axis")).to_have_text("0.0 s0.5 s1.0 s1.5 s2.0 s")
    expect(tabs.video.get_by_role("row", name="happy")).to_contain_text("2.0 s")
    expect(tabs.video.get_by_role("combobox", name="Face")).to_contain_text("LargestFace 1")
    tabs.shoot("video")


def test_the_timeline_follows_the_video_and_leads_it(tabs: StudioPage, folder: Path) -> None:
    player = tabs.video.locator("video")
    player.evaluate("video => { video.muted = true; return video.play(); }")
    tabs.page.wait_for_function("document.querySelector('.fer-video video').currentTime > 0.2")
    player.evaluate("video => video.pause()")
    lane = tabs.video.locator(".fer-lanes .fer-happy svg")
    box = lane.bounding_box()
    lane.click(position={"x": 0.75 * box["width"], "y": box["height"] / 2})
    tabs.page.wait_for_function(
        "Math.abs(document.querySelector('.fer-video video').currentTime - 1.5) < 0.05"
    )
    # The line moves with the player's next event, a moment after its time has changed.
    tabs.page.wait_for_function(
        "Math.abs(document.querySelector('.fer-video .fer-lanes').style.getPropertyValue('--at')"
        " - 0.75) < 0.03"
    )


def test_table_and_video_are_saved(tabs: StudioPage, tmp_path: Path) -> None:
    name, data = tabs.saved(tabs.video, "Save CSV")
    assert name == "clip_faces.csv"
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert [row["frame"] for row in rows] == [str(index) for index in range(SECONDS * RATE)]
    assert {row["face"] for row in rows} == {"1"}
    moved = float(rows[40]["x"]) - float(rows[0]["x"])
    assert moved == pytest.approx(40, abs=4)
    name, data = tabs.saved(tabs.video, "Save video")
    assert name == "clip_faces.mp4"
    (tmp_path / name).write_bytes(data)
    with av.open(str(tmp_path / name)) as container:
        assert sum(1 for _ in container.decode(video=0)) == SECONDS * RATE


def test_a_file_that_is_no_video_says_so(tabs: StudioPage, folder: Path) -> None:
    choose(tabs, folder / "text.mp4")
    expect(tabs.video.get_by_role("alert").first).to_contain_text(
        "text.mp4 is not a readable video"
    )
    expect(tabs.video).to_have_attribute("data-phase", "ready")
    expect(tabs.video.locator(".fer-results")).to_be_hidden()
    assert tabs.video.locator("video").get_attribute("src") is None


def test_a_video_is_stopped_and_what_was_done_is_kept(tabs: StudioPage, folder: Path) -> None:
    tabs.slow.touch()
    choose(tabs, folder / "long.mp4")
    expect(tabs.video.locator(".fer-left")).to_contain_text("s left")
    assert 0 < tabs.video.get_by_role("progressbar").evaluate("bar => bar.value") < 1
    choose(tabs, folder / "clip.mp4")
    expect(tabs.video.get_by_role("alert").first).to_contain_text(
        "clip.mp4 was not accepted: wait until long.mp4 is done, or press Stop first."
    )
    tabs.shoot("working")
    tabs.press(tabs.video, "Stop")
    expect(tabs.video.get_by_role("status")).to_contain_text("stopped before the end")
    tabs.slow.unlink()
    assert 0 < duration(tabs) < 8
    tabs.press(tabs.video, "Clear")
    expect(tabs.video).to_have_attribute("data-phase", "ready")


def test_both_tabs_work_in_lab(
    browser_without_camera: Browser,
    lab_server: str,
    notebooks: Path,
    folder: Path,
    pictures: Path,
) -> None:
    with new_page(browser_without_camera, size={"width": 1280, "height": 1000}) as page:
        tabs = StudioPage(page, notebooks, pictures)
        open_in_lab(page, lab_server, NAME, dark=True)
        tabs.open_tab("Picture")
        portrait = {"name": "a.png", "mimeType": "image/png", "buffer": png(astronaut())}
        tabs.picture.get_by_label("Choose pictures").set_input_files(portrait)
        expect(tabs.picture.get_by_role("article", name="a.png")).to_contain_text("happy")
        page.screenshot(path=pictures / "lab_picture.png")
        tabs.open_tab("Video")
        choose(tabs, folder / "clip.mp4")
        assert duration(tabs) == pytest.approx(SECONDS, abs=0.1)
        tabs.video.scroll_into_view_if_needed()
        page.screenshot(path=pictures / "lab_video.png")
        assert tabs.errors == []
