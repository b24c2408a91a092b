"""The page that needs no server, in a real browser."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from looks import STICKING_OUT
from playwright.sync_api import Browser, Page, ViewportSize, expect
from servers import WIDE, new_page, served_folder

from fer_utils.vision.picture import SAMPLE_PICTURE
from fer_utils.widgets.camera_states import STATES

PHONE: ViewportSize = {"width": 390, "height": 780}


@contextmanager
def visit(
    browser: Browser, address: str, *, size: ViewportSize = WIDE, allow: bool = True
) -> Iterator[Page]:
    """Open the page, and check that it raises no errors."""
    errors: list[str] = []
    with new_page(browser, size=size, allow=allow) as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        expect(page.locator(".fer-live-camera .fer-go")).to_be_visible()
        yield page
    assert errors == []


def start(page: Page, count: int = 5) -> None:
    """Press Start, and wait for that many answers more."""
    page.locator(".fer-live-camera .fer-go").click()
    expect_answers(page, count)


def expect_answers(page: Page, count: int) -> None:
    until = page.evaluate("window.answers.length") + count
    # The page's policy forbids to evaluate text in it, as `wait_for_function` does.
    for _ in range(600):
        if page.evaluate("window.answers.length") >= until:
            return
        page.wait_for_timeout(50)
    raise AssertionError(page.locator(".fer-live-camera").inner_text())


def expect_state(page: Page, state: str) -> None:
    expect(page.locator(".fer-live-camera")).to_have_attribute("data-state", state)
    expect(page.locator(".fer-live-camera")).to_contain_text(STATES[state].advice)


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def saved(page: Page, panel: str) -> list[dict[str, str]]:
    """Press Save CSV, and return the table."""
    with page.expect_download() as waiting:
        page.locator(panel).get_by_role("button", name="Save CSV").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def opened(
    launch: Callable[[str], Browser], static_server: str, play: Callable[[str], Path]
) -> Iterator[Page]:
    """Give the page with a camera that plays a clip of one face, switched on."""
    play("one")
    with visit(launch("clip"), static_server) as page:
        start(page)
        yield page


def test_faces_are_recognized_without_a_kernel(opened: Page, pictures: Path) -> None:
    expect_answers(opened, 20)
    answers = opened.evaluate("window.answers.slice(-20)")
    assert {answer["engine"] for answer in answers} == {"page"}
    assert {(answer["width"], answer["height"]) for answer in answers} == {(640, 480)}
    for answer in answers:
        [face] = answer["faces"]
        assert len(face["keypoints"]) == 6
        assert sum(face["probabilities"]) == pytest.approx(1, abs=1e-5)
    emotions = [answer["faces"][0]["emotion"] for answer in answers]
    assert emotions.count("happy") > len(emotions) / 2
    opened.screenshot(path=pictures / "static_live.png")


def test_charts_and_csv_show_the_session(opened: Page) -> None:
    open_tab(opened, "Live")
    happy = opened.locator(".fer-charts .fer-lanes .fer-happy .fer-value")
    expect(happy).to_have_text("99%")
    rows = saved(opened, ".fer-charts")
    assert len(rows) >= 20
    assert {row["face"] for row in rows[-10:]} == {"1"}
    times = [float(row["time"]) for row in rows]
    assert times == sorted(times)


def test_points_are_loaded_when_they_are_first_drawn(opened: Page, pictures: Path) -> None:
    opened.get_by_label("Draw").select_option("landmarks")
    for _ in range(600):
        if opened.evaluate("window.answers.at(-1).faces[0]?.landmarks?.length === 468"):
            break
        opened.wait_for_timeout(50)
    [face] = opened.evaluate("window.answers.at(-1).faces")
    left, top, width, height = face["box"]
    inside = [
        left - width / 2 < x < left + 1.5 * width and top - height / 2 < y < top + 1.5 * height
        for x, y in face["landmarks"]
    ]
    assert inside == [True] * 468
    opened.screenshot(path=pictures / "static_landmarks.png")
    opened.get_by_label("Draw").select_option("box")


def test_practice_sees_the_camera(opened: Page, pictures: Path) -> None:
    open_tab(opened, "Practice")
    opened.locator(".fer-practice [data-press=start]").click()
    expect(opened.locator(".fer-practice")).to_have_attribute("data-phase", "acting")
    opened.locator(".fer-practice").get_by_role("button", name="Skip").click()
    [played] = saved(opened, ".fer-practice")
    assert played["outcome"] == "skipped"
    opened.screenshot(path=pictures / "static_practice.png")
    open_tab(opened, "Live")


def test_a_snapshot_is_saved(opened: Page) -> None:
    with opened.expect_download() as caught:
        opened.get_by_role("button", name="Snapshot").click()
    assert caught.value.suggested_filename.startswith("emotions_")


def test_pictures_are_recognized_while_the_camera_is_off(opened: Page, pictures: Path) -> None:
    open_tab(opened, "Picture")
    expect(opened.locator(".fer-live-camera")).to_be_hidden()
    assert opened.evaluate("window.tracks.map((track) => track.readyState)") == ["ended"]
    panel = opened.locator(".fer-picture")
    expect(panel.get_by_label("Address")).to_be_hidden()
    text = {"name": "text.png", "mimeType": "image/png", "buffer": b"not a picture"}
    panel.get_by_label("Choose pictures").set_input_files(text)
    expect(panel.locator(".fer-problem")).to_contain_text("not a JPEG, PNG, or WebP picture")
    panel.get_by_label("Choose pictures").set_input_files(SAMPLE_PICTURE)
    portrait = panel.get_by_role("article", name=SAMPLE_PICTURE.name)
    expect(portrait).to_contain_text("260x260 pixels, 1 face")
    expect(panel.get_by_role("status")).to_have_text(
        "1 picture, 1 face. 1 picture could not be used."
    )
    [row] = saved(opened, ".fer-picture")
    assert (row["file"], row["emotion"]) == (SAMPLE_PICTURE.name, "happy")
    opened.screenshot(path=pictures / "static_picture.png")
    open_tab(opened, "Live")
    expect_state(opened, "away")


def test_it_works_without_a_network_after_the_first_visit(
    launch: Callable[[str], Browser], static_folder: Path, play: Callable[[str], Path]
) -> None:
    play("one")
    with new_page(launch("clip")) as page:
        with served_folder(static_folder) as address:
            page.goto(address)
            page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        # The server is gone.
        page.reload()
        start(page)
        open_tab(page, "Picture")
        page.get_by_label("Choose pictures").set_input_files(SAMPLE_PICTURE)
        expect(page.locator(".fer-picture article")).to_contain_text("happy")


def test_nothing_can_be_sent_to_another_server(
    browser_without_camera: Browser, static_server: str
) -> None:
    with served_folder(Path(__file__).parent) as other, new_page(browser_without_camera) as page:
        page.goto(static_server)
        attempt = (
            "(address) => new Promise((done) => {"
            "document.addEventListener('securitypolicyviolation',"
            " ({ effectiveDirective }) => done(effectiveDirective));"
            "fetch(address, { mode: 'no-cors' }).then(() => done('sent'), () => {}); })"
        )
        assert page.evaluate(attempt, other) == "connect-src"
        from_worker = (
            "(address) => new Promise((done) => {"
            "const script = `fetch('${address}', { mode: 'no-cors' })"
            ".then(() => postMessage('sent'), () => postMessage('refused'))`;"
            "const worker = new Worker(URL.createObjectURL(new Blob([script])));"
            "worker.onmessage = ({ data }) => done(data); })"
        )
        assert page.evaluate(from_worker, other) == "refused"
        assert page.evaluate(from_worker, f"{static_server}/page.json") == "sent"


def test_a_phone_shows_everything_in_its_width(
    launch: Callable[[str], Browser], static_server: str, pictures: Path
) -> None:
    context = launch("clip").new_context(
        viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True, color_scheme="dark"
    )
    page = context.new_page()
    page.goto(static_server)
    for tab in ("Live", "Practice", "Picture"):
        open_tab(page, tab)
        page.wait_for_timeout(200)
        page.screenshot(path=pictures / f"static_phone_{tab.lower()}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert page.locator(".fer-panel:visible").evaluate(STICKING_OUT) == []
        tall = page.locator(".fer-tabs button").evaluate_all(
            "(all) => all.map((b) => b.offsetHeight)"
        )
        assert min(tall) >= 44
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 20, 24)"
    context.close()


def test_a_refused_camera_is_explained(
    launch: Callable[[str], Browser], static_server: str
) -> None:
    with visit(launch("clip"), static_server, allow=False) as page:
        page.locator(".fer-live-camera .fer-go").click()
        expect_state(page, "denied")


def test_an_insecure_address_is_explained(
    launch: Callable[[str], Browser], static_server: str
) -> None:
    address = static_server.replace("127.0.0.1", "elsewhere.test")
    with visit(launch("clip"), address) as page:
        page.locator(".fer-live-camera .fer-go").click()
        expect_state(page, "insecure")


def test_a_browser_without_simd_is_told_so(
    launch: Callable[[str], Browser], static_server: str
) -> None:
    with new_page(launch("clip")) as page:
        page.add_init_script("WebAssembly.validate = () => false")
        page.goto(static_server)
        page.locator(".fer-live-camera .fer-go").click()
        expect_state(page, "unsupported")


@pytest.mark.parametrize("damage", ["cut", "changed", "missing", "another network"])
def test_a_damaged_model_is_told_and_retry_works(
    launch: Callable[[str], Browser], static_server: str, static_folder: Path, damage: str
) -> None:
    file = (static_folder / "files" / "classifier.bin").read_bytes()
    bodies = {
        "cut": file[:-1000],
        "changed": file[:5000] + b"damage" + file[5006:],
        "another network": (static_folder / "files" / "worker.bin").read_bytes(),
    }
    with new_page(launch("clip")) as page:

        def answer(route):
            if damage == "missing":
                route.fulfill(status=404)
            else:
                route.fulfill(body=bodies[damage])

        page.context.route("**/classifier.bin", answer)
        page.goto(static_server)
        page.locator(".fer-live-camera .fer-go").click()
        expect_state(page, "damaged")
        expect(page.locator(".fer-detail")).to_contain_text("classifier")
        page.context.unroute("**/classifier.bin")
        start(page)


def test_a_worker_that_dies_is_restarted_once(
    launch: Callable[[str], Browser], static_server: str, play: Callable[[str], Path]
) -> None:
    play("one")
    remember = (
        "window.workers = []; const Plain = Worker;"
        "window.Worker = class extends Plain"
        " { constructor(...given) { super(...given); window.workers.push(this); } };"
    )
    kill = (
        "() => workers.at(-1).dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }))"
    )
    with new_page(launch("clip")) as page:
        page.add_init_script(remember)
        page.goto(static_server)
        start(page)
        page.evaluate(kill)
        expect_answers(page, 5)
        assert page.evaluate("workers.length") == 2
        page.evaluate(kill)
        expect_state(page, "crashed")
        expect(page.locator(".fer-detail")).to_have_text("out of memory")
        start(page)


def test_without_a_track_processor_the_page_passes_frames_on(
    launch: Callable[[str], Browser], static_server: str, play: Callable[[str], Path]
) -> None:
    play("one")
    for missing in ("MediaStreamTrackProcessor", "VideoFrame"):
        with new_page(launch("clip")) as page:
            page.add_init_script(
                f"delete window.MediaStreamTrackProcessor; delete window.{missing}"
            )
            page.goto(static_server)
            start(page, 10)
            [face] = page.evaluate("window.answers.at(-1).faces")
            assert face["emotion"] == "happy"
