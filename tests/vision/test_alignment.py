"""Crop faces with the framing of FER-2013."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from fer_utils.data.faces import DataError, Faces
from fer_utils.data.sources import load_faces
from fer_utils.vision.alignment import (
    KEYPOINTS,
    crop_faces,
    crop_found_faces,
    crop_side,
    fit_similarity,
    framing,
    warp,
)
from fer_utils.vision.detector import find_detector
from fer_utils.vision.observation import DetectedFace

NOISE = np.random.default_rng(0).integers(0, 256, (240, 320), dtype=np.uint8)


def rgb(gray: np.ndarray) -> np.ndarray:
    return np.repeat(gray[:, :, None], 3, axis=2)


def face_at(left: float, top: float, side: float, *, turn: float = 0.0) -> DetectedFace:
    """Return a face with FER-2013's keypoints in a square of the frame, rotated in degrees."""
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([left, top]) + side / 2
    points = side * (KEYPOINTS - 0.5) @ rotation.T + middle
    return DetectedFace(box=(left, top, side, side), score=1.0, keypoints=points.astype(np.float32))


def haar_face_at(left: float, top: float, side: float) -> DetectedFace:
    """Return a face whose Haar box is at FER-2013's place in a square of the frame."""
    width = 0.967 * side
    x, y = left + 0.496 * side - width / 2, top + 0.492 * side - width / 2
    return DetectedFace(box=(x, y, width, width), score=1.0)


