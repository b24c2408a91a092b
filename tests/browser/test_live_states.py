from pathlib import Path

import pytest
from live_page import Front, Live
from playwright.sync_api import ViewportSize
from servers import in_lab

PHONE: ViewportSize = {"width": 390, "height": 780}


def test_a_hidden_page_sends_nothing(live: Live) -> None:
    live.start()
    hide = (
        "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
        "document.dispatchEvent(new Event('visibilitychange'));"
    )
    live.page.evaluate(hide.format("true"))
    live.wait_for("paused")
    live.page.wait_for_timeout(500)
    before = live.page.evaluate("window.answers.length")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate("window.answers.length") == before
    live.page.evaluate(hide.format("false"))
    live.wait_for("live")
    live.wait_for_answers(3)


def test_a_refusal_is_explained_and_retry_works(live: Live, pictures: Path) -> None:
    live.page.context.clear_permissions()
    live.root.locator(".fer-go").click()
    live.wait_for("denied")
    live.page.screenshot(path=pictures / f"{live.front.name}_denied.png")
    live.page.context.grant_permissions(["camera"])
    live.start()
    assert live.tracks == ["live"]


def test_a_camera_that_ends_is_explained_and_retry_works(live: Live, pictures: Path) -> None:
    live.start()
    live.page.context.clear_permissions()
    live.wait_for("ended")
    live.page.screenshot(path=pictures / f"{live.front.name}_ended.png")
    live.page.context.grant_permissions(["camera"])
    live.start()
    assert live.tracks == ["ended", "live"]


def test_a_camera_in_use_is_explained(live: Live, pictures: Path) -> None:
    live.page.evaluate("window.refusal = 'NotReadableError'")
    live.root.locator(".fer-go").click()
    live.wait_for("busy")
    live.page.screenshot(path=pictures / f"{live.front.name}_busy.png")
    live.page.evaluate("window.refusal = null")
    live.start()


def test_while_the_person_decides_the_page_says_what_to_do(live: Live, pictures: Path) -> None:
    live.page.evaluate("window.undecided = true")
    live.root.locator(".fer-go").click()
    live.wait_for("asking")
    live.page.wait_for_timeout(300)
    live.page.screenshot(path=pictures / f"{live.front.name}_asking.png")
    live.stop()


def test_an_error_in_the_kernel_is_shown_and_retry_works(live: Live, pictures: Path) -> None:
    (live.front.folder / "fail").touch()
    live.root.locator(".fer-go").click()
    live.wait_for("error")
    assert "RuntimeError: requested by the test" in live.root.inner_text()
    assert live.tracks == ["ended"]
    live.page.screenshot(path=pictures / f"{live.front.name}_error.png")
    (live.front.folder / "fail").unlink()
    live.start()


def test_a_busy_kernel_is_told_and_recognition_resumes(live: Live, pictures: Path) -> None:
    live.start()
    (live.front.folder / "sleep").touch()
    live.wait_for("silent", seconds=6)
    live.page.screenshot(path=pictures / f"{live.front.name}_silent.png")
    live.wait_for("live", seconds=6)
    live.wait_for_answers(5)
    assert live.tracks == ["live"]


def test_running_the_cell_again_switches_the_camera_off(live: Live) -> None:
    if live.front.name != "lab":
        pytest.skip("Voilà has no cells to run")
    live.start()
    live.run_cells()
    live.page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')")
    live.wait_for("ready")
    live.start()
    assert live.tracks == ["ended", "live"]


def test_after_a_restart_of_the_kernel_the_cells_run_again(live: Live, pictures: Path) -> None:
    if live.front.name != "lab":
        pytest.skip("Voilà restarts no kernel")
    live.start()
    in_lab(live.page, "notebook:restart-kernel")
    live.page.get_by_role("button", name="Confirm Kernel Restart").click()
    live.wait_for("gone")
    assert live.tracks == ["ended"]
    live.page.screenshot(path=pictures / "lab_gone.png")
    live.run_cells()
    live.wait_for("ready")
    live.start()
    assert live.tracks == ["ended", "live"]


# The following have pages of their own.


def test_without_a_camera_the_page_says_so(front: Front, pictures: Path) -> None:
    with front.visit("none", dark=True) as live:
        for asked in (1, 2):
            live.root.locator(".fer-go").click()
            live.wait_for("missing")
            assert live.page.evaluate("window.asked") == asked
        live.page.screenshot(path=pictures / f"{front.name}_missing.png")


def test_another_camera_is_chosen(front: Front, pictures: Path) -> None:
    if front.name != "voila":
        pytest.skip("one front end is enough")
    with front.visit("two cameras", dark=True) as live:
        live.start()
        choice = live.root.locator(".fer-camera-choice select")
        live.page.wait_for_selector("option >> nth=1", state="attached")
        names = choice.locator("option").all_inner_texts()
        assert len(names) == 2
        choice.select_option(names[1])
        live.page.wait_for_function("window.tracks[1]?.readyState === 'live'")
        assert live.tracks == ["ended", "live"]
        assert live.page.evaluate("window.tracks[1].label") == names[1]
        live.wait_for("live")
        live.wait_for_answers(5)
        live.page.screenshot(path=pictures / "voila_two_cameras.png")


def test_an_insecure_address_is_explained_on_a_phone(front: Front, pictures: Path) -> None:
    if front.name != "voila":
        pytest.skip("one front end is enough")
    with front.visit("clip", host="elsewhere.test", size=PHONE) as live:
        live.root.locator(".fer-go").click()
        live.wait_for("insecure")
        live.page.screenshot(path=pictures / "voila_insecure_phone.png")
        assert live.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
