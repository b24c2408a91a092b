"""Clips for the browser's fake camera, made from a public-domain photograph.

Each frame encodes its index as eight black or white blocks along its lower edge, so that a test
knows from a screenshot where the face really is.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
FRAMES = 150  # 5 seconds at the fake camera's 30 frames a second
BITS = 8
MARK_HEIGHT = 16

Box = tuple[float, float, float, float]
Places = Callable[[int], list[tuple[int, int]]]

_CROP = (100, 10, 250, 250)
# The face within the crop: from the hairline to the chin, from cheek to cheek.
_FACE = (78, 68, 94, 108)


def one(index: int) -> list[tuple[int, int]]:
    """Return the position of the crop: it swings from left to right and back."""
    return [(round(195 + 60 * np.sin(2 * np.pi * index / FRAMES)), 100)]


def two(index: int) -> list[tuple[int, int]]:
    """Return the positions of two crops side by side, one moving up while the other moves down."""
    shift = round(40 * np.sin(2 * np.pi * index / FRAMES))
    return [(40, 100 + shift), (350, 100 - shift)]


def none(index: int) -> list[tuple[int, int]]:
    """Return no position: there is no face."""
    return []


def true_faces(places: Places, index: int) -> list[Box]:
    """Return the boxes of the faces in a frame, in pixels."""
    x, y, w, h = _FACE
    return [(left + x, top + y, w, h) for left, top in places(index)]


def frames(places: Places, count: int = FRAMES) -> list[NDArray[np.uint8]]:
    """Return RGB frames."""
    x, y, w, h = _CROP
    crop = skimage.data.astronaut()[y : y + h, x : x + w]
    empty = np.full((HEIGHT, WIDTH, 3), 120, dtype=np.uint8)
    empty += (np.arange(HEIGHT, dtype=np.uint8) // 8)[:, None, None]
    made = []
    for index in range(count):
        frame = empty.copy()
        for left, top in places(index):
            frame[top : top + h, left : left + w] = crop
        for bit in range(BITS):
            block = slice(bit * WIDTH // BITS, (bit + 1) * WIDTH // BITS)
            frame[-MARK_HEIGHT:, block] = 255 if index >> bit & 1 else 0
        made.append(frame)
    return made


def index_of(frame: NDArray[np.uint8]) -> int:
    """Return the index of a frame of any size."""
    height, width = frame.shape[:2]
    row = height - round(MARK_HEIGHT / 2 * height / HEIGHT)
    columns = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    bits = frame[row, columns].mean(axis=-1) > 128
    return int((bits << np.arange(BITS)).sum())


def write_mjpeg(path: Path, places: Places) -> Path:
    """Write a clip as a sequence of JPEGs, which the browser's fake camera plays."""
    with path.open("wb") as stream:
        for frame in frames(places):
            bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
            stream.write(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return path


def overlap(first: Box, second: Box) -> float:
    """Return the intersection over the union of two boxes (x, y, w, h)."""
    left, top = max(first[0], second[0]), max(first[1], second[1])
    right = min(first[0] + first[2], second[0] + second[2])
    bottom = min(first[1] + first[3], second[1] + second[3])
    shared = max(0.0, right - left) * max(0.0, bottom - top)
    return shared / (first[2] * first[3] + second[2] * second[3] - shared)
