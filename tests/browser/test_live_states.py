"""What the live camera says when something is in the way, and how it continues."""

from collections.abc import Callable
from pathlib import Path

import pytest
from live_page import Front, Live
from playwright.sync_api import ViewportSize
from servers import in_lab

PHONE: ViewportSize = {"width": 390, "height": 780}
NO_WEBRTC = "No version of module jupyter-webrtc"
WITHOUT_SIMD = "WebAssembly.validate = () => false"
WITHOUT_WORKERS = "window.Worker = class { constructor() { throw new Error('forbidden'); } }"
HIDE = (
    "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
    "document.dispatchEvent(new Event('visibilitychange'));"
)


def end_workers(live: Live) -> None:
    for worker in live.page.workers:
        worker.evaluate("void setTimeout(() => { throw new Error('out of memory') })")


def test_a_hidden_page_recognizes_nothing(live: Live) -> None:
    live.start()
    live.page.evaluate(HIDE.format("true"))
    live.wait_for("paused")
    live.page.wait_for_timeout(300)
    before = live.page.evaluate("window.answers.length")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate("window.answers.length") == before
    live.page.evaluate(HIDE.format("false"))
    live.wait_for("live")
    live.wait_for_answers(3)


def test_a_refusal_is_explained_and_retry_works(live: Live, pictures: Path) -> None:
    live.page.context.clear_permissions()
    live.root.locator(".fer-go").click()
    live.wait_for("denied")
    live.shoot(pictures, "denied")
    live.page.context.grant_permissions(["camera"])
    live.start()
    assert live.tracks == ["live"]


def test_a_camera_that_ends_is_explained_and_retry_works(live: Live, pictures: Path) -> None:
    live.start()
    live.page.context.clear_permissions()
    live.wait_for("ended")
    live.shoot(pictures, "ended")
    live.page.context.grant_permissions(["camera"])
    live.start()
    assert live.tracks == ["ended", "live"]


@pytest.mark.parametrize(
    ("cause", "state"), [("NotReadableError", "busy"), ("NotFoundError", "missing")]
)
def test_a_camera_that_cannot_be_used_is_explained(
    live: Live, pictures: Path, cause: str, state: str
) -> None:
    live.page.evaluate(f"window.refusal = '{cause}'; window.asked = 0")
    for asked in (1, 2):
        live.root.locator(".fer-go").click()
        live.wait_until(f"window.asked === {asked}")
        live.wait_for(state)
    live.shoot(pictures, state)
    live.page.evaluate("window.refusal = null")
    live.start()


def test_while_the_person_decides_the_page_says_what_to_do(live: Live, pictures: Path) -> None:
    live.page.evaluate("window.undecided = true")
    live.root.locator(".fer-go").click()
    live.wait_for("asking")
    live.page.wait_for_timeout(300)
    live.shoot(pictures, "asking")
    live.stop()


def test_an_error_in_the_kernel_is_shown_and_retry_works(live: Live, pictures: Path) -> None:
    if live.front.engine != "kernel":
        pytest.skip("the kernel recognizes nothing where the page does")
    (live.front.folder / "fail").touch()
    live.root.locator(".fer-go").click()
    live.wait_for("error")
    assert "RuntimeError: requested by the test" in live.root.inner_text()
    assert live.tracks == ["ended"]
    live.shoot(pictures, "error")
    (live.front.folder / "fail").unlink()
    live.start()


def test_a_busy_kernel_is_told_and_recognition_resumes(live: Live, pictures: Path) -> None:
    if live.front.engine != "kernel":
        pytest.skip("the page does not wait for a kernel once the camera is on")
    live.start()
    (live.front.folder / "sleep").touch()
    live.wait_for("silent", seconds=6)
    live.shoot(pictures, "silent")
    live.wait_for("live", seconds=6)
    live.wait_for_answers(5)
    assert live.tracks == ["live"]


