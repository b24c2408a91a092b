"""Format probabilities, times, and counts for the page and for screen readers."""

import math
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
    values = timeline.astype(float).round(3).astype(object)
    values[np.isnan(timeline)] = None
    return values.tolist()


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


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``2 faces``, ``1 face`` or ``no face``."""
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def minutes(seconds: int) -> str:
    """Return whole seconds as minutes and seconds, such as ``2:05``."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def video_time(seconds: float, length: float) -> str:
    """Return a time in a video as ``1.5 s``, or ``2:05`` if it has a length of 20 s or more."""
    return f"{seconds:.1f} s" if length < 20 else minutes(round(seconds))


def time_left(seconds: float) -> str:
    """Return the time that remains, such as ``about 12 s left``."""
    if seconds < 60:
        return f"about {max(1, math.ceil(seconds))} s left"
    return f"about {math.ceil(seconds / 60)} min left"
