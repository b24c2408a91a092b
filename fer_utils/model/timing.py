"""Time calls."""

import statistics
import time
from collections.abc import Callable


def median_milliseconds(
    call: Callable[[], object], *, repeats: int = 50, at_least_seconds: float = 0.0
) -> float:
    """Return the median wall time of a call, after one call to warm up.

    Parameters
    ----------
    call : callable
        Takes no argument.
    repeats : int
        Number of timed calls.
    at_least_seconds : float
        Keep timing until the calls have taken this long in total.

    Returns
    -------
    float
        Milliseconds.

    Examples
    --------
    >>> median_milliseconds(lambda: time.sleep(0.01), repeats=3) >= 10
    True
    """
    call()
    seconds: list[float] = []
    while len(seconds) < repeats or sum(seconds) < at_least_seconds:
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds)