def test_a_worker_that_dies_is_restarted_once(live: Live, pictures: Path) -> None:
    if live.front.engine != "page":
        pytest.skip("the kernel has no worker")
    live.start()
    with live.page.expect_worker():
        end_workers(live)
    live.wait_for_answers(5)
    end_workers(live)
    live.wait_for("crashed")
    assert "out of memory" in live.root.locator(".fer-detail").inner_text()
    live.shoot(pictures, "crashed")
    live.errors.clear()  # those of the workers
    live.start()


def test_running_the_cell_again_switches_the_camera_off(live: Live) -> None:
    if live.front.place != "lab":
        pytest.skip("only JupyterLab has cells to run")
    live.start()
    live.run_cells()
    live.wait_until("window.tracks.every((track) => track.readyState === 'ended')")
    live.wait_for("ready")
    live.start()
    assert live.tracks == ["ended", "live"]


def test_after_a_restart_of_the_kernel_the_cells_run_again(live: Live, pictures: Path) -> None:
    if live.front.place != "lab":
        pytest.skip("only JupyterLab restarts kernels")
    live.start()
    in_lab(live.page, "notebook:restart-kernel")
    live.page.get_by_role("button", name="Confirm Kernel Restart").click()
    live.wait_for("gone")
    assert live.tracks == ["ended"]
    live.shoot(pictures, "gone")
    live.run_cells()
    live.wait_for("ready")
    live.start()
    assert live.tracks == ["ended", "live"]


# The following have pages of their own.


def test_without_a_camera_the_page_says_so(
    front_at: Callable[[str, str], Front], pictures: Path
) -> None:
    with front_at("static", "page").visit("none", dark=True) as live:
        live.root.locator(".fer-go").click()
        live.wait_for("missing")
        live.shoot(pictures, "no_camera")


@pytest.mark.parametrize(("place", "missing"), [("static", ""), ("voila", "jupyter-webrtc")])
def test_another_camera_is_chosen(
    front_at: Callable[[str, str], Front], place: str, missing: str, pictures: Path
) -> None:
    """Without ipywebrtc's extension, Voilà's page asks for the camera itself."""
    complaints: list[str] = []
    with front_at(place, "page").visit("two cameras", dark=True, missing=missing) as live:
        live.page.on("console", lambda message: complaints.append(message.text))
        live.start()
        assert bool(missing) == any(NO_WEBRTC in text for text in complaints)
        choice = live.root.locator(".fer-camera-choice select")
        live.page.wait_for_selector("option >> nth=1", state="attached")
        names = choice.locator("option").all_inner_texts()
        assert len(names) == 2
        choice.select_option(names[1])
        live.wait_until("window.tracks[1]?.readyState === 'live'")
        assert live.tracks == ["ended", "live"]
        assert live.page.evaluate("window.tracks[1].label") == names[1]
        live.wait_for("live")
        live.wait_for_answers(5)
        live.shoot(pictures, "two_cameras")


@pytest.mark.parametrize("place", ["voila", "static"])
def test_an_insecure_address_is_explained_on_a_phone(
    front_at: Callable[[str, str], Front], place: str, pictures: Path
) -> None:
    with front_at(place, "page").visit("clip", host="elsewhere.test", size=PHONE) as live:
        live.root.locator(".fer-go").click()
        live.wait_for("insecure")
        live.shoot(pictures, "insecure_phone")
        assert live.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize(
    ("place", "script"),
    [("voila", WITHOUT_WORKERS), ("lab", WITHOUT_SIMD)],
    ids=["no workers", "no SIMD"],
)
def test_the_kernel_takes_over_where_the_browser_cannot(
    front_at: Callable[[str, str], Front],
    play: Callable[[str], Path],
    place: str,
    script: str,
) -> None:
    play("one")
    with front_at(place, "page").visit("clip", script=script) as live:
        live.start()
        [answer] = live.answers(1)
        assert (answer.get("engine"), answer["width"]) == (None, 320)
        assert "Pictures stay in memory" in live.root.locator(".fer-privacy").inner_text()
