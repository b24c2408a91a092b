"""Four visitors at once for FER_SOAK_SECONDS: memory stays flat, and nothing is left."""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from servers import REMEMBER_TRACKS, WIDE, served_app
from studio_page import StudioPage, astronaut, png, write_clip

SECONDS = float(os.environ.get("FER_SOAK_SECONDS", "0"))
PAGES = 4
# Of the server, after the first visits.
MOST_MEGABYTES_MORE = 30
SECONDS_TO_END = 60
_KERNEL = "ipykernel_launcher"

pytestmark = pytest.mark.skipif(not SECONDS, reason="set FER_SOAK_SECONDS to 600")


class Visitor:
    """Opens the page, does something there, reloads it, or closes the tab in the middle of it."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder
        self.clip = write_clip(folder / "clip.mp4", 2)
        self.context: BrowserContext | None = None
        self.page: Page | None = None
        self.done: Counter[str] = Counter()

    def act(self, chance: random.Random) -> None:
        """Do one thing."""
        if self.page is None:
            self.open()
            return
        acts = (self.watch, self.show, self.upload, self.leave_upload, self.reload, self.close)
        act = chance.choice(acts)
        self.done[act.__name__] += 1
        act()

    def open(self) -> None:
        self.context = self.browser.new_context(viewport=WIDE, permissions=["camera"])
        self.context.add_init_script(REMEMBER_TRACKS)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        answer = self.page.goto(self.address)
        assert answer is not None
        assert answer.status == 200
        self.page.wait_for_selector(".fer-live-camera")

    def watch(self) -> None:
        """Have the camera recognized for a moment."""
        page = self.studio.page
        self.studio.open_tab("Live")
        before = page.evaluate("window.answers.length")
        end = time.monotonic() + SECONDS_TO_END
        while page.evaluate("window.answers.length") < before + 20:
            assert time.monotonic() < end
            # It was off, or goes off only now, because another tab was open.
            if page.locator(".fer-live-camera .fer-go").is_visible():
                page.locator(".fer-live-camera .fer-go").click()
            page.wait_for_timeout(200)

    def show(self) -> None:
        """Upload a picture."""
        self.studio.open_tab("Picture")
        portrait = {"name": "a.png", "mimeType": "image/png", "buffer": png(astronaut())}
        self.studio.picture.get_by_label("Choose pictures").set_input_files(portrait)
        expect(self.studio.picture.get_by_role("status")).to_contain_text("face", timeout=60_000)

    def upload(self) -> None:
        """Upload a video, and wait for its end."""
        self.leave_upload(leave=False)
        expect(self.studio.video).to_have_attribute("data-phase", "done", timeout=60_000)

    def leave_upload(self, *, leave: bool = True) -> None:
        """Upload a video, and close the tab while it is processed."""
        self.studio.open_tab("Video")
        self.studio.video.get_by_label("Choose a video").set_input_files(self.clip)
        expect(self.studio.video).not_to_have_attribute("data-phase", "idle")
        if leave:
            self.close()

    def reload(self) -> None:
        self.studio.page.reload()
        self.studio.page.wait_for_selector(".fer-live-camera")

    def close(self) -> None:
        """Close the tab."""
        if self.page is not None and self.context is not None:
            # Without this, Playwright ends it as a crash would, of which the server learns nothing.
            self.page.goto("about:blank")
            self.context.close()
        self.context = self.page = None

    @property
    def studio(self) -> StudioPage:
        assert self.page is not None
        return StudioPage(self.page, self.folder, self.folder)


@contextmanager
def own_temporary_folder() -> Iterator[Path]:
    """Give servers a temporary folder of their own, with a name as short as Jupyter needs it."""
    with (
        tempfile.TemporaryDirectory(prefix="soak") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("TMPDIR", folder)
        yield Path(folder)


def megabytes(process: psutil.Process) -> float:
    """Return the memory of a process; 0 if it has ended."""
    with suppress(psutil.Error):
        return process.memory_info().rss / 1e6
    return 0.0


def children(process: psutil.Process, command: str = "") -> Iterator[psutil.Process]:
    """Yield the processes below one that are running a command."""
    for child in process.children(recursive=True):
        with suppress(psutil.Error):  # It may have just ended.
            if command in " ".join(child.cmdline()):
                yield child


def test_nothing_grows_and_nothing_is_left(
    launch: Callable[[str], Browser], play: Callable[[str], Path], tmp_path: Path
) -> None:
    play("one")
    browser, chance = launch("clip"), random.Random(0)
    with own_temporary_folder() as scratch:
        with served_app(tmp_path, "--max-pages", str(2 * PAGES)) as address:
            (server,) = children(psutil.Process(), "fer_utils app")
            visitors = [Visitor(browser, address, tmp_path) for _ in range(PAGES)]
            memory, most = [megabytes(server)], 0.0
            began = time.monotonic()
            while time.monotonic() < began + SECONDS:
                for visitor in visitors:
                    visitor.act(chance)
                memory.append(megabytes(server))
                most = max([most, *map(megabytes, children(server))])
            for visitor in visitors:
                visitor.close()
            end = time.monotonic() + SECONDS_TO_END
            while (left := len(list(children(server, _KERNEL)))) != 1 and time.monotonic() < end:
                time.sleep(0.5)
            while (videos := list(scratch.glob("fer_utils_*"))) and time.monotonic() < end:
                time.sleep(0.5)
        files = list(scratch.rglob("*"))
    early = max(memory[: len(memory) // 4 + 1])
    acts = sum((visitor.done for visitor in visitors), Counter())
    print(f"{dict(acts)}; server {memory[0]:.0f}, then {early:.0f}, at the end {memory[-1]:.0f} MB")
    print(f"largest kernel or worker {most:.0f} MB; {left} kernels; {videos} {files} left")
    assert left == 1
    assert videos == files == []
    assert memory[-1] < early + MOST_MEGABYTES_MORE
