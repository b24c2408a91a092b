"""Find 468 points on the face of a photograph."""

import cv2
import numpy as np
import pytest

from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.landmarks import Landmarks
from fer_utils.vision.observation import DetectedFace

# Outer corners of the eyes, tip of the nose, corners of the mouth, chin.
POINTS = [33, 263, 1, 61, 291, 152]
PLACES = [(195, 100), (255, 105), (223, 129), (201, 139), (246, 143), (221, 172)]


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return Landmarks()


def test_points_are_on_the_features_of_the_face(
    landmarks: Landmarks, astronaut: np.ndarray
) -> None:
    (face,) = BlazeFace().detect(astronaut)
    points = landmarks.find(astronaut, face)
    assert (points.shape, points.dtype) == ((468, 2), np.float32)
    np.testing.assert_allclose(points[POINTS], PLACES, atol=4)


def test_points_follow_a_face_that_is_turned(landmarks: Landmarks, astronaut: np.ndarray) -> None:
    turn = cv2.getRotationMatrix2D((225, 128), 40, 1)
    turned = cv2.warpAffine(astronaut, turn, (512, 512))
    (face,) = BlazeFace().detect(turned)
    expected = np.array(PLACES) @ turn[:, :2].T + turn[:, 2]
    np.testing.assert_allclose(landmarks.find(turned, face)[POINTS], expected, atol=4)


def test_a_face_without_keypoints_has_points_too(
    landmarks: Landmarks, astronaut: np.ndarray
) -> None:
    points = landmarks.find(astronaut, DetectedFace(box=(178, 72, 95, 95), score=1.0))
    np.testing.assert_allclose(points[POINTS], PLACES, atol=4)


def test_where_there_is_no_face_there_are_no_points(
    landmarks: Landmarks, astronaut: np.ndarray
) -> None:
    assert landmarks.find(astronaut, DetectedFace(box=(0, 300, 90, 90), score=1.0)) is None


def test_anything_but_an_rgb_frame_is_refused(landmarks: Landmarks) -> None:
    with pytest.raises(ValueError, match="expected an RGB frame"):
        landmarks.find(np.zeros((9, 9)), DetectedFace(box=(0, 0, 9, 9), score=1.0))
