import csv
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
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


def test_charts_and_csv_follow_the_camera(live_page: Page, pictures: Path) -> None:
    charts = live_page.locator(".fer-charts")
    live_page.wait_for_function(
        "document.querySelector('.fer-charts tr.fer-happy .fer-time').textContent > '0:01'"
    )
    assert charts.locator(".fer-happy .fer-curve").get_attribute("d").startswith("M")
    assert int(charts.locator("tr.fer-happy .fer-share").inner_text().rstrip("%")) > 50
    [header, *rows] = saved_csv(live_page, charts)
    assert header["time"] == "time"
    assert len(rows) > 10
    assert {row["face"] for row in rows} == {"1"}
    assert [row["emotion"] for row in rows].count("happy") > len(rows) / 2
    live_page.locator(".fer-live-camera .fer-stop").click()
    charts.get_by_role("button", name="Reset").click()
    live_page.wait_for_function(
        "document.querySelector('.fer-charts tr.fer-happy .fer-time').textContent === '0:00'"
    )


def test_the_camera_drives_the_game(live_page: Page, pictures: Path) -> None:
    live_page.locator(".fer-live-camera .fer-go").click()
    live_page.get_by_role("tab", name="Practice").click()
    practice = live_page.locator(".fer-practice")
    practice.get_by_role("button", name="Start").click()
    live_page.wait_for_selector(".fer-practice[data-phase='acting']")
    live_page.screenshot(path=pictures / "page_practice.png", full_page=True)
    practice.get_by_role("button", name="Skip").click()
    live_page.wait_for_selector(".fer-practice .fer-rounds .fer-skipped, .fer-rounds .fer-held")
    live_page.get_by_role("tab", name="Live").click()


def saved_csv(page: Page, panel: Locator) -> list[dict[str, str]]:
    """Return the rows of the CSV that a panel saves, header first."""
    with page.expect_download() as caught:
        panel.get_by_role("button", name="Save CSV").click()
    [header, *rows] = csv.reader(Path(caught.value.path()).read_text(encoding="utf-8").splitlines())
    return [dict(zip(header, row, strict=True)) for row in (header, *rows)]


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
