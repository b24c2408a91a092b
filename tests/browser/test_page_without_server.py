"""What only the page that needs no server does; the rest is tested with the other pages."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from live_page import Front
from looks import STICKING_OUT
from playwright.sync_api import Browser, Route, ViewportSize
from servers import new_page, served_folder

PHONE: ViewportSize = {"width": 390, "height": 780}


@pytest.fixture(scope="module")
def static(front_at: Callable[[str, str], Front]) -> Front:
    """Give the page, whose camera plays a clip of one face."""
    front = front_at("static", "page")
    front.play("one")
    return front


def test_nothing_can_be_sent_to_another_server(
    browser_without_camera: Browser, static: Front
) -> None:
    with served_folder(Path(__file__).parent) as other, new_page(browser_without_camera) as page:
        page.goto(static.address)
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
        assert page.evaluate(from_worker, f"{static.address}/page.json") == "sent"


def test_a_phone_shows_everything_in_its_width(
    launch: Callable[[str], Browser], static: Front, pictures: Path
) -> None:
    context = launch("clip").new_context(
        viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True, color_scheme="dark"
    )
    page = context.new_page()
    page.goto(static.address)
    for tab in ("Live", "Practice", "Picture"):
        page.get_by_role("tab", name=tab).click()
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


def test_a_browser_without_simd_is_told_so(static: Front, pictures: Path) -> None:
    with static.visit("clip", script="WebAssembly.validate = () => false") as live:
        live.root.locator(".fer-go").click()
        live.wait_for("unsupported")
        live.shoot(pictures, "unsupported")


def test_a_damaged_model_is_told_and_retry_works(static: Front, pictures: Path) -> None:
    file = (static.folder / "files" / "classifier.bin").read_bytes()
    other = (static.folder / "files" / "worker.bin").read_bytes()
    with static.visit("clip") as live:
        for body in (file[:-1000], file[:5000] + b"damage" + file[5006:], other, None):
            status = 404 if body is None else 200
            answer = partial(Route.fulfill, status=status, body=body)
            live.page.context.route("**/classifier.bin", answer)
            live.page.evaluate("window.tracks = []")
            live.root.locator(".fer-go").click()
            live.wait_until("window.tracks[0]?.readyState === 'ended'")
            live.wait_for("damaged")
            assert "classifier" in live.root.locator(".fer-detail").inner_text()
            live.page.context.unroute("**/classifier.bin")
        live.shoot(pictures, "damaged")
        live.start()


@pytest.mark.parametrize("missing", ["MediaStreamTrackProcessor", "VideoFrame"])
def test_without_a_track_processor_the_page_passes_frames_on(static: Front, missing: str) -> None:
    script = f"delete window.MediaStreamTrackProcessor; delete window.{missing}"
    with static.visit("clip", script=script) as live:
        live.start()
        live.wait_for_answers(5)
        [answer] = live.answers(1)
        [face] = answer["faces"]
        assert face["emotion"] == "happy"