def waves(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a smooth pattern over a square of side 1, with no symmetry."""
    return 128 + 60 * np.sin(5 * x + 1) * np.cos(3 * y) + 40 * np.sin(6 * y + 2 * x)


@pytest.mark.parametrize("make_face", [face_at, haar_face_at])
def test_a_crop_of_twice_the_size_averages_two_by_two_pixels(make_face: object) -> None:
    crops = crop_faces(rgb(NOISE), [make_face(30, 20, 96)])
    square = NOISE[20:116, 30:126].astype(float)
    expected = square.reshape(48, 2, 48, 2).mean(axis=(1, 3))
    assert (crops.shape, crops.dtype) == ((1, 48, 48), np.uint8)
    # The keypoints are float32, and their rounding shifts the square slightly.
    np.testing.assert_allclose(crops[0], expected, atol=2)


@pytest.mark.parametrize("turn", [0, 30, -75, 180])
@pytest.mark.parametrize("side", [40.0, 100.0, 150.0])
def test_a_turned_face_is_brought_upright(turn: float, side: float) -> None:
    angle = np.radians(-turn)
    x, y = np.meshgrid(np.arange(320) + 0.5 - 160, np.arange(240) + 0.5 - 120)
    across = (np.cos(angle) * x - np.sin(angle) * y) / side + 0.5
    down = (np.sin(angle) * x + np.cos(angle) * y) / side + 0.5
    frame = rgb(waves(across, down).round().astype(np.uint8))
    face = face_at(160 - side / 2, 120 - side / 2, side, turn=turn)
    middles = (np.arange(48) + 0.5) / 48
    expected = waves(*np.meshgrid(middles, middles))
    np.testing.assert_allclose(crop_faces(frame, [face])[0], expected, atol=3)


def test_fine_detail_of_a_large_face_is_averaged_not_sampled() -> None:
    board = (np.indices((1000, 1000)).sum(axis=0) % 2 * 255).astype(np.uint8)
    for turn in (0, 10):
        crop = crop_faces(rgb(board), [face_at(200, 200, 600, turn=turn)])[0]
        np.testing.assert_allclose(crop, 127.5, atol=8)


@pytest.mark.parametrize(("side", "left"), [(191, 20.0), (192, 21.3), (400, 21.3), (440, 13.7)])
def test_a_large_face_is_cropped_as_from_the_whole_frame(side: float, left: float) -> None:
    x, y = np.meshgrid(np.arange(639) + 0.5, np.arange(479) + 0.5)
    frame = rgb(waves(x / 300, y / 300).round().astype(np.uint8))
    face = face_at(left, 15.0, side, turn=3)
    whole = warp(frame[:, :, 0], framing(face))
    np.testing.assert_allclose(crop_faces(frame, [face])[0], whole, atol=2)


def test_a_face_larger_than_the_frame_is_cropped() -> None:
    frame = np.full((1, 7, 3), 90, dtype=np.uint8)
    np.testing.assert_array_equal(crop_faces(frame, [face_at(-200, -200, 5000)]), 90)


@pytest.mark.parametrize("make_face", [face_at, haar_face_at])
def test_pixels_beyond_the_frame_take_the_value_of_its_edge(make_face: object) -> None:
    frame = np.full((100, 100, 3), 90, dtype=np.uint8)
    crops = crop_faces(frame, [make_face(-60, 50, 96), make_face(500, 500, 96)])
    np.testing.assert_array_equal(crops, 90)


def test_crops_are_in_the_order_of_the_faces() -> None:
    frame = np.zeros((100, 200, 3), dtype=np.uint8)
    frame[:, 100:] = 200
    crops = crop_faces(frame, [face_at(110, 20, 48), face_at(10, 20, 48)])
    assert crops[:, 24, 24].tolist() == [200, 0]


def test_colors_are_weighted_as_the_eye_sees_them() -> None:
    frame = np.zeros((60, 60, 3), dtype=np.uint8)
    frame[..., 0] = 255
    assert np.unique(crop_faces(frame, [face_at(5, 5, 48)])).tolist() == [76]


def test_no_faces_give_no_crops() -> None:
    assert crop_faces(rgb(NOISE), []).shape == (0, 48, 48)


def test_an_image_of_the_right_size_stays_as_it_is() -> None:
    image = NOISE[:48, :48]
    whole = np.array([[1 / 48, 0, 0], [0, 1 / 48, 0]])
    np.testing.assert_array_equal(warp(image, whole), image)


def test_a_similarity_is_found_exactly() -> None:
    points = np.array([(1.0, 1.0), (3.0, 1.0), (1.0, 2.0)])
    # Rotated by 90 degrees so that right becomes down, scaled by 2, shifted by (10, 20).
    places = np.array([(8.0, 22.0), (8.0, 26.0), (6.0, 22.0)])
    np.testing.assert_allclose(
        fit_similarity(points, places), [[0, -2, 10], [2, 0, 20]], atol=1e-12
    )


def test_noise_does_not_shrink_the_scale() -> None:
    square = np.array([(-1.0, -1), (1, -1), (1, 1), (-1, 1)])
    # Two corners are too close and two too far: the spread is the same. Least squares gives 0.8.
    noisy = np.array([(-0.2, -0.2), (1.4, -1.4), (0.2, 0.2), (-1.4, 1.4)])
    expected = [[1, 0, 0], [0, 1, 0]]
    np.testing.assert_allclose(fit_similarity(noisy, square), expected, atol=1e-12)


def test_two_points_are_enough() -> None:
    eyes = 100 * KEYPOINTS[:2]
    expected = [[0.01, 0, 0], [0, 0.01, 0]]
    np.testing.assert_allclose(fit_similarity(eyes, KEYPOINTS[:2]), expected, atol=1e-12)


def test_the_framing_takes_keypoints_to_the_medians() -> None:
    face = face_at(40, 30, 120, turn=20)
    placed = np.column_stack([face.keypoints, np.ones(6)]) @ framing(face).T
    np.testing.assert_allclose(placed, KEYPOINTS, atol=1e-6)


def test_keypoints_in_one_place_are_refused() -> None:
    face = DetectedFace(box=(0, 0, 9, 9), score=1.0, keypoints=np.ones((6, 2), dtype=np.float32))
    with pytest.raises(ValueError, match="expected at least two different keypoints"):
        crop_faces(rgb(NOISE), [face])


@pytest.mark.parametrize("box", [(5, 5, 0, 9), (5, 5, 9, -1)])
def test_a_box_without_extent_is_refused(box: tuple) -> None:
    with pytest.raises(ValueError, match="expected a box with positive width and height"):
        crop_faces(rgb(NOISE), [DetectedFace(box=box, score=1.0)])


def test_anything_but_an_rgb_frame_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected an RGB frame, .* got uint8 of shape \(240, "):
        crop_faces(NOISE, [face_at(0, 0, 48)])


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[..., ::-1])


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Return a folder with a photograph of one face and a picture without a face."""
    folder = tmp_path / "mine"
    write(folder / "happy" / "astronaut.png", astronaut())
    write(folder / "sad" / "nothing.png", np.full((300, 400, 3), 90, dtype=np.uint8))
    return folder


def loaded(folder: Path) -> Faces:
    return load_faces(folder, require_all_classes=False, require_all_splits=False)


def test_the_face_is_cut_out_as_for_predictions(photographs: Path) -> None:
    detector = find_detector()
    faces = crop_found_faces(loaded(photographs), photographs, detector)
    assert faces.names.tolist() == ["happy/astronaut.png"]
    assert faces.labels.tolist() == [3]
    expected = crop_faces(astronaut(), detector.detect(astronaut())[:1])
    np.testing.assert_array_equal(faces.images, expected)
    assert faces.provenance.left_out == {"no face found": 1}
    assert "cropped to the largest face" in faces.provenance.describe()
    assert "resized" not in faces.provenance.describe()


def test_pictures_without_any_face_are_refused(photographs: Path) -> None:
    (photographs / "happy" / "astronaut.png").unlink()
    (photographs / "happy").rmdir()
    with pytest.raises(DataError, match="no face found in the 1 pictures of mine"):
        crop_found_faces(loaded(photographs), photographs, find_detector())


def test_faces_of_another_source_are_refused(photographs: Path, tmp_path: Path) -> None:
    write(tmp_path / "others" / "fear" / "b.png", astronaut())
    with pytest.raises(
        DataError, match="mine does not contain these pictures: expected a folder or"
    ):
        crop_found_faces(loaded(tmp_path / "others"), photographs, find_detector())


def test_the_side_of_a_crop_is_in_pixels_of_the_frame() -> None:
    points = 10 + 200 * KEYPOINTS.astype(np.float32)
    with_points = DetectedFace(box=(0, 0, 1, 1), score=1, keypoints=points)
    assert crop_side(with_points) == pytest.approx(200)
    assert crop_side(DetectedFace(box=(5, 5, 96.7, 96.7), score=1)) == pytest.approx(100)
