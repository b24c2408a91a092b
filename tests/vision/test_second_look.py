"""Look again at a face and at places without one."""

import cv2
import numpy as np
import pytest
import skimage.data

from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.observation import DetectedFace
from fer_utils.vision.second_look import SecondLook


@pytest.fixture(scope="module")
def second_look() -> SecondLook:
    return SecondLook()


@pytest.fixture(scope="module")
def face(astronaut: np.ndarray) -> DetectedFace:
    (face,) = BlazeFace().detect(astronaut)
    return face


def moved(face: DetectedFace, x: float, y: float, score: float = 0.3) -> DetectedFace:
    left, top, width, height = face.box
    return DetectedFace(
        box=(left + x, top + y, width, height),
        score=score,
        keypoints=face.keypoints + np.float32([x, y]),
    )


def test_a_doubtful_face_is_confirmed_at_its_exact_place(
    second_look: SecondLook, astronaut: np.ndarray, face: DetectedFace
) -> None:
    found = second_look.confirm(astronaut, moved(face, 12, -12))
    assert found.score > 0.9
    np.testing.assert_allclose(found.box, face.box, atol=8)
    np.testing.assert_allclose(found.keypoints[:4], face.keypoints[:4], atol=6)


def test_a_face_that_lies_on_its_side_is_confirmed_too(
    second_look: SecondLook, astronaut: np.ndarray, face: DetectedFace
) -> None:
    turned = np.ascontiguousarray(np.rot90(astronaut, -1))
    x, y, width, height = face.box
    points = np.column_stack([512 - face.keypoints[:, 1], face.keypoints[:, 0]])
    lying = DetectedFace(box=(512 - y - height, x, height, width), score=0.3, keypoints=points)
    found = second_look.confirm(turned, lying)
    assert found.score > 0.9
    np.testing.assert_allclose(found.keypoints[:4], points[:4], atol=6)


@pytest.mark.parametrize("name", ["coffee", "rocket", "gravel"])
def test_places_without_a_face_are_refused(
    second_look: SecondLook, face: DetectedFace, name: str
) -> None:
    picture = getattr(skimage.data, name)()
    picture = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    for x in range(-150, 151, 50):
        assert second_look.confirm(picture, moved(face, x, 50, score=0.5)) is None


def test_a_first_sight_that_is_sure_outweighs_a_weaker_second(
    second_look: SecondLook, astronaut: np.ndarray, face: DetectedFace
) -> None:
    blurred = cv2.GaussianBlur(astronaut, (0, 0), 5)
    scores = [second_look.confirm(blurred, moved(face, 0, 0, score)).score for score in (0.5, 0.9)]
    assert scores[0] < scores[1]


def test_a_face_is_followed_as_far_as_a_third_of_its_width(
    second_look: SecondLook, astronaut: np.ndarray, face: DetectedFace
) -> None:
    np.testing.assert_allclose(
        second_look.follow(astronaut, moved(face, 25, 15)).box, face.box, atol=10
    )
    assert second_look.follow(astronaut, moved(face, 120, 0)) is None
