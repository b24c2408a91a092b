"""A real browser with a clip for a camera."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import clips
import pytest
from live_page import Front, Live, write_camera_notebook
from playwright.sync_api import Browser, Playwright
from servers import lab, voila

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # An address that is neither localhost nor HTTPS, where browsers give no camera.
    "--host-resolver-rules=MAP elsewhere.test 127.0.0.1",
]
# Cameras without a clip, which show a test picture.
COUNTS = {"": 0, "two cameras": 2}


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Give the path of a browser, or skip."""
    named = os.environ.get("FER_BROWSER")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("no Chromium: install it (apt install chromium) or set FER_BROWSER to a path")
    return found


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the clips one, two and none."""
    folder = tmp_path_factory.mktemp("clips")
    for places in (clips.one, clips.two, clips.none):
        clips.write_mjpeg(folder / f"{places.__name__}.mjpeg", places)
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder for pictures of the page: FER_PICTURES, or a temporary one."""
    named = os.environ.get("FER_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def launch(
    playwright: Playwright, browser_path: str, clip_folder: Path
) -> Callable[[str], Browser]:
    """Give a function that starts a browser: its camera plays a clip, or there is none, or two."""

    def start(camera: str) -> Browser:
        flags = ["--use-fake-device-for-media-stream"]
        if camera in COUNTS:
            flags = [f"--use-fake-device-for-media-stream=device-count={COUNTS[camera]}"]
        else:
            flags.append(f"--use-file-for-fake-video-capture={clip_folder / camera}.mjpeg")
        return playwright.chromium.launch(executable_path=browser_path, args=[*FLAGS, *flags])

    return start


@pytest.fixture(scope="module")
def browser_without_camera(launch: Callable[[str], Browser]) -> Iterator[Browser]:
    """Give a browser that has no camera."""
    browser = launch("")
    yield browser
    browser.close()


@pytest.fixture(scope="session", params=["voila", "lab"])
def front(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    launch: Callable[[str], Browser],
) -> Iterator[Front]:
    """Give a notebook with the live camera in each front end."""
    folder = tmp_path_factory.mktemp(request.param)
    notebook = write_camera_notebook(folder)
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
