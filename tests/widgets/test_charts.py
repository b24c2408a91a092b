from typing import Any

import pytest
from observations import face, seen

from fer_utils.emotions import EMOTIONS
from fer_utils.widgets.charts import LiveCharts
from fer_utils.widgets.session_log import TIMELINE_STEPS

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


@pytest.fixture
def charts() -> LiveCharts:
    return LiveCharts()


@pytest.fixture
def messages(charts: LiveCharts, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Return the messages that the charts send to the page, apart from traits."""
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        charts, "send", lambda content, buffers=None: sent.append((content, buffers))
    )
    return sent


def press(charts: LiveCharts, button: str) -> None:
    charts._receive(charts, {"press": button, "view": "mine"}, [])


def shown(charts: LiveCharts, name: str) -> Any:
    return charts._shown[name]


def test_empty_charts_say_so(charts: LiveCharts) -> None:
    assert shown(charts, "faces") == []
    assert shown(charts, "timeline") == [[None] * TIMELINE_STEPS] * 7
    assert shown(charts, "latest") is None
    assert shown(charts, "most") is None
    assert shown(charts, "times") == [{"share": 0, "time": "0:00"}] * 8
    assert not shown(charts, "can_save")


def test_the_page_gets_the_numbers_of_the_session(charts: LiveCharts) -> None:
    charts.update(seen(0, face("happy")))
    charts.update(seen(0.5, face("happy"), face("sad", number=2)))
    charts.update(seen(1, face("happy", 0.5)))
    assert shown(charts, "faces") == [1, 2]
    assert shown(charts, "timeline")[HAPPY][-4:] == [None, 0.75, 0.75, 0.5]
    assert shown(charts, "latest")[HAPPY] == 0.5
    assert shown(charts, "times")[HAPPY] == {"share": 0.6667, "time": "0:01"}
    assert shown(charts, "times")[SAD] == {"share": 0.3333, "time": "0:00"}
    assert shown(charts, "most") == "happy"
    assert shown(charts, "can_save")


def test_the_page_is_updated_at_most_twice_a_second(charts: LiveCharts) -> None:
    updates = []
    charts.observe(updates.append, "_shown")
    for frame in range(91):
        charts.update(seen(frame / 30, face("happy", frame / 100)))
    assert len(updates) == 7  # at 0, 0.5 to 3 seconds
    assert len(charts.session) == 91


def test_the_page_is_updated_when_the_camera_is_started_again(charts: LiveCharts) -> None:
    charts.update(seen(20, face("happy")))
    charts.update(seen(0, face("sad")))
    assert shown(charts, "latest")[HAPPY] < 0.1


def test_the_timeline_is_of_the_chosen_face(charts: LiveCharts) -> None:
    charts.update(seen(0, face("happy", 0.5), face("happy", 0.25, number=2)))
    charts.face = 2
    assert shown(charts, "timeline")[HAPPY][-1] == 0.25
    assert shown(charts, "latest")[HAPPY] == 0.25
    charts.face = 0
    assert shown(charts, "latest")[HAPPY] == 0.5


def test_reset_begins_a_new_session(charts: LiveCharts) -> None:
    empty = dict(charts._shown)
    charts.update(seen(0, face("happy")))
    charts.update(seen(1, face("happy")))
    charts.face = 1
    press(charts, "reset")
    assert charts._shown == empty
    assert charts.face == 0
    assert len(charts.session) == 0


def test_the_first_frame_after_reset_is_shown_at_once(charts: LiveCharts) -> None:
    charts.update(seen(0, face("happy")))
    press(charts, "reset")
    charts.update(seen(0.125, face("happy")))
    assert shown(charts, "latest")[HAPPY] == 0.75


def test_save_sends_the_csv_to_the_view_that_asked(
    charts: LiveCharts, messages: list[tuple[Any, Any]]
) -> None:
    charts.update(seen(0, face("happy")))
    press(charts, "save")
    assert messages == [
        ({"kind": "csv", "view": "mine", "stem": "emotions"}, [charts.session.to_csv().encode()])
    ]


def test_an_error_is_told_to_the_page(
    charts: LiveCharts, messages: list[tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ValueError("as the test wants it")

    monkeypatch.setattr(charts.session, "reset", fail)
    press(charts, "reset")
    ((content, _),) = messages
    assert content["kind"] == "error"
    assert content["detail"].startswith("ValueError: as the test wants it (test_charts.py, line ")


def test_probabilities_are_told_in_words(charts: LiveCharts) -> None:
    assert shown(charts, "spoken") == (
        "Probabilities of the last 60 seconds. The face is not in the picture now."
    )
    charts.update(seen(0, face("happy", 0.7)))
    assert shown(charts, "spoken") == (
        "Probabilities of the last 60 seconds. Now: angry 5 percent, disgust 5 percent, "
        "fear 5 percent, happy 70 percent, sad 5 percent, surprise 5 percent, neutral 5 percent."
    )
