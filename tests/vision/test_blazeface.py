"""Check BlazeFace against values worked out by hand and on a photograph."""

import subprocess
import sys

import numpy as np
import pytest

from fer_utils.vision.blazeface import BlazeFace, letterbox, suppress
from fer_utils.vision.observation import DetectedFace


@pytest.fixture(scope="module")
def near() -> BlazeFace:
    return BlazeFace("near")


@pytest.fixture(scope="module")
def far() -> BlazeFace:
    return BlazeFace("far")


def place(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    """Return a box's corners and six keypoints, all in its top-left corner."""
    return [[left, top], [right, bottom]] + [[left, top]] * 6


def assert_same(face: DetectedFace, other: DetectedFace, *, scale: float, shift: tuple) -> None:
    """Check that a face equals another one, scaled and then shifted."""
    expected = scale * np.array(other.box) + [*shift, 0, 0]
    np.testing.assert_allclose(face.box, expected, atol=0.5)
    np.testing.assert_allclose(face.keypoints, scale * other.keypoints + shift, atol=0.5)


def test_a_wide_frame_is_centered_between_black_bars() -> None:
    frame = np.full((2, 4, 3), 255, dtype=np.uint8)
    frame[:, :2] = 51
    square, scale, offset = letterbox(frame, 4)
    assert (square.dtype, scale, offset.tolist()) == (np.uint8, 1.0, [0, 1])
    rows = [[0] * 4, [51, 51, 255, 255], [51, 51, 255, 255], [0] * 4]
    assert square.tolist() == [[[value] * 3 for value in row] for row in rows]


def test_a_tall_frame_shrinks_by_the_mean_of_its_pixels() -> None:
    frame = np.zeros((8, 4, 3), dtype=np.uint8)
    frame[::2] = 204
    square, scale, offset = letterbox(frame, 4)
    assert (scale, offset.tolist()) == (0.5, [1, 0])
    assert square[:, :, 0].tolist() == [[0, 102, 102, 0]] * 4


def test_a_large_frame_of_odd_size_is_halved_before_it_shrinks_to_the_square() -> None:
    frame = np.zeros((41, 23, 3), dtype=np.uint8)
    frame[20:] = 255
    square, scale, offset = letterbox(frame, 8)
    # Halved twice, to 10 rows and 5 columns.
    assert (scale, offset.tolist()) == (8 / 10 / 4, [2, 0])
    np.testing.assert_allclose(square[:, 4, 0], [0, 0, 0, 0, 255, 255, 255, 255], atol=1)
    assert not square[:, :2].any()
    assert not square[:, 6:].any()


def test_a_frame_of_one_row_is_not_halved() -> None:
    square, scale, _ = letterbox(np.full((1, 40, 3), 255, dtype=np.uint8), 8)
    assert scale == 0.2
    assert (square == 255).sum() == 8 * 3


def test_detections_of_one_face_are_averaged_by_their_scores() -> None:
    # The first two share 80 of 120 pixels; the third shares 20 of 180 with the best one.
    places = np.array(
        [place(0, 0, 10, 10), place(2, 0, 12, 10), place(10, 0, 20, 10)], dtype=np.float32
    )
    scores = np.array([0.6, 0.9, 0.7], dtype=np.float32)
    (best, mean), (other, alone) = suppress(scores, places)
    assert (best, other) == (pytest.approx(0.9), pytest.approx(0.7))
    np.testing.assert_allclose(mean, place(1.2, 0, 11.2, 10), rtol=1e-6)
    np.testing.assert_array_equal(alone, places[2])


@pytest.mark.parametrize(("start", "faces"), [(7, 2), (6, 1)])
def test_only_boxes_that_overlap_by_more_than_three_tenths_are_one_face(
    start: float, faces: int
) -> None:
    # Boxes 13 long: from 7 on they share 6 of 20, which is 0.3, from 6 on 7 of 19.
    places = np.array([place(0, 0, 13, 1), place(start, 0, start + 13, 1)], dtype=np.float32)
    assert len(list(suppress(np.array([0.9, 0.8], dtype=np.float32), places))) == faces


def test_a_box_without_area_is_still_one_detection() -> None:
    places = np.array([place(3, 3, 3, 3)], dtype=np.float32)
    assert len(list(suppress(np.array([0.9], dtype=np.float32), places))) == 1


@pytest.mark.parametrize("reach", ["near", "far"])
def test_the_face_of_a_photograph_is_found(reach: str, astronaut: np.ndarray) -> None:
    (face,) = BlazeFace(reach).detect(astronaut)
    assert 0.85 < face.score < 1
    x, y, width, height = face.box
    np.testing.assert_allclose([x + width / 2, y + height / 2], [225, 124], atol=8)
    np.testing.assert_allclose([width, height], [100, 100], atol=8)
    assert (face.keypoints.shape, face.keypoints.dtype) == ((6, 2), np.float32)
    eyes_nose_mouth = [(203, 101), (248, 106), (222, 127), (220, 146)]
    np.testing.assert_allclose(face.keypoints[:4], eyes_nose_mouth, atol=6)
    left_ear, right_ear = face.keypoints[4:, 0]
    assert left_ear < 190
    assert right_ear > 260


def test_black_bars_and_a_cropped_frame_give_the_same_face(
    near: BlazeFace, astronaut: np.ndarray
) -> None:
    barred = astronaut.copy()
    barred[:64] = barred[448:] = 0
    (cropped,), (whole,) = near.detect(astronaut[64:448]), near.detect(barred)
    assert_same(whole, cropped, scale=1, shift=(0, 64))


def test_boxes_are_in_pixels_of_the_frame(near: BlazeFace, astronaut: np.ndarray) -> None:
    (face,) = near.detect(astronaut)
    (doubled,) = near.detect(astronaut.repeat(2, axis=0).repeat(2, axis=1))
    assert_same(doubled, face, scale=2, shift=(0, 0))


def test_places_are_sixteenths_of_an_input_pixel(near: BlazeFace, astronaut: np.ndarray) -> None:
    [face] = near.detect(np.ascontiguousarray(astronaut[::4, ::4]))  # as large as the input
    sixteenths = 16 * np.concatenate([face.keypoints.ravel(), face.box])
    assert sixteenths.tolist() == np.round(sixteenths).tolist()


def test_the_largest_face_is_first(near: BlazeFace, astronaut: np.ndarray) -> None:
    head = astronaut[20:276, 100:356]
    frame = np.zeros((256, 384, 3), dtype=np.uint8)
    frame[:128, :128] = head[::2, ::2]
    frame[:, 128:] = head
    faces = near.detect(frame)
    assert [face.box[0] > 128 for face in faces] == [True, False]


def test_the_far_reach_finds_a_face_too_small_for_the_near_one(
    near: BlazeFace, far: BlazeFace, astronaut: np.ndarray
) -> None:
    frame = np.full((480, 640, 3), 127, dtype=np.uint8)
    frame[100:356, 200:456] = astronaut[::2, ::2]
    (face,) = far.detect(frame)
    np.testing.assert_allclose(face.box, (286, 133, 53, 53), atol=5)
    assert near.detect(frame) == []


@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (1, 2000), (2000, 3), (128, 128)])
def test_a_frame_without_a_face_gives_none(near: BlazeFace, shape: tuple) -> None:
    assert near.detect(np.full((*shape, 3), 90, dtype=np.uint8)) == []


