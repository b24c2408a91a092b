import re
from pathlib import Path

from fer_utils.widgets import camera_states
from fer_utils.widgets.camera_states import CAUSES, STATES, state_table

SCRIPT = Path(camera_states.__file__).with_name("capture.js").read_text(encoding="utf-8")


def test_every_problem_says_what_to_do_and_offers_a_retry() -> None:
    for name, state in STATES.items():
        if state.problem:
            assert state.title, name
            assert state.advice.endswith("."), name
            assert state.action == "Retry", name


def test_every_state_that_the_page_enters_has_words() -> None:
    entered = set(re.findall(r'#(?:show|fail)\("(\w+)"', SCRIPT)) | {"paused", "live"}
    assert entered <= set(STATES)
    assert set(CAUSES.values()) <= set(STATES)


def test_the_page_gets_plain_json() -> None:
    assert state_table()["denied"] == {
        "title": "Camera access is blocked",
        "advice": STATES["denied"].advice,
        "action": "Retry",
        "problem": True,
    }
