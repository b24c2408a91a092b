"""Cut a leveled square around a face."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.observation import DetectedFace


def close_up(
    frame: NDArray[np.uint8], face: DetectedFace, *, margin: float, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Cut a square around a face, rotated until the eyes are level.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB; outside of it, the square is black.
    face : DetectedFace
        A face in this frame; without keypoints, it is taken for upright.
    margin : float
        Side of the square as a multiple of the box's longer side.
    size : int
        Side of the result in pixels.

    Returns
    -------
    square : ndarray of uint8, shape (size, size, 3)
        RGB.
    to_frame : ndarray of float64, shape (2, 3)
        Maps a point (x, y, 1) in pixels of the square to pixels of the frame.
    """
    x, y, width, height = face.box
    factor = complex(margin * max(width, height) / size)
    if face.keypoints is not None:
        across, down = (face.keypoints[1] - face.keypoints[0]).tolist()
        factor *= np.exp(1j * np.arctan2(down, across))
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    center = np.array([x + width / 2, y + height / 2])
    to_frame = np.column_stack([linear, center - linear @ (size / 2, size / 2)])
    # OpenCV counts from the center of the first pixel.
    to_pixels = to_frame.copy()
    to_pixels[:, 2] += to_pixels[:, :2] @ (0.5, 0.5) - 0.5
    square = cv2.warpAffine(
        frame, to_pixels, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return square.astype(np.uint8, copy=False), to_frame
