"""Probabilities as the page takes them, and as screen readers say them."""

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS


def timeline_as_json(timeline: NDArray[np.float32]) -> list[list[float | None]]:
    """Return a timeline for the page; NaN, which JSON has not, becomes None.

    Parameters
    ----------
    timeline : ndarray of float32, shape (7, n)
        Probabilities, 0 to 1; NaN where the face is not seen.
    """
    return [
        [None if np.isnan(value) else round(float(value), 3) for value in values]
        for values in timeline
    ]


def spoken_probabilities(probabilities: NDArray[np.floating]) -> str:
    """Return seven probabilities in words, such as ``angry 1 percent, disgust 0 percent, …``."""
    parts = zip(EMOTIONS, probabilities, strict=True)
    return ", ".join(f"{name} {100 * value:.0f} percent" for name, value in parts)
