"""Probabilities that mean what they say: temperature scaling, and when to call a face uncertain."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import DataError

BINS = 15
# Above the threshold, so many of the faces are named rightly.
ACCEPTED_ACCURACY = 0.75

_TEMPERATURES = (0.1, 10.0)
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Calibration:
    """What a model needs for its probabilities to be believed; found on PublicTest.

    Attributes
    ----------
    temperature : float
        What the scores before the softmax are divided by; above 1 the network was too sure.
    error_before, error_after : float
        Expected calibration error without and with it, 0 to 1.
    uncertain_below : float
        A face whose top probability is lower counts as uncertain, 0 to 1.
    certain_share : float
        Share of faces that are not uncertain, 0 to 1.
    """

    temperature: float
    error_before: float
    error_after: float
    uncertain_below: float
    certain_share: float


def calibrate(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    accepted_accuracy: float = ACCEPTED_ACCURACY,
) -> Calibration:
    """Fit a temperature (Guo et al. 2017) and the threshold of certainty.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        What the network says of PublicTest.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    accepted_accuracy : float
        Share of right answers wanted among the faces that are not uncertain, 0 to 1.

    Returns
    -------
    Calibration
        The temperature is the one with the least negative log-likelihood.

    Raises
    ------
    DataError
        If there are no faces, or not as many labels.
    """
    from scipy.optimize import minimize_scalar  # Slow to import, and no prediction needs it.

    _require_pairs(probabilities, labels)

    def loss(log_temperature: float) -> float:
        heated = at_temperature(probabilities, float(np.exp(log_temperature)))
        right = heated[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(right, _SMALLEST)).mean())

    low, high = np.log(_TEMPERATURES)
    temperature = float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))
    calibrated = at_temperature(probabilities, temperature)
    threshold = _certain_from(coverage_curve(calibrated, labels), accepted_accuracy)
    return Calibration(
        temperature=temperature,
        error_before=calibration_error(probabilities, labels),
        error_after=calibration_error(calibrated, labels),
        uncertain_below=threshold,
        certain_share=float((calibrated.max(axis=1) >= threshold).mean()),
    )


def at_temperature(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    """Return the probabilities that scores divided by `temperature` give.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        At temperature 1.
    temperature : float
        Above 1 makes them more alike, below 1 less.

    Returns
    -------
    ndarray of float64, shape (n, 7)
        Each row sums to 1.

    Examples
    --------
    >>> at_temperature(np.array([[0.8, 0.2]]), 0.5).round(3)
    array([[0.941, 0.059]])
    """
    # The logarithm of a probability is its score, up to what the softmax takes out again.
    scores = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST)) / temperature
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def reliability(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], *, bins: int = BINS
) -> pd.DataFrame:
    """Return, for faces of like confidence, how often the network is right.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Of the seven emotions.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    bins : int
        Equal parts that the confidence, 0 to 1, is cut into.

    Returns
    -------
    DataFrame
        One row for each part that has faces: its ``count``, mean ``confidence`` and ``accuracy``.

    Raises
    ------
    DataError
        If there are no faces, or not as many labels.
    """
    _require_pairs(probabilities, labels)
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    part = np.minimum((confidence * bins).astype(int), bins - 1)
    table = pd.DataFrame({"part": part, "confidence": confidence, "accuracy": right})
    grouped = table.groupby("part")
    return grouped.mean().assign(count=grouped.size()).reset_index(drop=True)


def calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], *, bins: int = BINS
) -> float:
    """Return the expected calibration error (Naeini et al. 2015), 0 to 1.

    It is the mean gap between confidence and accuracy over the parts of `reliability`, each
    weighted with its faces; parameters and errors are those of `reliability`.
    """
    parts = reliability(probabilities, labels, bins=bins)
    gaps = (parts["confidence"] - parts["accuracy"]).abs()
    return float(np.average(gaps, weights=parts["count"]))


def coverage_curve(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer]
) -> pd.DataFrame:
    """Return how accurate the network is on the faces it is surest of.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Of the seven emotions.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.

    Returns
    -------
    DataFrame
        One row for each face, the surest first: the ``confidence`` down to which faces are
        accepted, the ``coverage`` (share of faces accepted) and the ``accuracy`` on these.

    Raises
    ------
    DataError
        If there are no faces, or not as many labels.
    """
    _require_pairs(probabilities, labels)
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order]
    accepted = np.arange(1, len(labels) + 1)
    return pd.DataFrame(
        {
            "confidence": confidence[order],
            "coverage": accepted / len(labels),
            "accuracy": right.cumsum() / accepted,
        }
    )


def _certain_from(curve: pd.DataFrame, accuracy: float) -> float:
    """Return the lowest confidence from which the accuracy is reached; the highest if never."""
    reached = curve.loc[curve["accuracy"] >= accuracy, "confidence"]
    return float(curve["confidence"].iloc[0] if reached.empty else reached.iloc[-1])


def _require_pairs(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    if len(probabilities) != len(labels) or not len(labels):
        raise DataError(
            f"expected as many probabilities as labels, and at least one, "
            f"got {len(probabilities)} and {len(labels)}"
        )
