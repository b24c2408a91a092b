"""A real browser with a clip for a camera; servers and pages that the tests share."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import clips
import pytest
from live_page import Front, Live, write_camera_notebook
from playwright.sync_api import Browser, Playwright
from servers import lab, served_folder, voila
from studio_page import StudioPage, open_studio, write_studio_notebook

from fer_utils.runs.static_page import write_static_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Pages with the live camera, and the engines that they have.
FRONTS = [
    ("voila", "kernel"),
    ("voila", "page"),
    ("lab", "page"),
    ("static", "page"),
    ("offline", "page"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # An address that is neither localhost nor HTTPS, where browsers allow no camera.
    "--host-resolver-rules=MAP elsewhere.test 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Give the path of a browser, or skip."""
    named = os.environ.get("FER_BROWSER")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("no Chromium: install it (apt install chromium) or set FER_BROWSER to a path")
    return found


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give a function that sets the clip for the next start of the camera: one, two or none."""
    folder = tmp_path_factory.mktemp("clips")
    for places in (clips.one, clips.two, clips.none):
        clips.write_mjpeg(folder / f"{places.__name__}.mjpeg", places)

    def set_clip(name: str) -> Path:
        new = shutil.copy(folder / f"{name}.mjpeg", folder / "new.mjpeg")
        return Path(new).replace(folder / "camera.mjpeg")

    return set_clip


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder for screenshots: FER_PICTURES, or a temporary one."""
    named = os.environ.get("FER_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def launch(
    playwright: Playwright, browser_path: str, play: Callable[[str], Path]
) -> Iterator[Callable[[str], Browser]]:
    """Give a function that returns a browser with a clip for a camera, two cameras, or none."""
    fake = "--use-fake-device-for-media-stream"
    cameras = {
        "clip": [fake, f"--use-file-for-fake-video-capture={play('one')}"],
        "two cameras": [f"{fake}=device-count=2"],
        "none": [f"{fake}=device-count=0"],
    }
    browsers: dict[str, Browser] = {}

    def start(camera: str) -> Browser:
        if camera not in browsers:
            flags = [*FLAGS, *cameras[camera]]
            browsers[camera] = playwright.chromium.launch(executable_path=browser_path, args=flags)
        return browsers[camera]

    yield start
    for browser in browsers.values():
        browser.close()


@pytest.fixture(scope="session")
def browser_without_camera(launch: Callable[[str], Browser]) -> Browser:
    """Give a browser that has no camera."""
    return launch("none")


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with all notebooks that the servers serve."""
    folder = tmp_path_factory.mktemp("notebooks")
    for place, engine in FRONTS:
        if place in ("voila", "lab"):
            write_camera_notebook(folder / f"{place}_{engine}", engine)
    write_studio_notebook(folder)
    return folder


@pytest.fixture(scope="session")
def voila_server(notebooks: Path) -> Iterator[str]:
    """Give the address below which Voilà serves the notebooks."""
    with voila(notebooks) as address:
        yield f"{address}/voila/render"


@pytest.fixture(scope="session")
def lab_server(notebooks: Path) -> Iterator[str]:
    """Give the address of JupyterLab with the notebooks."""
    with lab(notebooks) as address:
        yield address


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a page that needs no server."""
    return write_static_page(tmp_path_factory.mktemp("static") / "page")


@pytest.fixture(scope="session")
def static_server(static_folder: Path) -> Iterator[str]:
    """Give the address of that page."""
    with served_folder(static_folder) as address:
        yield address


@pytest.fixture(scope="session")
def front_at(
    request: pytest.FixtureRequest,
    launch: Callable[[str], Browser],
    play: Callable[[str], Path],
) -> Callable[[str, str], Front]:
    """Give a function that returns the page with the live camera at a place, with an engine."""

    def find(place: str, engine: str) -> Front:
        is_notebook = place in ("voila", "lab")
        server = f"{place if is_notebook else 'static'}_server"
        name = "notebooks" if is_notebook else "static_folder"
        folder = request.getfixturevalue(name) / (f"{place}_{engine}" if is_notebook else "")
        return Front(place, engine, request.getfixturevalue(server), folder, launch, play)

    return find


@pytest.fixture(scope="session", params=FRONTS, ids="-".join)
def front(request: pytest.FixtureRequest, front_at: Callable[[str, str], Front]) -> Front:
    """Give every page with the live camera, with each engine that it has."""
    return front_at(*request.param)


@pytest.fixture(scope="session")
def opened(front: Front) -> Iterator[Live]:
    """Give a page whose camera plays a clip."""
    with front.visit("clip") as live:
        yield live


@pytest.fixture
def live(opened: Live) -> Iterator[Live]:
    """Give the same page with the camera off; its next clip has one face."""
    opened.page.context.grant_permissions(["camera"])
    opened.open_tab("Live")
    if opened.root.get_attribute("data-state") == "live":
        opened.stop()
    opened.front.play("one")
    (opened.front.folder / "seen.jsonl").unlink(missing_ok=True)
    opened.page.evaluate("window.tracks = []; window.answers = []")
    yield opened
    opened.page.evaluate("window.refusal = window.undecided = null")


@pytest.fixture(scope="session")
def studio(
    browser_without_camera: Browser, voila_server: str, notebooks: Path, pictures: Path
) -> Iterator[StudioPage]:
    """Give a page with the studio; it must raise no errors."""
    with open_studio(browser_without_camera, voila_server, notebooks, pictures) as page:
        yield page


@pytest.fixture(scope="session")
def dark_studio(
    browser_without_camera: Browser, voila_server: str, notebooks: Path, pictures: Path
) -> Iterator[StudioPage]:
    """Give a page with the studio in the dark theme."""
    with open_studio(browser_without_camera, voila_server, notebooks, pictures, dark=True) as page:
        yield page
