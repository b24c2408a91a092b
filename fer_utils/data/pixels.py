"""One face's pixels, from the text of a CSV cell or the bytes of an image file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.bad_items import BadItemError
from fer_utils.data.faces import IMAGE_SIZE

PIXEL_COUNT = IMAGE_SIZE * IMAGE_SIZE

_SPACE = 32
_ZERO = 48
# The codes of "0" to "9" end in their value and that of a space ends in 0.
_LAST_FOUR_BITS = 15


def parse_pixels(cells: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return the images that CSV cells hold, when all of them are written plainly.

    Plainly means 2304 numbers of one to three digits with single spaces between them. Rows that
    are not may still be good: `parse_one` reads them exactly.

    Parameters
    ----------
    cells : sequence of bytes
        One cell per image, at least one. A few dozen at a time are fastest: then all
        intermediate arrays stay in the processor's cache.

    Returns
    -------
    ndarray of uint8, shape (len(cells), 48, 48)
        The images.

    Raises
    ------
    BadItemError
        If any cell is not plain or holds a number above 255.
    """
    # Three spaces in front, so that every number has three bytes before its end.
    text = np.frombuffer(b"   " + b" ".join(cells) + b" ", dtype=np.uint8)
    body = text[3:]
    ends = np.flatnonzero(body == _SPACE)
    lengths = np.fromiter(map(len, cells), dtype=np.intp, count=len(cells))
    if not np.array_equal(ends[PIXEL_COUNT - 1 :: PIXEL_COUNT], np.cumsum(lengths + 1) - 1):
        raise BadItemError(f"expected {PIXEL_COUNT} numbers with single spaces between them")
    digits = np.count_nonzero(body - np.uint8(_ZERO) < 10)
    ones_code, tens_code, hundreds_code = (text[shift:].take(ends) for shift in (2, 1, 0))
    longest = max(ends[0] + 1, (ends[1:] - ends[:-1]).max())
    if ones_code.min() == _SPACE or longest > 4 or digits + len(ends) != len(body):
        raise BadItemError("expected numbers of one to three digits")

    ones = ones_code & _LAST_FOUR_BITS
    tens = tens_code & _LAST_FOUR_BITS
    # Behind a number of one digit stands the number before it, which is not its hundreds.
    hundreds = (hundreds_code & _LAST_FOUR_BITS) * (tens_code != _SPACE)
    values = ones + tens * np.uint16(10) + hundreds * np.uint16(100)
    if values.max() > 255:
        raise BadItemError("expected values from 0 to 255")
    return values.astype(np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)


def parse_one(cell: bytes) -> NDArray[np.uint8]:
    """Return the image that one CSV cell holds, however its numbers are spaced.

    Parameters
    ----------
    cell : bytes
        2304 whole numbers from 0 to 255 with white space between them, row by row.

    Returns
    -------
    ndarray of uint8, shape (48, 48)
        The image.

    Raises
    ------
    BadItemError
        If there are more or fewer, or one is no whole number from 0 to 255.
    """
    words = cell.split()
    if len(words) != PIXEL_COUNT:
        raise BadItemError(
            f"expected {PIXEL_COUNT} pixel values ({IMAGE_SIZE}x{IMAGE_SIZE}), got {len(words)}"
        )
    values = [_pixel(word) for word in words]
    return np.array(values, dtype=np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)


def _pixel(word: bytes) -> int:
    # int() alone would also accept "1_0" and digits of other scripts.
    if not word.removeprefix(b"-").isdigit():
        shown = word[:20].decode("utf-8", errors="replace")
        raise BadItemError(f"expected pixel values as whole numbers from 0 to 255, got {shown!r}")
    if len(word) > 20 or not 0 <= int(word) <= 255:
        raise BadItemError(f"expected pixel values from 0 to 255, got {word[:20].decode()}")
    return int(word)


def decode_face(data: bytes) -> tuple[NDArray[np.uint8], bool, bool]:
    """Return an image file's content as a gray 48x48 image.

    Colour becomes gray, 16 bits become 8, transparency is ignored, the camera's orientation
    (EXIF) is applied, and other sizes are brought to 48x48 by area interpolation.

    Parameters
    ----------
    data : bytes
        The whole file, in any format that OpenCV reads.

    Returns
    -------
    image : ndarray of uint8, shape (48, 48)
        The gray image.
    was_colour, was_resized : bool
        Whether it was turned from colour to gray, and brought to 48x48.

    Raises
    ------
    BadItemError
        If the file is empty, truncated or no image.
    """
    if not data:
        raise BadItemError("expected an image, but the file is empty")
    try:
        image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_ANYCOLOR)
    except cv2.error:
        image = None
    if image is None:
        raise BadItemError("expected an image, but it is damaged or in no format that is known")
    was_colour = image.ndim == 3
    if was_colour:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    was_resized = image.shape != (IMAGE_SIZE, IMAGE_SIZE)
    if was_resized:
        image = cv2.resize(image, (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_AREA)
    return image.astype(np.uint8, copy=False), was_colour, was_resized


@contextmanager
def quiet_decoder() -> Iterator[None]:
    """Keep OpenCV's own complaints about bad images off stderr: they do not name the file."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
