"""Recognize emotions with the shipped model."""

import contextlib
import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_utils.emotions import EMOTIONS, UNCERTAIN
from fer_utils.model.model_folder import open_model
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision.alignment import crop_faces
from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.detector import Haar, find_detector
from fer_utils.vision.face_follower import FaceFollower
from fer_utils.vision.observation import DetectedFace, RecognizedFace
from fer_utils.vision.recognizer import Recognizer, name_emotion

EMPTY = np.full((120, 160, 3), 90, dtype=np.uint8)


class Finds:
    """A detector that always finds the same faces."""

    def __init__(self, *faces: DetectedFace) -> None:
        self.faces = list(faces)

    def detect(self, frame: np.ndarray) -> list[DetectedFace]:
        return self.faces


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()


def model_with(threshold: float | None, folder: Path) -> Path:
    """Return a copy of the shipped model with another certainty threshold, or no calibration."""
    path = folder / "model"
    shutil.copytree(SHIPPED_MODEL, path)
    card = json.loads((path / "card.json").read_text(encoding="utf-8"))
    if threshold is None:
        del card["calibration"]
    else:
        card["calibration"]["uncertain_below"] = threshold
    (path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return path


def test_the_smile_of_a_photograph_is_happy(recognizer: Recognizer, astronaut: np.ndarray) -> None:
    (face,) = recognizer.recognize(astronaut)
    assert type(face) is RecognizedFace
    assert face.emotion == "happy"
    assert face.probabilities[EMOTIONS.index("happy")] > 0.6
    assert (face.probabilities.shape, face.probabilities.dtype) == ((7,), np.float32)
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_box_score_and_keypoints_are_the_detectors(
    recognizer: Recognizer, astronaut: np.ndarray
) -> None:
    (face,) = recognizer.recognize(astronaut)
    np.testing.assert_allclose(face.box, (177, 75, 101, 101), atol=5)
    assert face.score > 0.8
    assert face.keypoints.shape == (6, 2)


def test_faces_stay_in_the_detectors_order_with_their_own_probabilities(
    astronaut: np.ndarray,
) -> None:
    places = [(177, 66, 95, 95), (0, 0, 200, 200), (300, 300, 60, 60)]
    faces = [DetectedFace(box=box, score=0.5) for box in places]
    recognized = Recognizer(faces=Finds(*faces)).recognize(astronaut)
    assert [face.box for face in recognized] == places
    classifier = open_model(SHIPPED_MODEL).open_classifier(fastest=True)
    for face, detected in zip(recognized, faces, strict=True):
        (alone,) = classifier.predict(crop_faces(astronaut, [detected]))
        np.testing.assert_allclose(face.probabilities, alone, atol=1e-5)


def test_all_faces_go_through_the_network_at_once(
    astronaut: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = DetectedFace(box=(177, 66, 95, 95), score=0.5)
    recognizer = Recognizer(faces=Finds(face, face, face))
    batches = []

    def predict(images: np.ndarray) -> np.ndarray:
        batches.append(len(images))
        return np.full((len(images), 7), 1 / 7, dtype=np.float32)

    monkeypatch.setattr(recognizer._classifier, "predict", predict)
    assert len(recognizer.recognize(astronaut)) == 3
    assert batches == [3]


@pytest.mark.parametrize("count", [1, 10])
def test_the_number_of_threads_changes_no_result(astronaut: np.ndarray, count: int) -> None:
    (face,) = BlazeFace().detect(astronaut)
    found = Finds(*[face] * count)
    one, two = (Recognizer(faces=found, threads=threads).recognize(astronaut) for threads in (1, 2))
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.probabilities, second.probabilities)


@pytest.mark.parametrize("name", ["near", "far", "all"])
def test_a_detector_is_found_by_its_name(astronaut: np.ndarray, name: str) -> None:
    (face,) = Recognizer(faces=name, threads=1).recognize(astronaut)
    (found,) = find_detector(name).detect(astronaut)
    assert face.box == found.box


def test_another_choice_of_faces_keeps_the_model(
    recognizer: Recognizer, astronaut: np.ndarray
) -> None:
    near = recognizer.with_faces("near")
    assert (recognizer.faces, near.faces) == ("all", "near")
    (face,) = near.recognize(astronaut)
    assert face.box == BlazeFace().detect(astronaut)[0].box
    assert near._classifier is recognizer._classifier
    make, arguments = near.__reduce__()
    assert make(*arguments).faces == "near"
    with pytest.raises(ValueError, match="unknown faces 'old'"):
        recognizer.with_faces("old")


def test_only_faces_of_all_sizes_are_followed_through_a_clip(recognizer: Recognizer) -> None:
    assert isinstance(recognizer.for_clip(0.04).detector, FaceFollower)
    near = recognizer.with_faces("near")
    assert near.for_clip(0.04) is near


class Crowded(Finds):
    """Counts how many threads use it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = self.most = 0
        self.second = threading.Barrier(2)

    def detect(self, frame: np.ndarray) -> list[DetectedFace]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        with contextlib.suppress(threading.BrokenBarrierError):
            self.second.wait(0.2)
        self.inside -= 1
        return self.faces


def test_threads_take_turns() -> None:
    detector = Crowded()
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(Recognizer(faces=detector).recognize, [EMPTY, EMPTY]))
    assert (detector.most, [list(faces) for faces in answers]) == (1, [[], []])


def test_a_face_without_keypoints_is_recognized_too(astronaut: np.ndarray) -> None:
    (face,) = Recognizer(faces=Haar()).recognize(astronaut)
    assert (face.emotion, face.keypoints) == ("happy", None)


def test_a_frame_without_faces_gives_none(recognizer: Recognizer) -> None:
    assert list(recognizer.recognize(EMPTY)) == []


def test_a_frame_after_one_of_another_size_is_recognized_the_same(
    recognizer: Recognizer, astronaut: np.ndarray
) -> None:
    (before,) = recognizer.recognize(astronaut)
    recognizer.recognize(EMPTY)
    (after,) = recognizer.recognize(astronaut)
    assert before.box == after.box
    np.testing.assert_array_equal(before.probabilities, after.probabilities)


def test_a_face_below_the_threshold_of_the_card_is_uncertain(
    tmp_path: Path, astronaut: np.ndarray
) -> None:
    recognizer = Recognizer(model_with(1.1, tmp_path))
    (face,) = recognizer.recognize(astronaut)
    assert (recognizer.uncertain_below, face.emotion) == (1.1, UNCERTAIN)


def test_without_a_calibration_nothing_is_uncertain(tmp_path: Path) -> None:
    assert Recognizer(model_with(None, tmp_path)).uncertain_below == 0


def test_an_emotion_is_named_from_the_threshold_on() -> None:
    probabilities = np.array([0.125, 0.125, 0, 0, 0.5, 0.25, 0], dtype=np.float32)
    assert name_emotion(probabilities, uncertain_below=0.5) == "sad"
    assert name_emotion(probabilities, uncertain_below=0.51) == UNCERTAIN


def test_a_missing_model_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is not a model folder"):
        Recognizer(tmp_path / "none")


def test_pictures_of_all_kinds_give_the_same_face(
    recognizer: Recognizer, astronaut: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "astronaut.png"
    image = Image.fromarray(astronaut)
    image.save(path)
    (expected,) = recognizer.recognize(astronaut)
    for picture in (path, str(path), path.read_bytes(), image):
        (face,) = recognizer.recognize(picture)
        assert face.box == expected.box
        np.testing.assert_array_equal(face.probabilities, expected.probabilities)
    (face,) = recognizer.recognize(astronaut[:, :, ::-1].copy(), channels="bgr")
    np.testing.assert_array_equal(face.probabilities, expected.probabilities)


def test_what_is_no_picture_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(ValueError, match="expected an array of uint8"):
        recognizer.recognize(np.zeros((9, 9, 3)))


def test_faces_found_elsewhere_are_recognized(
    recognizer: Recognizer, astronaut: np.ndarray
) -> None:
    detected = DetectedFace(box=(177, 66, 95, 95), score=0.25)
    (face,) = recognizer.recognize_faces(astronaut, [detected])
    assert (face.box, face.score, face.emotion) == (detected.box, 0.25, "happy")
    assert recognizer.recognize_faces(astronaut, []) == []


def test_the_steps_give_what_recognize_gives(
    recognizer: Recognizer, astronaut: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "astronaut.png"
    Image.fromarray(astronaut).save(path)
    detected = recognizer.detect(path)
    crops = recognizer.crop(path, detected)
    (row,) = recognizer.classify(crops)
    recognition = recognizer.recognize(path)
    np.testing.assert_array_equal(recognition.picture, astronaut)
    assert [face.box for face in detected] == [face.box for face in recognition]
    np.testing.assert_array_equal(crops, crop_faces(astronaut, detected))
    np.testing.assert_array_equal(row, recognition[0].probabilities)


def test_a_recognizer_and_a_recognition_start_without_the_slow_imports() -> None:
    code = (
        "import sys; from fer_utils import Recognizer, SAMPLE_PICTURE;"
        "Recognizer().recognize(SAMPLE_PICTURE)._repr_html_();"
        "slow = {'sklearn', 'imblearn', 'scipy', 'matplotlib', 'seaborn', 'IPython', 'dask', 'av'};"
        "print(slow & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_recognizing_imports_neither_keras_nor_tensorflow_and_prints_nothing() -> None:
    code = (
        "import sys, skimage.data; from fer_utils.vision.recognizer import Recognizer;"
        "from fer_utils.vision.tracker import Tracker;"
        "faces = Recognizer().recognize(skimage.data.astronaut()); Tracker().update(faces, 0);"
        "print(len(faces), {'keras', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1 set()\n", "")


def test_a_prior_changes_the_probabilities_and_nothing_else(astronaut: np.ndarray) -> None:
    (crowd,) = Recognizer(prior="crowd").recognize(astronaut)
    even_recognizer = Recognizer(prior="even")
    (even,) = even_recognizer.recognize(astronaut)
    prior = open_model().prior
    assert prior is not None
    assert crowd.box == even.box
    expected = prior.convert(crowd.probabilities, wanted="even")
    np.testing.assert_allclose(even.probabilities, expected, rtol=1e-3, atol=1e-6)
    # Already even, also for the copy that another process opens.
    make, arguments = even_recognizer.__reduce__()
    again = make(*arguments).expect_evenly(even.probabilities)
    np.testing.assert_allclose(again, even.probabilities, rtol=1e-5)


def test_expecting_evenly_gives_rare_emotions_their_chance(recognizer: Recognizer) -> None:
    shares = np.full(7, 1 / 7, dtype=np.float32)
    expected_evenly = recognizer.expect_evenly(shares)
    disgust, happy = EMOTIONS.index("disgust"), EMOTIONS.index("happy")
    assert expected_evenly[disgust] > 1 / 7 > expected_evenly[happy]


def test_a_model_that_learned_from_labels_has_no_frequencies_to_divide_out() -> None:
    by_labels = Recognizer(SHIPPED_MODEL.with_name("fer2013"))
    shares = np.arange(7, dtype=np.float32) / 21
    np.testing.assert_array_equal(by_labels.expect_evenly(shares), shares)


def test_a_face_with_too_few_pixels_is_uncertain(tmp_path: Path, astronaut: np.ndarray) -> None:
    path = model_with(0.0, tmp_path)
    card = json.loads((path / "card.json").read_text(encoding="utf-8"))
    # One person is reached from 96 pixels on; framed as in FER-2013, this face has about 110.
    card["face_sizes"] = {"sides": [48, 96], "accuracies": [0.7, 0.8], "one_person": 0.75}
    (path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    recognizer = Recognizer(path)
    assert recognizer.smallest_face == 96
    (face,) = recognizer.recognize(astronaut)
    assert (face.is_small, face.emotion) == (False, "happy")
    recognizer.smallest_face = 200
    (face,) = recognizer.recognize(astronaut)
    assert (face.is_small, face.emotion) == (True, UNCERTAIN)
    assert face.probabilities.argmax() == EMOTIONS.index("happy")


def test_a_model_that_was_not_measured_names_faces_of_any_size() -> None:
    assert Recognizer(SHIPPED_MODEL.with_name("fer2013")).smallest_face == 0
