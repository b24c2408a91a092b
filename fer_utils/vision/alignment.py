"""Crop faces with the framing of FER-2013, which the classifier was trained on."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.faces import IMAGE_SIZE, DataError, Faces
from fer_utils.data.file_tree import open_tree
from fer_utils.data.image_files import as_frame, halve
from fer_utils.vision.detector import Detector
from fer_utils.vision.observation import DetectedFace
from fer_utils.vision.picture import as_picture

# BlazeFace's keypoints in FER-2013's images, as fractions of their side: medians over PublicTest,
# in the order of `DetectedFace.keypoints`.
KEYPOINTS = np.array(
    [(0.308, 0.396), (0.682, 0.388), (0.501, 0.595), (0.502, 0.777), (0.115, 0.480), (0.882, 0.462)]
)
# The same for the center and width of a Haar box.
_HAAR_CENTER = np.array([0.496, 0.492])
_HAAR_WIDTH = 0.967


def crop_faces(frame: NDArray[np.uint8], faces: Sequence[DetectedFace]) -> NDArray[np.uint8]:
    """Cut faces out of a frame with the framing of FER-2013.

    A face with keypoints is rotated, scaled, and shifted to bring them as close as possible to
    their usual places; a face without keypoints is framed by its box. Pixels outside the frame
    repeat its nearest edge.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB, 0 to 255.
    faces : sequence of DetectedFace
        Output of a detector for this frame.

    Returns
    -------
    ndarray of uint8, shape (n, 48, 48)
        Gray, in the order of `faces`.

    Raises
    ------
    ValueError
        If the frame has another dtype or shape, or a face has no size.
    """
    frame = as_frame(frame)
    crops = np.empty((len(faces), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    if faces:
        sizes = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)]
        for crop, face in zip(crops, faces, strict=True):
            crop[:] = warp(*_shrink(sizes, framing(face)))
    return crops


def crop_found_faces(faces: Faces, path: str | Path, detector: Detector) -> Faces:
    """Replace each picture with a crop of its largest face.

    Loading resizes whole pictures to 48x48, which suits images that show only a face. In a
    photograph, the face would be just a few pixels wide.

    Parameters
    ----------
    faces : Faces
        Loaded from a folder or zip of pictures.
    path : str or Path
        That folder or zip.
    detector : Detector
        Face detector.

    Returns
    -------
    Faces
        The faces found; ``provenance.left_out`` counts the pictures without a face.

    Raises
    ------
    DataError
        If `path` is not the source of these faces, or no face is found at all.
    """
    path = Path(path)
    images = np.zeros((len(faces), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    found = np.zeros(len(faces), dtype=bool)
    with open_tree(path) as tree:
        if not set(faces.names) <= set(tree.files):
            raise DataError(
                f"{path.name} does not contain these pictures: expected a folder or zip with one "
                "folder per class"
            )
        for place, name in enumerate(tqdm(faces.names, desc="Finding faces", unit=" pictures")):
            frame = as_picture(tree.read(str(name)))
            largest = detector.detect(frame)[:1]
            if largest:
                images[place], found[place] = crop_faces(frame, largest)[0], True
    if not found.any():
        raise DataError(f"no face found in the {len(faces)} pictures of {path.name}")
    missed = int((~found).sum())
    before = faces.provenance
    left_out = before.left_out | ({"no face found": missed} if missed else {})
    notes = (*before.notes, "cropped to the largest face of each picture")
    provenance = replace(before, grayed=0, resized=0, left_out=left_out, notes=notes)
    return replace(faces, images=images, provenance=provenance).select(found)


def framing(face: DetectedFace) -> NDArray[np.float64]:
    """Return the matrix that maps a frame to a crop with the framing of FER-2013.

    Parameters
    ----------
    face : DetectedFace
        With or without keypoints.

    Returns
    -------
    ndarray of float64, shape (2, 3)
        Maps a point (x, y, 1) in pixels of the frame to fractions of the crop's side.

    Raises
    ------
    ValueError
        If the box has no size, or all keypoints coincide.
    """
    if face.keypoints is not None:
        return fit_similarity(face.keypoints.astype(np.float64), KEYPOINTS)
    x, y, width, height = face.box
    if width <= 0 or height <= 0:
        raise ValueError(f"expected a box with positive width and height, got {face.box}")
    scale = _HAAR_WIDTH / width
    shift = _HAAR_CENTER - scale * np.array([x + width / 2, y + height / 2])
    return np.column_stack([scale * np.eye(2), shift])


def crop_side(face: DetectedFace) -> float:
    """Return the side of a face in pixels of its frame, framed as in FER-2013.

    Parameters
    ----------
    face : DetectedFace
        With or without keypoints.

    Raises
    ------
    ValueError
        If the box has no size, or all keypoints coincide.
    """
    return 1 / _scale(framing(face))


def fit_similarity(points: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation, scale, and shift that best map points to their places.

    Rotation and shift minimize the squared distances (Umeyama 1991). The scale is the ratio of the
    spreads (Horn 1987), because the least-squares scale shrinks as the points get noisier.

    Parameters
    ----------
    points, places : ndarray of float64, shape (n, 2)
        Pairs of points (x, y); at least two must differ.

    Returns
    -------
    ndarray of float64, shape (2, 3)
        Maps a point (x, y, 1) to its place.

    Raises
    ------
    ValueError
        If all points coincide.
    """
    center, target = points.mean(axis=0), places.mean(axis=0)
    # As complex numbers, a rotation with a scale is a single factor.
    offsets, wanted = (points - center) @ (1, 1j), (places - target) @ (1, 1j)
    rotation = np.vdot(offsets, wanted)
    if not abs(rotation):
        raise ValueError("expected at least two different keypoints, but all of them coincide")
    factor = rotation / abs(rotation) * np.linalg.norm(wanted) / np.linalg.norm(offsets)
    matrix = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([matrix, target - matrix @ center])


def warp(gray: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a crop of a gray frame; each pixel averages those of the frame that it covers.

    Parameters
    ----------
    gray : ndarray of uint8, shape (h, w)
        Frame.
    matrix : ndarray of float64, shape (2, 3)
        Output of `framing`.

    Returns
    -------
    ndarray of uint8, shape (48, 48)
        Crop.
    """
    # An affine warp samples single points and would skip pixels of a large face. So warp at about
    # the frame's own resolution, then average blocks.
    scale = IMAGE_SIZE * _scale(matrix)
    # The tolerance keeps rounding errors from doubling the size of the warp.
    block = max(1, int(np.ceil(1 / scale - 0.01)))
    side = IMAGE_SIZE * block
    # OpenCV counts from the center of the first pixel, boxes and keypoints from its corner.
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
    """Return a smaller gray frame that is faster to warp, and its matrix.

    It is the smallest one in which a pixel of the crop still covers at least 2x2 pixels. `sizes`
    caches the frame at full size, half size, and so on.
    """
    covered = 1 / (IMAGE_SIZE * _scale(matrix))
    most = min(sizes[0].shape).bit_length() - 1
    halvings = int(np.clip(np.log2(covered) - 1, 0, most))
    while len(sizes) <= halvings:
        sizes.append(halve(sizes[-1]))
    return sizes[halvings], matrix * (2**halvings, 2**halvings, 1)


def _scale(matrix: NDArray[np.float64]) -> float:
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
