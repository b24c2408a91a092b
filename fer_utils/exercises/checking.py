"""Find the check of an exercise by its name."""

from collections.abc import Callable
from typing import Any

from fer_utils.exercises import data_exercises as data
from fer_utils.exercises import model_exercises as model
from fer_utils.exercises import vision_exercises as vision
from fer_utils.exercises.verdict import Verdict

_CHECKS: dict[str, Callable[..., Verdict]] = {
    "01-majority": data.check_majority,
    "01-copies": data.check_copies,
    "02-neighbors": data.check_neighbors,
    "02-blend": data.check_blend,
    "02-leak": data.check_leak,
    "03-shown": model.check_shown,
    "03-best": model.check_best,
    "03-temperature": model.check_temperature,
    "04-interval": model.check_interval,
    "04-recall": model.check_recall,
    "04-threshold": model.check_threshold,
    "05-share": vision.check_share,
    "05-seconds": vision.check_seconds,
    "06-rate": vision.check_rate,
    "06-smoothing": vision.check_smoothing,
    "07-corruption": vision.check_corruption,
    "07-evidence": vision.check_evidence,
    "07-rise": vision.check_rise,
}


def check(name: str, answer: object, *about: Any) -> Verdict:
    """Check the answer to an exercise of a notebook.

    Parameters
    ----------
    name : str
        The exercise, such as ``02-neighbors``: the notebook and a word.
    answer : object
        Your answer; ``...`` if you have none yet.
    *about
        What the exercise is about, as its cell passes it: the right answer is computed from it.

    Returns
    -------
    Verdict
        Whether the answer is right, and what is off otherwise; displays as text.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> leaked, honest = 0.5, 0.5
    >>> check("01-copies", ..., leaked, honest)
    Exercise 01-copies: replace the dots (...) and run the cell again.
    >>> check("01-copies", 0.5, leaked, honest)
    Not yet. That is the accuracy on the faces without a copy, but the copies are scored, too.
    """
    if name not in _CHECKS:
        raise ValueError(f"no exercise {name!r}: expected one of {', '.join(_CHECKS)}")
    if answer is ...:
        return Verdict(None, f"Exercise {name}: replace the dots (...) and run the cell again.")
    return _CHECKS[name](answer, *about)
