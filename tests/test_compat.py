"""Stand in for other packages."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from fer_utils import compat
from fer_utils.compat import FER, analyze
from fer_utils.emotions import EMOTIONS, UNCERTAIN
from fer_utils.vision.observation import DetectedFace, RecognizedFace

# Rounding to two digits would change these.
PROBABILITIES = np.array([0.0625, 0.001, 0.125, 0.25, 0.03125, 0.4990, 0.03125], dtype=np.float32)
POINTS = np.array([(30.4, 40), (60, 40.6), (45, 50), (45, 60), (20, 45), (70, 45)], np.float32)
RED_AS_BGR = np.full((80, 100, 3), (0, 0, 255), dtype=np.uint8)


def found(box: tuple[float, ...] = (20.4, 30.6, 40.2, 20.1), **values: Any) -> RecognizedFace:
    face = {"box": box, "score": 0.875, "keypoints": POINTS, "probabilities": PROBABILITIES}
    return RecognizedFace(**face | {"emotion": UNCERTAIN} | values)


class Sees:
    """A recognizer that always finds the same faces and records its input."""

    def __init__(self, *faces: RecognizedFace) -> None:
        self.faces = list(faces)
        self.frames: list[np.ndarray] = []
        self.given: list[DetectedFace] = []

    def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
        self.frames.append(frame)
        return self.faces

    def recognize_faces(self, frame: np.ndarray, faces: list[DetectedFace]) -> list[RecognizedFace]:
        self.given += faces
        return [found(face.box, score=face.score, keypoints=face.keypoints) for face in faces]


@pytest.fixture
def red_file(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (100, 80), (255, 0, 0)).save(path)
    return path


def test_each_face_has_box_and_emotions() -> None:
    second = np.eye(7, dtype=np.float32)[3]
    recognizer = Sees(found(), found((0, 0, 9, 9), probabilities=second))
    first, other = FER(recognizer=recognizer).detect_emotions(RED_AS_BGR)
    assert first == {
        "box": [20, 31, 41, 20],
        "emotions": dict(zip(EMOTIONS, PROBABILITIES.tolist(), strict=True)),
    }
    assert list(first["emotions"]) == list(EMOTIONS)
    assert {type(value) for value in first["box"]} == {int}
    assert {type(value) for value in first["emotions"].values()} == {float}
    assert other["emotions"]["happy"] == 1


def test_a_box_is_clipped_to_the_picture() -> None:
    recognizer = Sees(found((-20.0, -10.0, 200.0, 50.0)))
    (face,) = FER(recognizer=recognizer).detect_emotions(RED_AS_BGR)
    assert face["box"] == [0, 0, 100, 40]


def test_the_top_emotion_is_the_largest_faces_even_if_it_is_uncertain() -> None:
    recognizer = Sees(found(), found(probabilities=np.eye(7, dtype=np.float32)[3]))
    emotion, score = FER(recognizer=recognizer).top_emotion(RED_AS_BGR)
    assert (emotion, score) == ("surprise", pytest.approx(0.499, abs=1e-6))


def test_without_a_face_there_is_no_emotion() -> None:
    detector = FER(recognizer=Sees())
    assert detector.detect_emotions(RED_AS_BGR) == []
    assert detector.top_emotion(RED_AS_BGR) == (None, None)


def test_arrays_are_bgr_and_files_are_what_they_are(red_file: Path) -> None:
    recognizer = Sees(found())
    for picture in (RED_AS_BGR, str(red_file), red_file.read_bytes(), Image.open(red_file)):
        FER(recognizer=recognizer).detect_emotions(picture)
        analyze(picture, recognizer=recognizer)
    assert len(recognizer.frames) == 8
    for frame in recognizer.frames:
        np.testing.assert_array_equal(frame, RED_AS_BGR[:, :, ::-1])


def test_options_without_effect_are_accepted_and_others_are_not() -> None:
    FER(mtcnn=True, use_tflite=False, recognizer=Sees())
    for option in ("scale_factor", "min_face_size", "tfserving", "cascade_file", "offsets"):
        with pytest.raises(TypeError, match=option):
            FER(recognizer=Sees(), **{option: 1})


def test_the_shipped_model_is_loaded_once_and_sees_a_smile() -> None:
    bgr = skimage.data.astronaut()[:, :, ::-1].copy()
    emotion, score = FER().top_emotion(bgr)
    (analysis,) = analyze(bgr)
    assert (emotion, analysis["dominant_emotion"]) == ("happy", "happy")
    assert analysis["emotion"]["happy"] == 100 * score
    assert FER()._recognizer is compat._shipped()


def test_an_analysis_has_the_keys_of_deepface() -> None:
    (analysis,) = analyze(RED_AS_BGR, recognizer=Sees(found()))
    assert analysis == {
        "emotion": {
            name: 100 * value for name, value in zip(EMOTIONS, PROBABILITIES.tolist(), strict=True)
        },
        "dominant_emotion": "surprise",
        # The person's left eye is on the right in the picture.
        "region": {
            **{"x": 20, "y": 31, "w": 41, "h": 20},
            **{"left_eye": (60, 41), "right_eye": (30, 40)},
        },
        "face_confidence": 0.875,
    }
    assert sum(analysis["emotion"].values()) == pytest.approx(100, abs=0.01)
    json.dumps(analysis)


def test_eyes_that_are_unknown_are_none() -> None:
    (analysis,) = analyze(RED_AS_BGR, recognizer=Sees(found(keypoints=None)))
    assert (analysis["region"]["left_eye"], analysis["region"]["right_eye"]) == (None, None)


def test_a_picture_without_a_face_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no face found: .* enforce_detection=False"):
        analyze(RED_AS_BGR, recognizer=Sees())


def test_without_enforcing_it_the_whole_picture_is_the_face() -> None:
    recognizer = Sees()
    (analysis,) = analyze(RED_AS_BGR, enforce_detection=False, recognizer=recognizer)
    (face,) = recognizer.given
    assert (face.box, face.score, face.keypoints) == ((0, 0, 100, 80), 0, None)
    assert analysis["region"] == {
        **{"x": 0, "y": 0, "w": 100, "h": 80},
        **{"left_eye": None, "right_eye": None},
    }
    assert analysis["face_confidence"] == 0


def test_a_face_that_is_found_does_not_become_the_whole_picture() -> None:
    recognizer = Sees(found())
    (analysis,) = analyze(RED_AS_BGR, enforce_detection=False, recognizer=recognizer)
    assert analysis["region"]["w"] == 41
    assert recognizer.given == []


@pytest.mark.parametrize("actions", ["emotion", ["emotion"], ("emotion",)])
def test_emotion_is_the_action(actions: Any) -> None:
    assert len(analyze(RED_AS_BGR, actions, silent=True, recognizer=Sees(found()))) == 1


@pytest.mark.parametrize("actions", ["age", ["emotion", "age"], ()])
def test_other_actions_are_refused(actions: Any) -> None:
    with pytest.raises(ValueError, match=r"unknown actions \[.*\]: expected \['emotion'\]"):
        analyze(RED_AS_BGR, actions, recognizer=Sees(found()))
