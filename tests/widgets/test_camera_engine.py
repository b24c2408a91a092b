from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from fakes import Finds

from fer_utils import Recognizer
from fer_utils.vision.observation import Observation
from fer_utils.web import engine_files
from fer_utils.web.engine_files import engine_file, page_model
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.frame_handler import observation_from_json

SEEN = {
    "number": 7,
    "time": 0.25,
    "width": 640,
    "height": 480,
    "faces": [
        {
            "number": 2,
            "box": [10, 20.5, 30, 40],
            "score": 0.875,
            "keypoints": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]],
            "probabilities": [0.0, 0.0, 0.0, 0.75, 0.0, 0.0, 0.25],
            "emotion": "happy",
            "isSmall": False,
        }
    ],
}


class Watched(LiveCamera):
    """Keeps what it sends to the page."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(*given, **more)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.sent.append((content, buffers or []))

    def get(self, **content: Any) -> None:
        """Receive a message as if the page had sent it."""
        data = {"method": "custom", "content": content}
        self._handle_msg({"content": {"data": data}, "buffers": []})


class Changed(Recognizer):
    """Might find other faces than the page does."""


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()


@pytest.fixture
def camera(recognizer: Recognizer) -> Watched:
    return Watched(recognizer)


def test_the_page_recognizes_by_default_and_the_kernel_if_asked(recognizer: Recognizer) -> None:
    camera = LiveCamera(recognizer)
    assert camera._engines == ["page", "kernel"]
    assert camera._model == page_model(recognizer.model)
    assert LiveCamera(recognizer, engine="kernel")._engines == ["kernel"]
    with pytest.raises(traitlets.TraitError):
        LiveCamera(recognizer, engine="cloud")


@pytest.mark.parametrize("make", [Finds, Changed, lambda: Recognizer(faces="far")])
def test_what_the_page_cannot_do_is_left_to_the_kernel(make: Any) -> None:
    assert LiveCamera(make())._engines == ["kernel"]


def test_the_page_gets_the_files_that_it_asks_for(camera: Watched) -> None:
    camera.get(kind="want", file="classifier", session=None)
    expected = engine_file("classifier", camera._recognizer.model)
    assert camera.sent == [({"kind": "file", "file": "classifier"}, [expected])]


def test_a_missing_file_is_told(
    camera: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine_files, "WEB", tmp_path)
    camera.get(kind="want", file="worker", session=None)
    [(answer, buffers)] = camera.sent
    assert "run make page" in answer["problem"]
    assert buffers == []


def test_without_an_engine_of_its_own_a_page_gets_no_file() -> None:
    camera = Watched(Finds())
    camera.get(kind="want", file="worker", session=None)
    [(answer, buffers)] = camera.sent
    assert answer["problem"]
    assert buffers == []


def test_callbacks_learn_what_the_page_saw(camera: Watched) -> None:
    learned: list[Observation] = []
    camera.observe_faces(learned.append)
    camera.get(kind="start", session="a")
    camera.get(kind="observed", session="a", observations=[SEEN, SEEN | {"number": 8}])
    camera.get(kind="observed", session="another", observations=[SEEN])
    assert [seen.number for seen in learned] == [7, 8]


def test_an_observation_of_the_page_is_like_one_of_the_kernel() -> None:
    seen = observation_from_json(SEEN)
    assert (seen.number, seen.time, seen.width, seen.height) == (7, 0.25, 640, 480)
    [face] = seen
    assert face.box == (10.0, 20.5, 30.0, 40.0)
    assert (face.number, face.score, face.emotion, face.is_small) == (2, 0.875, "happy", False)
    assert face.landmarks is None
    assert face.keypoints is not None
    assert face.keypoints.dtype == face.probabilities.dtype == np.float32
    assert face.keypoints.shape == (6, 2)
    assert face.probabilities[3] == 0.75
