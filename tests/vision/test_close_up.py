"""Check close-ups of drawn marks against places worked out by hand."""

import numpy as np

from fer_utils.vision.close_up import close_up
from fer_utils.vision.observation import DetectedFace


def with_eyes(left: tuple[float, float], right: tuple[float, float]) -> DetectedFace:
    points = np.array([left, right, *[(8, 8)] * 4], dtype=np.float32)
    return DetectedFace(box=(4, 4, 8, 8), score=1.0, keypoints=points)


def test_the_face_is_in_the_middle_and_outside_the_frame_is_black() -> None:
    frame = np.full((16, 16, 3), 200, dtype=np.uint8)
    face = DetectedFace(box=(0, 4, 8, 6), score=1.0)
    square, to_frame = close_up(frame, face, margin=2, size=32)
    # 16 pixels of the frame become 32: twice as large, and a quarter is left of the frame.
    np.testing.assert_allclose(to_frame, [[0.5, 0, -4], [0, 0.5, -1]])
    assert (square.shape, square.dtype) == ((32, 32, 3), np.uint8)
    assert (square[4:, :7] == 0).all()
    assert (square[4:30, 9:] == 200).all()


def test_eyes_become_level() -> None:
    # The right eye is straight below the left one: a quarter turn.
    _, to_frame = close_up(
        np.zeros((16, 16, 3), dtype=np.uint8), with_eyes((8, 6), (8, 10)), margin=1, size=8
    )
    left, right = ([8 / 2 - 2, 4, 1], [8 / 2 + 2, 4, 1])
    np.testing.assert_allclose(to_frame @ left, (8, 6), atol=1e-12)
    np.testing.assert_allclose(to_frame @ right, (8, 10), atol=1e-12)


def test_pixels_follow_the_matrix() -> None:
    frame = np.zeros((16, 16, 3), dtype=np.uint8)
    frame[10, 8] = 255
    square, to_frame = close_up(frame, with_eyes((8, 6), (8, 10)), margin=1, size=8)
    row, column = np.argwhere(square[:, :, 0] == 255)[0]
    np.testing.assert_allclose(to_frame @ (column + 0.5, row + 0.5, 1), (8.5, 10.5), atol=1e-9)
