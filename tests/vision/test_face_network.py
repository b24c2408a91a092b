"""Check the decoding of the networks against values worked out by hand."""

import numpy as np
import pytest

from fer_utils.vision.face_network import (
    FaceNetwork,
    as_input,
    decode_faces,
    make_anchors,
)

NEAR = (128, 128, ((8, 2), (16, 6)))
FAR = (192, 192, ((4, 1),))


@pytest.mark.parametrize(
    ("layout", "count", "index", "point"),
    [
        (NEAR, 896, 0, (4, 4)),
        (NEAR, 896, 1, (4, 4)),
        (NEAR, 896, 2, (12, 4)),
        (NEAR, 896, 32, (4, 12)),
        (NEAR, 896, 511, (124, 124)),
        (NEAR, 896, 512, (8, 8)),
        (NEAR, 896, 518, (24, 8)),
        (NEAR, 896, 895, (120, 120)),
        (FAR, 2304, 0, (2, 2)),
        (FAR, 2304, 47, (190, 2)),
        (FAR, 2304, 48, (2, 6)),
        ((16, 32, ((8, 2), (16, 6))), 28, 15, (28, 12)),
        ((16, 32, ((8, 2), (16, 6))), 28, 27, (24, 8)),
    ],
)
def test_anchors_are_the_centers_of_cells_row_by_row(
    layout: tuple, count: int, index: int, point: tuple
) -> None:
    points = make_anchors(*layout)
    assert (points.shape, points.dtype) == ((count, 2), np.float32)
    assert tuple(points[index]) == point


def test_values_become_boxes_and_points_in_pixels_of_the_input() -> None:
    raw = np.array([[6.4, -3.2, 32, 16] + [1, 2] * 5 + [-4, 0]], dtype=np.float32)
    middle = np.array([[64, 32]], dtype=np.float32)
    scores, places = decode_faces(np.array([2], dtype=np.float32), raw, middle, least_score=0.5)
    np.testing.assert_allclose(scores, [0.8807971], rtol=1e-6)
    expected = [[54.4, 20.8], [86.4, 36.8]] + [[65, 34]] * 5 + [[60, 32]]
    np.testing.assert_allclose(places[0], expected, rtol=1e-5)


def test_unlikely_faces_are_dropped() -> None:
    raw_scores = np.array([-3, 0.40, 0.41, 1000], dtype=np.float32)
    raw_boxes = np.arange(4, dtype=np.float32)[:, None].repeat(16, axis=1)
    middles = np.zeros((4, 2), dtype=np.float32)
    with np.errstate(all="raise"):
        scores, places = decode_faces(raw_scores, raw_boxes, middles, least_score=0.6)
    np.testing.assert_allclose(scores, [0.6010879, 1], rtol=1e-6)
    assert places[:, 7, 0].tolist() == [2, 3]


def test_a_picture_becomes_an_input_with_black_below_and_on_the_right() -> None:
    picture = np.full((3, 17, 3), 255, dtype=np.uint8)
    picture[0, 0] = (0, 51, 102)
    tensor = as_input(picture)
    assert (tensor.shape, tensor.dtype) == ((1, 16, 32, 3), np.float32)
    np.testing.assert_allclose(tensor[0, 0, 0], [-1, -0.6, -0.2], atol=1e-6)
    np.testing.assert_allclose(tensor[0, 1:3, :17], 1, atol=1e-6)
    assert (tensor[0, 3:] == -1).all()
    assert (tensor[0, :, 17:] == -1).all()


def test_a_picture_becomes_an_input_of_8_bits() -> None:
    picture = np.full((3, 17, 3), 255, dtype=np.uint8)
    picture[0, 0] = (0, 127, 128)
    tensor = as_input(picture, np.int8)
    assert (tensor.shape, tensor.dtype) == ((1, 16, 32, 3), np.int8)
    assert tensor[0, 0, 0].tolist() == [-128, -1, 0]
    assert (tensor[0, 1:3, :17] == 127).all()
    assert (tensor[0, 3:] == -128).all()
    assert (tensor[0, :, 17:] == -128).all()


def test_a_face_has_the_same_place_in_a_larger_picture(astronaut: np.ndarray) -> None:
    head = astronaut[::2, ::2][16:144, 48:176]
    larger = np.zeros((160, 240, 3), dtype=np.uint8)
    larger[16:144, 96:224] = head
    network = FaceNetwork("near")
    places = [
        network.run(picture, least_score=0.9)[1].mean(axis=0) for picture in (head, larger, head)
    ]
    np.testing.assert_allclose(places[1] - places[0], [[96, 16]] * 8, atol=1.5)
    np.testing.assert_array_equal(places[2], places[0])


def test_the_network_with_8_bits_finds_nearly_the_same(astronaut: np.ndarray) -> None:
    picture = astronaut[::2, ::2]
    (exact_scores, exact), (coarse_scores, coarse) = (
        FaceNetwork(name).run(picture, least_score=0.5) for name in ("near", "near_8bit")
    )
    assert abs(exact_scores.max() - coarse_scores.max()) < 0.05
    np.testing.assert_allclose(coarse.mean(axis=0), exact.mean(axis=0), atol=3)


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown network 'middle': expected one of near, near_8"):
        FaceNetwork("middle")
