"""Crops of faces in FER-2013's own framing, which the classifier learned."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.data.image_files import as_frame, halve
from fer_utils.vision.observation import Box, DetectedFace

# Where BlazeFace sees its six points in FER-2013's images, as shares of their side: medians over
# faces of PublicTest. In the order of `DetectedFace.keypoints`.
KEYPOINTS = np.array(
    [(0.308, 0.396), (0.682, 0.388), (0.501, 0.595), (0.502, 0.777), (0.115, 0.480), (0.882, 0.462)]
)
# The same for a Haar box: its centre and its width.
HAAR_CENTRE = np.array([0.496, 0.492])
HAAR_WIDTH = 0.967


def crop_faces(frame: NDArray[np.uint8], faces: Sequence[DetectedFace]) -> NDArray[np.uint8]:
    """Cut faces out of a frame as FER-2013 frames them.

    A face with keypoints is turned, scaled and moved so that they come as near as possible to
    their usual places; one without is framed by its box. Pixels beyond the frame take the value
    of its nearest edge.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB, 0 to 255.
    faces : sequence of DetectedFace
        As a detector found them in the frame.

    Returns
    -------
    ndarray of uint8, shape (n, 48, 48)
        Gray crops in the order of `faces`.

    Raises
    ------
    ValueError
        If the frame has another type or shape, or a face has no extent.
    """
    frame = as_frame(frame)
    crops = np.empty((len(faces), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    if faces:
        sizes = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)]
        for crop, face in zip(crops, faces, strict=True):
            crop[:] = warp(*_shrink(sizes, framing(face)))
    return crops


def framing(face: DetectedFace) -> NDArray[np.float64]:
    """Return the matrix that takes a frame's pixels to a crop in FER-2013's framing.

    Parameters
    ----------
    face : DetectedFace
        With or without keypoints.

    Returns
    -------
    ndarray of float64, shape (2, 3)
        Takes a point (x, y, 1) of the frame to its place in the crop, as a share of its side.

    Raises
    ------
    ValueError
        If the box has no width, or all keypoints are the same.
    """
    if face.keypoints is not None:
        return fit_similarity(face.keypoints.astype(np.float64), KEYPOINTS)
    return _box_framing(face.box)


def fit_similarity(points: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the turn, scale and shift that bring points nearest to their places.

    The turn and the shift minimise the squared distances (Umeyama 1991). The scale is the ratio of
    the spreads (Horn 1987): the one of least squares shrinks the more, the noisier the points are.

    Parameters
    ----------
    points, places : ndarray of float64, shape (n, 2)
        Pairs of points (x, y), at least two of them apart.

    Returns
    -------
    ndarray of float64, shape (2, 3)
        Takes a point (x, y, 1) to its place.

    Raises
    ------
    ValueError
        If all points are the same.
    """
    middle, target = points.mean(axis=0), places.mean(axis=0)
    # As complex numbers, so that a turn with a scale is one factor.
    apart, wanted = ((points - middle) @ (1, 1j), (places - target) @ (1, 1j))
    turn = np.vdot(apart, wanted)
    if not abs(turn):
        raise ValueError("expected keypoints that lie apart: they tell no size and no direction")
    factor = turn / abs(turn) * np.linalg.norm(wanted) / np.linalg.norm(apart)
    matrix = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([matrix, target - matrix @ middle])


def warp(gray: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a crop of a gray frame, averaged over the pixels that fall into each of its own.

    Parameters
    ----------
    gray : ndarray of uint8, shape (h, w)
        The frame.
    matrix : ndarray of float64, shape (2, 3)
        What `framing` returned.

    Returns
    -------
    ndarray of uint8, shape (48, 48)
        The crop.
    """
    # An affine warp takes single points and would skip pixels of a large face: it is done at about
    # the frame's own resolution, and whole blocks of the result are averaged.
    scale = IMAGE_SIZE * _scale(matrix)
    # The tolerance keeps a crop of exactly this size from being warped at twice of it.
    block = max(1, int(np.ceil(1 / scale - 0.01)))
    side = IMAGE_SIZE * block
    # OpenCV counts from the middle of the first pixel, boxes and keypoints from its corner.
    to_pixels = matrix * side
    to_pixels[:, 2] += to_pixels[:, :2] @ (0.5, 0.5) - 0.5
    warped = cv2.warpAffine(
        gray, to_pixels, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    crop = cv2.resize(warped, (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_AREA)
    return crop.astype(np.uint8, copy=False)


def _shrink(
    sizes: list[NDArray[np.uint8]], matrix: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a smaller gray frame that a crop is warped from in less time, and its matrix.

    The smallest where a pixel of the crop still covers two of the frame each way. `sizes` holds
    the frame, halved again and again; what is missing is added.
    """
    covered = 1 / (IMAGE_SIZE * _scale(matrix))
    most = min(sizes[0].shape).bit_length() - 1
    halvings = int(np.clip(np.log2(covered) - 1, 0, most))
    while len(sizes) <= halvings:
        sizes.append(halve(sizes[-1]))
    return sizes[halvings], matrix * (2**halvings, 2**halvings, 1)


def _scale(matrix: NDArray[np.float64]) -> float:
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def _box_framing(box: Box) -> NDArray[np.float64]:
    x, y, width, height = box
    if width <= 0 or height <= 0:
        raise ValueError(f"expected a box with a width and a height above 0, got {box}")
    scale = HAAR_WIDTH / width
    shift = HAAR_CENTRE - scale * np.array([x + width / 2, y + height / 2])
    return np.column_stack([scale * np.eye(2), shift])
