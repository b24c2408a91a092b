import numpy as np
import pytest

from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.detector import FACES, Haar, find_detector
from fer_utils.vision.face_search import FaceSearch


def test_each_name_gives_its_detector(astronaut: np.ndarray) -> None:
    frame = np.full((480, 640, 3), 127, dtype=np.uint8)
    frame[100:356, 200:456] = astronaut[::2, ::2]
    found = {name: find_detector(name) for name in FACES}
    kinds = [type(found[name]) for name in FACES]
    assert kinds == [BlazeFace, BlazeFace, FaceSearch, Haar]
    # A face of a twelfth of the frame's width is too small for the near reach.
    assert [len(found[name].detect(frame)) for name in FACES[:3]] == [0, 1, 1]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"unknown faces 'hog': expected one of near, far, all, haar"
    ):
        find_detector("hog")


@pytest.fixture(scope="module")
def haar() -> Haar:
    return Haar()


def test_haar_finds_the_face_of_a_photograph(haar: Haar, astronaut: np.ndarray) -> None:
    (face,) = haar.detect(astronaut)
    np.testing.assert_allclose(face.box, (177, 66, 95, 95), atol=4)
    assert (face.score, face.keypoints) == (1.0, None)


def test_haar_gives_boxes_in_pixels_of_a_frame_that_it_shrinks(
    haar: Haar, astronaut: np.ndarray
) -> None:
    (face,) = haar.detect(astronaut.repeat(3, axis=0).repeat(3, axis=1))
    np.testing.assert_allclose(face.box, (531, 198, 285, 285), atol=12)


def test_haar_gives_the_largest_face_first(haar: Haar, astronaut: np.ndarray) -> None:
    head = astronaut[20:276, 100:356]
    frame = np.full((256, 384, 3), 127, dtype=np.uint8)
    frame[:128, :128] = head[::2, ::2]
    frame[:, 128:] = head
    faces = haar.detect(frame)
    assert [face.box[0] > 128 for face in faces] == [True, False]


@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (10, 3000)])
def test_haar_finds_no_face_where_there_is_none(haar: Haar, shape: tuple) -> None:
    assert haar.detect(np.full((*shape, 3), 90, dtype=np.uint8)) == []


def test_haar_refuses_anything_but_an_rgb_frame(haar: Haar) -> None:
    with pytest.raises(ValueError, match=r"expected an RGB frame, .* got uint8 of shape \(9, 9\)"):
        haar.detect(np.zeros((9, 9), dtype=np.uint8))