def test_views_that_are_not_contiguous_are_read_correctly(
    near: BlazeFace, astronaut: np.ndarray
) -> None:
    mirrored = astronaut[:, ::-1]
    (face,), (same,) = near.detect(mirrored), near.detect(mirrored.copy())
    assert face.box == same.box


@pytest.mark.parametrize(
    ("frame", "got"),
    [
        (np.zeros((9, 9, 3)), r"float64 of shape \(9, 9, 3\)"),
        (np.zeros((9, 9), dtype=np.uint8), r"uint8 of shape \(9, 9\)"),
        (np.zeros((9, 9, 4), dtype=np.uint8), r"uint8 of shape \(9, 9, 4\)"),
        (np.zeros((0, 9, 3), dtype=np.uint8), r"uint8 of shape \(0, 9, 3\)"),
        ([[0]], "list"),
    ],
)
def test_anything_but_an_rgb_frame_is_refused(near: BlazeFace, frame: object, got: str) -> None:
    with pytest.raises(ValueError, match=f"expected an RGB frame, .* got {got}: read_image"):
        near.detect(frame)


def test_an_unknown_reach_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown reach 'middle': expected one of near, far$"):
        BlazeFace("middle")


def test_starting_prints_nothing_and_imports_no_heavy_package() -> None:
    code = (
        "import sys; from fer_utils.vision.blazeface import BlazeFace; BlazeFace('near');"
        "BlazeFace('far'); print({'tensorflow', 'keras', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
