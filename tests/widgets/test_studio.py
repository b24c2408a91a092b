"""Camera, charts and practice together."""

from pathlib import Path

import ipywidgets
import numpy as np
import pytest
from observations import face, seen

from fer_utils.vision.records import RecognizedFace
from fer_utils.widgets import studio as module
from fer_utils.widgets.studio import Studio


class Blind:
    """A recognizer that finds nothing."""

    def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
        return []


@pytest.fixture
def studio() -> Studio:
    return Studio(Blind())


def test_the_camera_stands_outside_of_the_tabs(studio: Studio) -> None:
    assert studio.children == (studio.camera, studio.tabs)
    assert studio.tabs.titles == ("Live", "Practice")
    assert studio.tabs.children == (studio.charts, studio.practice)
    assert studio.tabs.selected_index == 0


def test_what_the_camera_sees_reaches_charts_and_practice(studio: Studio) -> None:
    for callback in studio.camera._callbacks:
        callback(seen(0, face("happy", number=4)))
    assert studio.charts.session.faces() == [4]
    assert studio.practice._shown["faces"] == [4]


def test_practice_pauses_when_the_camera_is_no_longer_live(studio: Studio) -> None:
    studio.practice.game.start()
    studio.camera.state = "live"
    studio.practice.update(seen(0, face("happy")))
    assert not studio.practice.game.paused
    studio.camera.state = "paused"
    assert studio.practice._shown["note"]


def test_a_tab_can_be_added(studio: Studio) -> None:
    upload = ipywidgets.Label("Upload")
    studio.add_tab("Upload", upload)
    assert studio.tabs.titles == ("Live", "Practice", "Upload")
    assert studio.tabs.children[-1] is upload


def test_close_closes_everything(studio: Studio) -> None:
    upload = ipywidgets.Label("Upload")
    studio.add_tab("Upload", upload)
    studio.close()
    parts = (studio, studio.tabs, studio.camera, studio.charts, studio.practice, upload)
    assert [part.comm for part in parts] == [None] * 6


@pytest.mark.parametrize(
    ("model", "arguments"),
    [(None, ()), ("models/other", ("models/other",)), (Path("m"), (Path("m"),))],
)
def test_without_a_recognizer_one_is_made(
    monkeypatch: pytest.MonkeyPatch, model: str | Path | None, arguments: tuple
) -> None:
    made = []
    monkeypatch.setattr(module, "Recognizer", lambda *given: made.append(given) or Blind())
    Studio(model=model)
    assert made == [arguments]


def test_a_recognizer_and_a_model_are_too_much() -> None:
    with pytest.raises(ValueError, match="got a recognizer and a model: expected one of them"):
        Studio(Blind(), model="models/other")
