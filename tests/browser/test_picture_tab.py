import csv
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect
from studio_page import SIZE, StudioPage, astronaut, png

from fer_utils.vision.face_table import FACE_COLUMNS

PORTRAIT = {"name": "astronaut.png", "mimeType": "image/png", "buffer": png(astronaut())}
NOTE = {"name": "note.png", "mimeType": "image/png", "buffer": b"no picture at all"}


class Server(BaseHTTPRequestHandler):
    """Serves a portrait, and misbehaves at other paths."""

    def do_GET(self) -> None:
        if self.path == "/inward":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/portrait.png")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        if self.path == "/huge.png":
            self.send_header("Content-Length", "40000000")
        self.end_headers()
        if self.path == "/slow.png":
            time.sleep(1.5)
        elif self.path == "/portrait.png":
            self.wfile.write(PORTRAIT["buffer"])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def tabs(studio: StudioPage) -> StudioPage:
    """Give the studio with the tab Picture open and empty."""
    studio.open_tab("Picture")
    if studio.picture.locator("article").count():
        studio.press(studio.picture, "Clear")
    expect(studio.picture.locator("article")).to_have_count(0)
    return studio


def fetch(tabs: StudioPage, url: str) -> None:
    tabs.picture.get_by_label("Address").fill(url)
    tabs.picture.get_by_role("button", name="Fetch").click()


def test_pictures_are_recognized_and_a_bad_one_says_why(tabs: StudioPage) -> None:
    tabs.picture.get_by_label("Choose pictures").set_input_files([PORTRAIT, NOTE])
    expect(tabs.picture.get_by_role("status")).to_have_text(
        "1 picture, 1 face. 1 picture could not be used."
    )
    bad = tabs.picture.get_by_role("article", name="note.png")
    expect(bad.locator(".fer-problem")).to_contain_text("JPEG, PNG, or WebP picture")
    good = tabs.picture.get_by_role("article", name="astronaut.png")
    expect(good.locator(".fer-text")).to_have_text("256x256 pixels, 1 face")
    row = good.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("happy")
    assert int(row.locator(".fer-percent").inner_text().rstrip("%")) > 50
    expect(good.locator(".fer-card .fer-bar")).to_have_count(7)
    image = good.get_by_role("img", name="astronaut.png with 1 face marked")
    expect(image).to_have_js_property("complete", True)
    expect(image).to_have_js_property("naturalWidth", SIZE)
    tabs.shoot("picture")


def test_the_annotated_picture_and_the_table_are_saved(tabs: StudioPage) -> None:
    tabs.picture.get_by_label("Choose pictures").set_input_files(PORTRAIT)
    name, data = tabs.saved(tabs.picture, "Save picture astronaut.png")
    assert name == "astronaut_faces.jpg"
    drawn = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert drawn.shape == (SIZE, SIZE, 3)
    changed = np.abs(drawn.astype(int) - astronaut()).max(axis=-1) > 60
    name, data = tabs.saved(tabs.picture, "Save CSV")
    assert re.fullmatch(r"pictures_20.*\.csv", name)
    [row] = csv.DictReader(data.decode().splitlines())
    assert tuple(row) == ("file", *FACE_COLUMNS)
    assert (row["file"], row["face"], row["emotion"]) == ("astronaut.png", "1", "happy")
    x, y, width, height = (round(float(row[key])) for key in ("x", "y", "width", "height"))
    # The box is drawn at its place in the table, and the face inside is unchanged.
    assert changed[y : y + height, x - 1 : x + 2].any(axis=1).mean() > 0.8
    inner = changed[y + height // 3 : y + 2 * height // 3, x + width // 4 : x + width // 2]
    assert not inner.any()


def test_a_picture_can_be_dropped(tabs: StudioPage) -> None:
    dropped = """async (drop, [bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "dropped.png"));
        drop.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    }"""
    tabs.picture.locator(".fer-drop").evaluate(dropped, [list(PORTRAIT["buffer"])])
    expect(tabs.picture.get_by_role("article", name="dropped.png")).to_contain_text("happy")


def test_a_picture_of_several_parts_arrives_whole_and_a_huge_one_is_not_sent(
    tabs: StudioPage, tmp_path: Path
) -> None:
    large, huge = tmp_path / "noise.png", tmp_path / "huge.png"
    large.write_bytes(png(np.random.default_rng(0).integers(0, 256, (800, 1000, 3), np.uint8)))
    huge.write_bytes(bytes(20_000_001))
    assert large.stat().st_size > 2_000_000
    before = tabs.sent
    tabs.picture.get_by_label("Choose pictures").set_input_files([huge, large])
    whole = tabs.picture.get_by_role("article", name="noise.png")
    expect(whole.locator(".fer-text")).to_have_text("1000x800 pixels, no face")
    expect(tabs.picture.get_by_role("article", name="huge.png")).to_contain_text(
        "The picture has 20.0 MB; the limit is 20 MB"
    )
    assert large.stat().st_size < tabs.sent - before < 1.2 * large.stat().st_size


def test_a_picture_comes_from_an_address(tabs: StudioPage, web: str) -> None:
    fetch(tabs, f"{web}/portrait.png")
    expect(tabs.picture.get_by_role("article", name="portrait.png")).to_contain_text("happy")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/slow.png", "took longer than 1 seconds"),
        ("/huge.png", "is larger than 20 MB"),
        ("/inward", "is refused: localhost is"),
    ],
)
def test_an_address_that_misbehaves_says_so(
    tabs: StudioPage, web: str, path: str, message: str
) -> None:
    fetch(tabs, web + path)
    fetch(tabs, f"{web}/portrait.png")
    expect(tabs.picture.locator(".fer-problem").nth(1)).to_contain_text(message)
    expect(tabs.picture.get_by_role("article", name="portrait.png")).to_contain_text("happy")


def test_it_is_used_with_the_keyboard(tabs: StudioPage, web: str) -> None:
    # The browser is told of the first listener only; it has to know before the key is pressed.
    tabs.page.on("filechooser", lambda _: None)
    choose = tabs.picture.get_by_label("Choose pictures")
    choose.focus()
    expect(choose).to_be_focused()
    with tabs.page.expect_file_chooser() as chooser:
        tabs.page.keyboard.press("Enter")
    chooser.value.set_files([PORTRAIT])
    expect(tabs.picture.get_by_role("article")).to_contain_text("happy")
    tabs.page.keyboard.press("Tab")
    tabs.page.keyboard.type(f"{web}/portrait.png")
    tabs.page.keyboard.press("Enter")
    expect(tabs.picture.get_by_role("article", name="portrait.png")).to_contain_text("happy")


def test_it_can_be_looked_at_in_the_dark(dark_studio: StudioPage) -> None:
    dark_studio.open_tab("Picture")
    dark_studio.picture.get_by_label("Choose pictures").set_input_files([PORTRAIT, NOTE])
    expect(dark_studio.picture.locator(".fer-card")).to_be_visible()
    dark_studio.shoot("dark_picture")
