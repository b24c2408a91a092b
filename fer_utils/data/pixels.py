"""Parse the pixels of one face from a CSV cell."""

import warnings

import numpy as np

from fer_utils.data.bad_items import BadItemError
from fer_utils.data.faces import IMAGE_SIZE, Images

_COUNT = IMAGE_SIZE * IMAGE_SIZE


def parse_pixels(cell: bytes) -> Images:
    """Return the image of a CSV cell.

    Parameters
    ----------
    cell : bytes
        2304 integers from 0 to 255, separated by white space, row by row.

    Returns
    -------
    ndarray of uint8, shape (48, 48)
        The image.

    Raises
    ------
    BadItemError
        If there are more or fewer values, or one is not an integer from 0 to 255.
    """
    # NumPy would take "1+2" for two values.
    if b"+" in cell or b"-" in cell:
        raise _explained(cell)
    try:
        with warnings.catch_warnings():
            # NumPy only warns where the text does not continue with an integer.
            warnings.simplefilter("error", DeprecationWarning)
            values = np.fromstring(cell, dtype=np.int64, sep=" ")
    except (DeprecationWarning, ValueError) as error:
        raise _explained(cell) from error
    if len(values) != _COUNT or values.max() > 255:
        raise _explained(cell)
    return values.astype(np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)


def _explained(cell: bytes) -> BadItemError:
    """Return an error that names the first bad value."""
    words = cell.split()
    if len(words) != _COUNT:
        return BadItemError(
            f"expected {_COUNT} pixel values ({IMAGE_SIZE}x{IMAGE_SIZE}), got {len(words)}"
        )
    for word in words:
        shown = word[:20].decode("utf-8", errors="replace")
        if not word.removeprefix(b"-").isdigit():
            return BadItemError(
                f"expected pixel values as whole numbers from 0 to 255, got {shown!r}"
            )
        if len(word) > 20 or not 0 <= int(word) <= 255:
            return BadItemError(f"expected pixel values from 0 to 255, got {shown}")
    return BadItemError("expected pixel values without a sign")
