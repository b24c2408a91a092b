import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from servers import new_page, served_app
from studio_page import SIZE, StudioPage, astronaut, png, write_clip

from fer_utils.paths import NOTEBOOKS


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_app(tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture(scope="module")
def origin(address: str) -> str:
    return address.partition("/?")[0]


@pytest.fixture(scope="module")
def live_page(launch: Callable[[str], Browser], play: Callable[[str], Path]) -> Iterator[Page]:
    play("one")
    with new_page(launch("clip")) as page:
        yield page


def test_the_page_shows_the_studio_and_none_of_the_lesson(
    address: str, origin: str, live_page: Page, pictures: Path
) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    live_page.on("console", lambda message: complaints.append(message.text))
    live_page.on("requestfinished", lambda request: requested.append(request.url))
    began = time.monotonic()
    live_page.goto(address)
    live_page.locator(".fer-live-camera .fer-go").click()
    live_page.wait_for_function("window.answers.length > 0")
    print(f"from opening to the first answer: {time.monotonic() - began:.1f} s")
    assert live_page.title() == "Live facial expressions"
    text = live_page.inner_text("body")
    assert "nothing is sent, recorded, or stored" in text
    assert "Practice" in text
    for lesson in ("You will learn", "Recap", "import ", "INFO:", "Warning"):
        assert lesson not in text
    assert {url for url in requested if not url.startswith((origin, "blob:", "data:"))} == set()
    # Voilà's template asks for icons from another server, which the policy refuses.
    assert [text for text in complaints if "script-src" in text] == []
    live_page.wait_for_timeout(1500)
    live_page.screenshot(path=pictures / "live.png", full_page=True)


def test_the_page_writes_no_errors(address: str, live_page: Page) -> None:
    errors: list[str] = []
    live_page.on("pageerror", lambda error: errors.append(str(error)))
    live_page.locator(".fer-live-camera .fer-stop").click()
    live_page.locator(".fer-live-camera .fer-go").click()
    live_page.wait_for_function("window.tracks.length === 2")
    assert errors == []


def test_files_are_taken_and_the_camera_is_off_meanwhile(live_page: Page, tmp_path: Path) -> None:
    studio = StudioPage(live_page, tmp_path, tmp_path)
    live_page.wait_for_selector(".fer-live-camera[data-state=live]")
    studio.open_tab("Video")
    live_page.wait_for_function("window.tracks.every(({ readyState }) => readyState === 'ended')")
    expect(live_page.locator(".fer-live-camera")).to_be_hidden()
    studio.video.get_by_label("Choose a video").set_input_files(write_clip(tmp_path / "a.mp4", 0.4))
    live_page.wait_for_function("document.querySelector('.fer-video video').readyState >= 2")
    studio.open_tab("Picture")
    portrait = {"name": "a.png", "mimeType": "image/png", "buffer": png(astronaut())}
    studio.picture.get_by_label("Choose pictures").set_input_files(portrait)
    expect(studio.picture.get_by_role("img", name="a.png")).to_have_js_property(
        "naturalWidth", SIZE
    )
    studio.open_tab("Live")
    expect(live_page.locator(".fer-live-camera")).to_contain_text("The camera was switched off")
    live_page.locator(".fer-live-camera .fer-go").click()
    live_page.wait_for_selector(".fer-live-camera[data-state=live]")


@pytest.mark.parametrize(
    "injected",
    [
        "<img src=x: onerror='window.injected = true'>",
        "<iframe srcdoc='<script>parent.injected = true</script>'></iframe>",
    ],
)
def test_injected_html_runs_no_script(live_page: Page, injected: str) -> None:
    live_page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", injected)
    live_page.wait_for_timeout(300)
    assert live_page.evaluate("window.injected") is None


def is_found(address: str) -> bool:
    try:
        urllib.request.urlopen(address).close()
    except urllib.error.HTTPError as error:
        return error.code != 404
    return True


def test_a_closed_tab_ends_its_kernel(
    address: str, origin: str, launch: Callable[[str], Browser]
) -> None:
    with new_page(launch("none")) as page:
        with page.expect_websocket() as socket:
            page.goto(address)
        page.wait_for_selector(".fer-live-camera")
        kernel = socket.value.url.removeprefix(origin.replace("http", "ws")).split("/")[3]
        status = address.replace(f"{origin}/", f"{origin}/api/kernels/{kernel}")
        assert is_found(status)
        page.goto("about:blank")
    until = time.monotonic() + 20
    while is_found(status):
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.mark.parametrize(
    "path", ["06_live_webcam.ipynb", "01_load_data.ipynb", "../README.md", "picture.png"]
)
def test_no_file_is_served(address: str, origin: str, path: str) -> None:
    assert (NOTEBOOKS / "06_live_webcam.ipynb").is_file()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address.replace(f"{origin}/", f"{origin}/voila/files/{path}"))
    assert refused.value.code == 403
