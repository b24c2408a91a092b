"""Put numbers, times, and errors into words for the page."""

import math
import traceback
from pathlib import Path

# Seconds. Shorter videos get tenths of a second.
_SHORT_VIDEO = 20


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``2 faces``, ``1 face`` or ``no face``."""
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def megabytes(count: int) -> str:
    """Return a number of bytes in megabytes, such as ``31.2 MB``."""
    return f"{count / 1e6:.1f} MB"


def minutes(seconds: int) -> str:
    """Return whole seconds as minutes and seconds, such as ``2:05``."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def video_time(seconds: float, length: float) -> str:
    """Return a time in a video of a given length: ``1.5 s``, or ``2:05`` in a longer one."""
    return f"{seconds:.1f} s" if length < _SHORT_VIDEO else minutes(round(seconds))


def time_left(seconds: float) -> str:
    """Return the time that remains, such as ``about 12 s left``."""
    if seconds < 60:
        return f"about {max(1, math.ceil(seconds))} s left"
    return f"about {math.ceil(seconds / 60)} min left"


def describe_error(error: BaseException) -> str:
    """Return an error in one line, with the place in the code that raised it."""
    places = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(error).__name__}: {error}{place}"


def explain_error(error: Exception) -> str:
    """Return the message of an error written for people; describe any other error."""
    expected = isinstance(error, ValueError | OSError)
    return str(error) if expected and str(error) else describe_error(error)
