"""Judge an answer: say that it is right, or what is off, but not the right answer."""

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Shares may be rounded to whole percent.
_TOLERANCE = 0.006
_COLORS = {True: "#2e7d32", False: "#c77700", None: "#808080"}


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check says about an answer; a notebook shows it below the cell.

    Attributes
    ----------
    is_right : bool, optional
        Whether the answer is right; None if there is none yet.
    message : str
        One or two sentences for the learner.
    """

    is_right: bool | None
    message: str

    def __repr__(self) -> str:
        return self.message

    def _repr_html_(self) -> str:
        style = f"border-left: 4px solid {_COLORS[self.is_right]}; padding: 2px 10px"
        return f'<div style="{style}">{html.escape(self.message)}</div>'


def right(reason: str) -> Verdict:
    """Return the verdict on a right answer, with what it means."""
    return Verdict(True, f"Right. {reason}")


def not_yet(hint: str) -> Verdict:
    """Return the verdict on an answer that is off, with what to think about."""
    return Verdict(False, f"Not yet. {hint}")


def judge(
    answer: object,
    expected: ArrayLike,
    reason: str,
    slips: Mapping[str, ArrayLike],
    *,
    within: float | None = None,
) -> Verdict:
    """Judge a number or an array of numbers.

    Parameters
    ----------
    answer : object
        What the learner computed.
    expected : array_like
        The right answer.
    reason : str
        What the right answer means, to be told with it.
    slips : mapping of str to array_like
        Answers of common mistakes, by what to tell a learner who makes them.
    within : float, optional
        The largest difference that counts as equal. By default, 0 for whole numbers, and enough to
        round a share to whole percent otherwise.

    Returns
    -------
    Verdict
        Right; or the text of the slip with the same value; or the type, the shape, the percent
        sign, or the direction that is off.

    Examples
    --------
    >>> judge(0.5, 0.25, "A quarter.", {"That is a half.": 0.5})
    Not yet. That is a half.
    >>> judge(25, 0.25, "A quarter.", {})
    Not yet. Give a share from 0 to 1 instead of a percentage.
    """
    wanted = np.asarray(expected)
    if within is None:
        within = 0.0 if np.issubdtype(wanted.dtype, np.integer) else _TOLERANCE
    try:
        given = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        kind = "a number" if wanted.ndim == 0 else "numbers"
        return not_yet(f"Expected {kind}, got {type(answer).__name__}.")
    if _equal(given, wanted, within):
        return right(reason)
    for hint, value in slips.items():
        if _equal(given, np.asarray(value), within):
            return not_yet(hint)
    return not_yet(_difference(given, wanted, within))


def _equal(given: NDArray, wanted: NDArray, within: float) -> bool:
    is_close = given.shape == wanted.shape and np.allclose(
        given, wanted, rtol=within / 2, atol=within, equal_nan=True
    )
    return bool(is_close)


def _difference(given: NDArray, wanted: NDArray, within: float) -> str:
    """Say how an answer differs, without the value that it should have."""
    if given.shape != wanted.shape:
        return f"Expected an answer of shape {wanted.shape}, got {given.shape}."
    if within and _equal(given / 100, wanted, within):
        return "Give a share from 0 to 1 instead of a percentage."
    if wanted.ndim:
        off = ~np.isclose(given, wanted, rtol=within / 2, atol=within, equal_nan=True)
        return f"{off.sum()} of {off.size} values are off."
    if np.isnan(given):
        return "Your answer is not a number."
    return f"Your answer is too {'high' if given > wanted else 'low'}."
