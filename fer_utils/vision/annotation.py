"""Draw faces and their emotions on a picture."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from fer_utils.data.image_files import as_frame
from fer_utils.emotions import COLORS
from fer_utils.vision.observation import RecognizedFace, TrackedFace

# Fractions of the frame's shorter side. In a 640x480 frame, text is 15 and lines are 3 pixels.
_TEXT_SIZE = 1 / 32
_LINE_WIDTH = 1 / 160
_SMALLEST_TEXT = 9
# A label shrinks if it is wider than this many times its box, but at most to this scale.
_LABEL_WIDTH, _LEAST_SCALE = 1.3, 0.6
# On each side of the text, as a fraction of its size.
_MARGIN = 0.4
_INK = "#14171c"


def annotate(frame: NDArray[np.uint8], faces: Sequence[RecognizedFace]) -> NDArray[np.uint8]:
    """Return a copy of a frame with a box and a label around each face.

    The label shows the face's number if it is tracked, its emotion, and the probability of the
    most likely emotion, on a background in the emotion's color. Lines and text scale with the
    frame, and labels always stay inside it.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB, 0 to 255; not modified.
    faces : sequence of RecognizedFace
        In pixels of this frame, largest first. Smaller faces are drawn below larger ones.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        RGB.

    Raises
    ------
    ValueError
        If the frame has another dtype or shape.

    Examples
    --------
    >>> annotate(np.zeros((480, 640, 3), dtype=np.uint8), faces=[]).shape
    (480, 640, 3)
    """
    drawn = as_frame(frame).copy()
    line = max(1, round(min(drawn.shape[:2]) * _LINE_WIDTH))
    for face in reversed(faces):
        _outline(drawn, face, line)
        _paste(drawn, _label(face, drawn.shape[:2]), face, line)
    return drawn


def describe_face(face: RecognizedFace) -> str:
    """Return the label of a face, such as ``#2 happy 97%``; the number only if it is tracked."""
    words = f"{face.emotion} {100 * face.probability:.0f}%"
    return f"#{face.number} {words}" if isinstance(face, TrackedFace) else words


def _outline(drawn: NDArray[np.uint8], face: RecognizedFace, line: int) -> None:
    """Draw a box with sharp corners, its line centered on the edge."""
    x, y, width, height = face.box
    left, top, right, bottom = round(x), round(y), round(x + width), round(y + height)
    color = ImageColor.getrgb(COLORS[face.emotion])
    # OpenCV's thick lines are up to two pixels too thick, with round corners.
    for inset in range(-(line // 2), line - line // 2):
        first, last = (left + inset, top + inset), (right - inset, bottom - inset)
        cv2.rectangle(drawn, first, last, color)


def _label(face: RecognizedFace, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a label that fits into a frame of this shape."""
    words = describe_face(face)
    size = max(_SMALLEST_TEXT, round(min(shape) * _TEXT_SIZE))
    length = _font(size).getlength(words) + 2 * _MARGIN * size
    # In a crowd of small faces, smaller labels hide fewer neighbors.
    scale = min(1.0, max(_LEAST_SCALE, face.box[2] * _LABEL_WIDTH / length))
    size = max(1, int(min(max(_SMALLEST_TEXT, size * scale), size * shape[1] / length)))
    font, margin = _font(size), _MARGIN * size
    width = round(font.getlength(words) + 2 * margin)
    label = Image.new("RGB", (width, round(size + 2 * margin)), COLORS[face.emotion])
    # A thin outline in the same color makes the text bold.
    ImageDraw.Draw(label).text(
        (margin, label.height / 2), words, _INK, font, anchor="lm", stroke_width=size / 40
    )
    return np.asarray(label)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _paste(
    drawn: NDArray[np.uint8], label: NDArray[np.uint8], face: RecognizedFace, line: int
) -> None:
    """Draw a label above its box, or below or inside it if there is no room above."""
    (height, width), (high, wide) = label.shape[:2], drawn.shape[:2]
    x, y, _, box_height = face.box
    outer = line // 2
    top = round(y) - outer - height
    if top < 0:
        below = round(y + box_height) + line - outer
        top = below if below + height <= high else round(y) + line - outer
    left = max(0, min(round(x) - outer, wide - width))
    top = max(0, min(top, high - height))
    place = drawn[top : top + height, left : left + width]
    place[:] = label[: place.shape[0], : place.shape[1]]
