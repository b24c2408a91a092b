"""The studio with the shipped model, and files for its tabs Picture and Video."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data
from looks import WIDE, shoot
from playwright.sync_api import Browser, Locator, Page, expect
from servers import new_page

NOTEBOOK = """
from functools import partial
from fer_utils.vision import download
from fer_utils.widgets.studio import Studio

download.TIME_LIMIT = 1.0
studio = Studio()
studio.pictures.fetch = partial(download.fetch, allowed_hosts=("127.0.0.1",))
studio
"""
COUNT_BYTES = """
window.sent = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.sent += data.byteLength ?? data.length;
  return send.call(this, data);
};
"""
SIZE = 256
RATE = 25


class Tabs:
    """A page with the studio."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self.pictures = pictures
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def picture(self) -> Locator:
        return self.page.locator(".fer-picture")

    @property
    def video(self) -> Locator:
        return self.page.locator(".fer-video")

    @property
    def sent(self) -> int:
        """Return how many bytes went to the kernel."""
        return self.page.evaluate("window.sent ?? 0")

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def saved(self, press: Locator) -> tuple[str, bytes]:
        """Press a button and return the name and the bytes of the file that is saved."""
        with self.page.expect_download() as waiting:
            press.click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()

    def shoot(self, name: str) -> None:
        shoot(self.page, self.pictures, name)


@contextmanager
def open_tabs(browser: Browser, address: str, pictures: Path) -> Iterator[Tabs]:
    """Open the studio; its page must write no errors."""
    with new_page(browser, size=WIDE) as page:
        tabs = Tabs(page, pictures)
        page.add_init_script(COUNT_BYTES)
        page.goto(address)
        expect(page.get_by_role("tab", name="Picture")).to_be_visible()
        yield tabs
        assert tabs.errors == []


def astronaut() -> np.ndarray:
    """Return one smiling face, RGB of shape (256, 256, 3)."""
    return cv2.resize(skimage.data.astronaut(), (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def png(frame: np.ndarray) -> bytes:
    """Return a picture as a PNG file."""
    return cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1].tobytes()


def write_clip(path: Path, seconds: float, shift: Callable[[int], int] = lambda index: 0) -> Path:
    """Write an MP4 file with the astronaut, who moves to the right by so many pixels."""
    still = astronaut()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for index in range(round(seconds * RATE)):
            moved = np.roll(still, shift(index), axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
        container.mux(stream.encode())
    return path
