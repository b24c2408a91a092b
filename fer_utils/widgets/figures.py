"""Format probabilities and times for the page and for screen readers."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS


def timeline_as_json(timeline: NDArray[np.float32]) -> list[list[float | None]]:
    """Return a timeline for the page, with None for NaN, which JSON lacks.

    Parameters
    ----------
    timeline : ndarray of float32, shape (7, n)
        Probabilities, 0 to 1; NaN where the face is not in the picture.
    """
    return [
        [None if np.isnan(value) else round(float(value), 3) for value in values]
        for values in timeline
    ]


def times_as_json(seconds: Mapping[str, float], label: Callable[[float], str]) -> dict[str, Any]:
    """Return the time of each emotion with its share of the sum, and the longest, for the page.

    Parameters
    ----------
    seconds : mapping of str to float
        Seconds by emotion.
    label : callable
        Formats seconds.
    """
    total = sum(seconds.values()) or 1.0
    return {
        "times": [
            {"share": round(time / total, 4), "time": label(time)} for time in seconds.values()
        ],
        "most": max(seconds, key=seconds.__getitem__) if any(seconds.values()) else None,
    }


def spoken_probabilities(probabilities: NDArray[np.floating]) -> str:
    """Return seven probabilities as text, such as ``angry 1 percent, disgust 0 percent, …``."""
    parts = zip(EMOTIONS, probabilities, strict=True)
    return ", ".join(f"{name} {100 * value:.0f} percent" for name, value in parts)
