"""Find faces of many sizes in photographs."""

import cv2
import numpy as np
import pytest
import skimage.data

from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.face_search import FaceSearch, distinct, plan_scales
from fer_utils.vision.observation import DetectedFace
from fer_utils.vision.second_look import SecondLook

# Head and shoulders of the astronaut.
TOP, BOTTOM, LEFT, RIGHT = 0, 256, 96, 352


@pytest.fixture(scope="module")
def search() -> FaceSearch:
    return FaceSearch()


def group(astronaut: np.ndarray, *sides: int) -> np.ndarray:
    """Return a frame with the astronaut's head in several sizes, side by side."""
    frame = np.full((480, 640, 3), 127, dtype=np.uint8)
    left = 0
    for side in sides:
        head = astronaut[TOP:BOTTOM, LEFT:RIGHT]
        frame[40 : 40 + side, left : left + side] = cv2.resize(
            head, (side, side), interpolation=cv2.INTER_AREA
        )
        left += side + 10
    return frame


def test_faces_from_twenty_pixels_up_are_found_in_one_picture(
    search: FaceSearch, astronaut: np.ndarray
) -> None:
    sides = (300, 150, 80, 50)
    faces = search.detect(group(astronaut, *sides))
    # A face is 0.39 of the width of the head and shoulders.
    np.testing.assert_allclose([face.box[2] for face in faces], [117, 59, 31, 20], atol=4)
    assert all(face.score > 0.9 for face in faces)
    assert len(BlazeFace("near").detect(group(astronaut, *sides))) == 1


@pytest.mark.parametrize("angle", [45, 90])
def test_a_rolled_face_is_found(search: FaceSearch, astronaut: np.ndarray, angle: int) -> None:
    turn = cv2.getRotationMatrix2D((225, 128), angle, 0.6)
    (face,) = search.detect(cv2.warpAffine(astronaut, turn, (512, 512)))
    across, down = face.keypoints[1] - face.keypoints[0]
    assert np.degrees(np.arctan2(-down, across)) % 360 == pytest.approx(angle, abs=15)


def test_the_face_of_a_large_picture_is_found_once(
    search: FaceSearch, astronaut: np.ndarray
) -> None:
    (face,) = search.detect(astronaut.repeat(4, axis=0).repeat(4, axis=1))
    np.testing.assert_allclose(face.box, np.array([177, 75, 101, 101]) * 4, atol=24)


def test_a_face_that_is_seen_in_several_sizes_is_confirmed_once(
    astronaut: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, looked_at = FaceSearch(), []

    class Recorder(SecondLook):
        def confirm(self, picture: np.ndarray, face: DetectedFace) -> DetectedFace | None:
            looked_at.append(face.score)
            return super().confirm(picture, face)

    monkeypatch.setattr(search, "_second_looks", [Recorder()])
    seen = [face.score for _, _, face in search.possible_faces(astronaut)]
    assert len(search.detect(astronaut)) == 1
    assert sum(score > 0.9 for score in seen) == 3
    assert sum(score > 0.9 for score in looked_at) == 1
    assert looked_at[0] == max(seen)


def test_a_tiny_picture_is_enlarged(search: FaceSearch, astronaut: np.ndarray) -> None:
    small = cv2.resize(astronaut, (80, 80), interpolation=cv2.INTER_AREA)
    (face,) = search.detect(small)
    np.testing.assert_allclose(face.box, np.array([177, 75, 101, 101]) * 80 / 512, atol=2)


@pytest.mark.parametrize("name", ["coffee", "rocket", "brick", "page", "moon"])
def test_there_is_no_face_where_there_is_none(search: FaceSearch, name: str) -> None:
    picture = getattr(skimage.data, name)()
    picture = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    assert search.detect(picture) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 3), (480, 640)])
def test_a_plain_picture_of_any_shape_has_no_face(search: FaceSearch, shape: tuple) -> None:
    assert search.detect(np.full((*shape, 3), 90, dtype=np.uint8)) == []


def test_anything_but_an_rgb_frame_is_refused(search: FaceSearch) -> None:
    with pytest.raises(ValueError, match="expected an RGB frame"):
        search.detect(np.zeros((9, 9), dtype=np.uint8))


@pytest.mark.parametrize(
    ("size", "scales"),
    [
        ((480, 640), [1, 0.4743, 0.225]),
        ((144, 144), [2, 1]),
        ((72, 60), [2]),
        ((1000, 1600), [1, 0.4481, 0.2008, 0.09]),
        ((4000, 6400), [0.25, 0.112, 0.0502, 0.0225]),
    ],
)
def test_a_picture_is_searched_at_scales_that_are_evenly_spread(size: tuple, scales: list) -> None:
    np.testing.assert_allclose(plan_scales(*size), scales, rtol=1e-3)


def test_of_faces_that_mostly_overlap_the_first_is_kept() -> None:
    boxes = [(0, 0, 10, 10), (1, 1, 4, 4), (7, 0, 10, 10), (4, 6, 5, 11), (4, 7, 5, 11)]
    faces = [DetectedFace(box=box, score=1.0) for box in boxes]
    assert [face.box for face in distinct(faces)] == [boxes[0], boxes[2], boxes[4]]
