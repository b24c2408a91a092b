from dataclasses import replace
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
from fakes import Finds
from guesses import call_all_happy, voted_faces
from observations import face, seen

from fer_utils.vision.recognizer import Recognizer
from fer_utils.widgets import studio as module
from fer_utils.widgets.studio import Studio


@pytest.fixture
def studio() -> Studio:
    return Studio(Finds())


def panels_of(studio: Studio) -> tuple[ipywidgets.Widget, ...]:
    return (studio.charts, studio.practice, studio.pictures, studio.videos, studio.guessing)


def test_the_camera_stands_outside_of_the_tabs(studio: Studio) -> None:
    assert studio.children == (studio.camera, studio.tabs)
    assert studio.tabs.titles == ("Live", "Practice", "Picture", "Video", "Guess")
    assert studio.tabs.children == panels_of(studio)
    assert studio.tabs.selected_index == 0


@pytest.mark.parametrize(
    ("tab", "alone"), [(0, False), (1, False), (2, True), (3, True), (4, True)]
)
def test_only_what_needs_no_camera_has_the_page_for_itself(
    studio: Studio, tab: int, alone: bool
) -> None:
    studio.tabs.selected_index = 0 if alone else 4
    studio.tabs.selected_index = tab
    assert ("fer-alone" in studio._dom_classes) is alone
    assert studio.camera.layout.display == ("none" if alone else None)
    assert "fer-studio" in studio._dom_classes


def test_a_camera_that_nobody_sees_is_switched_off(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr(studio.camera, "switch_off", lambda: calls.append("off"))
    studio.tabs.selected_index = 1
    assert calls == []
    studio.tabs.selected_index = 2
    assert calls == ["off"]


def test_an_added_tab_stands_beside_the_camera(studio: Studio) -> None:
    studio.add_tab("Upload", ipywidgets.Label("Upload"))
    studio.tabs.selected_index = 2
    studio.tabs.selected_index = 5
    assert studio.camera.layout.display is None


def test_camera_pictures_and_videos_share_one_recognizer(studio: Studio) -> None:
    shared = studio.videos.recognizer
    assert studio.pictures._recognizer is shared
    assert studio.camera._frames._recognizer is shared


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
    assert studio.tabs.titles == ("Live", "Practice", "Picture", "Video", "Guess", "Upload")
    assert studio.tabs.children[-1] is upload


def test_close_closes_everything(studio: Studio) -> None:
    upload = ipywidgets.Label("Upload")
    studio.add_tab("Upload", upload)
    studio.close()
    parts = (studio, studio.tabs, studio.camera, *panels_of(studio), upload)
    assert [part.comm for part in parts] == [None] * 9


@pytest.mark.parametrize(
    ("model", "arguments"),
    [(None, ()), ("models/other", ("models/other",)), (Path("m"), (Path("m"),))],
)
def test_without_a_recognizer_one_is_made(
    monkeypatch: pytest.MonkeyPatch, model: str | Path | None, arguments: tuple
) -> None:
    made = []

    class Recorded(Finds):
        def __init__(self, *given: str | Path) -> None:
            super().__init__()
            made.append(given)

        def expect_evenly(self, probabilities: np.ndarray) -> np.ndarray:
            return probabilities

        def classify(self, crops: np.ndarray) -> np.ndarray:
            return call_all_happy(crops)

    monkeypatch.setattr(module, "Recognizer", Recorded)
    Studio(model=model)
    assert made == [arguments]


def test_a_recognizer_and_a_model_are_too_much() -> None:
    with pytest.raises(ValueError, match="a recognizer or a model, got both: leave one out"):
        Studio(Finds(), model="models/other")


def test_practice_expects_every_emotion_as_often() -> None:
    recognizer = Recognizer()
    studio = Studio(recognizer)
    assert studio.practice._convert == recognizer.expect_evenly


def test_a_recognizer_without_a_prior_practices_with_what_it_predicts(studio: Studio) -> None:
    assert studio.practice._convert is None


def test_you_play_against_the_network_of_the_recognizer(studio: Studio) -> None:
    recognizer = Recognizer()
    assert Studio(recognizer).guessing.classify == recognizer.classify
    assert studio.guessing.classify is None  # one that has no network of its own


class CallsAllHappy:
    """A classifier."""

    predict = staticmethod(call_all_happy)


def test_the_game_is_played_alone_with_given_faces_and_a_given_model() -> None:
    faces = voted_faces()
    first, second = (Studio.play(faces, CallsAllHappy(), seed=3) for _ in range(2))
    for guessing in (first, second):
        guessing.start()
        assert set(guessing.game.faces.names) == set(faces.of_split("PublicTest").names)
        assert guessing.game.probabilities.tolist() == call_all_happy(faces.images[:20]).tolist()
    assert first.game.faces.names.tolist() == second.game.faces.names.tolist()


def test_faces_of_real_people_are_shown_only_if_that_is_asked_for() -> None:
    faces = voted_faces()
    real = replace(faces, provenance=replace(faces.provenance, real_people=True))
    shown, hidden = (Studio.play(real, CallsAllHappy(), show_faces=each) for each in (True, False))
    for guessing in (shown, hidden):
        guessing.start()
    assert shown.game.faces.provenance.real_people
    assert not hidden.game.faces.provenance.real_people
