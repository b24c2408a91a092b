import numpy as np

from fer_utils.vision.boxes import overlaps


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
