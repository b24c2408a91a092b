import json

import numpy as np

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import (
    Observation,
    RecognizedFace,
    TrackedFace,
    edges_of,
    overlaps,
)

POINTS = np.array([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]], dtype=np.float32)
PROBABILITIES = np.array([0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125, 0], dtype=np.float32)
VALUES = {"box": (1, 2.5, 30, 40), "score": np.float32(0.75), "emotion": "angry"}
PLAIN = {
    "box": [1.0, 2.5, 30.0, 40.0],
    "score": 0.75,
    "emotion": "angry",
    "probabilities": dict(zip(EMOTIONS, PROBABILITIES.tolist(), strict=True)),
    "keypoints": None,
}


def test_a_face_becomes_plain_values() -> None:
    face = RecognizedFace(**VALUES, probabilities=PROBABILITIES)
    assert face.to_dict() == PLAIN
    assert json.loads(json.dumps(face.to_dict())) == PLAIN


def test_keypoints_become_lists() -> None:
    face = RecognizedFace(**VALUES, probabilities=PROBABILITIES, keypoints=POINTS)
    assert face.to_dict()["keypoints"] == POINTS.tolist()


def test_a_tracked_face_has_its_number_first() -> None:
    face = TrackedFace(**VALUES, probabilities=PROBABILITIES, number=3)
    assert list(face.to_dict().items()) == [("number", 3), *PLAIN.items()]


def test_the_probability_is_that_of_the_most_likely_emotion() -> None:
    face = RecognizedFace(**VALUES | {"emotion": "uncertain"}, probabilities=PROBABILITIES)
    assert face.probability == 0.5


def test_an_observation_is_iterated_face_by_face() -> None:
    faces = tuple(TrackedFace(**VALUES, probabilities=PROBABILITIES, number=n) for n in (1, 2))
    observation = Observation(None, None, 640, 480, faces)
    assert (list(observation), len(observation)) == (list(faces), 2)


def test_overlap_is_the_shared_area_over_the_area_of_both() -> None:
    boxes = np.array([[0.0, 0, 4, 2], [10, 10, 11, 11]])
    others = np.array([[0.0, 0, 4, 2], [2, 0, 6, 2], [0, 0, 2, 1], [4, 0, 8, 2]])
    expected = [[1, 4 / 12, 2 / 8, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(overlaps(boxes, others), expected)


def test_boxes_without_area_overlap_nothing() -> None:
    boxes = np.array([[1.0, 1, 1, 1], [2, 2, 0, 0]])
    np.testing.assert_array_equal(overlaps(boxes, boxes), np.zeros((2, 2)))


def test_boxes_apart_in_both_directions_overlap_nothing() -> None:
    corner, beyond = np.array([[0.0, 0, 4, 4]]), np.array([[5.0, 5, 9, 9]])
    np.testing.assert_array_equal(overlaps(corner, beyond), [[0]])


def test_overlap_of_the_smaller_box_is_one_inside_the_larger() -> None:
    boxes = np.array([[0.0, 0, 4, 2]])
    others = np.array([[0.0, 0, 2, 1], [2, 0, 6, 2], [3, 0, 5, 2]])
    np.testing.assert_allclose(overlaps(boxes, others, of_smaller=True), [[1, 0.5, 0.5]])


def test_boxes_become_edges() -> None:
    face = RecognizedFace(**VALUES, probabilities=PROBABILITIES)
    np.testing.assert_array_equal(edges_of([face]), [[1, 2.5, 31, 42.5]])
    assert edges_of([]).shape == (0, 4)


def test_a_face_is_scaled_with_its_points() -> None:
    face = RecognizedFace(**VALUES, probabilities=PROBABILITIES, keypoints=POINTS).scaled(2)
    assert face.box == (2, 5, 60, 80)
    np.testing.assert_array_equal(face.keypoints, 2 * POINTS)
    assert RecognizedFace(**VALUES, probabilities=PROBABILITIES).scaled(2).keypoints is None
