"""Calibrate probabilities, and decide below which of them a face counts as uncertain."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import DataError

if TYPE_CHECKING:
    import pandas as pd

BINS = 15
# Target accuracy on the faces above the certainty threshold.
ACCEPTED_ACCURACY = 0.75

_SMALLEST = 1e-12


@dataclass(frozen=True)
class Calibration:
    """Temperature and certainty threshold of a model, fitted on PublicTest.

    Attributes
    ----------
    temperature : float
        Divisor of the logits; above 1 if the network was overconfident.
    error_before, error_after : float
        Expected calibration error before and after calibration, 0 to 1.
    uncertain_below : float
        A face whose top probability is lower counts as uncertain, 0 to 1.
    certain_share : float
        Share of the faces that do not count as uncertain, 0 to 1.
    """

    temperature: float
    error_before: float
    error_after: float
    uncertain_below: float
    certain_share: float


def calibrate(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Calibration:
    """Fit the temperature (Guo et al. 2017) and the certainty threshold.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predictions for PublicTest.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.

    Returns
    -------
    Calibration
        The temperature minimizes the negative log-likelihood.

    Raises
    ------
    DataError
        If there are no faces, or the two lengths differ.
    """
    from scipy.optimize import minimize_scalar  # slow, and not needed for predictions

    error_before = calibration_error(probabilities, labels)

    def loss(log_temperature: float) -> float:
        scaled = at_temperature(probabilities, float(np.exp(log_temperature)))
        likelihoods = scaled[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(likelihoods, _SMALLEST)).mean())

    best = minimize_scalar(loss, bounds=np.log([0.1, 10.0]), method="bounded").x
    temperature = float(np.exp(best))
    calibrated = at_temperature(probabilities, temperature)
    curve = coverage_curve(calibrated, labels)
    reached = curve.loc[curve["accuracy"] >= ACCEPTED_ACCURACY, "confidence"]
    # The lowest confidence with the target accuracy; the highest of all if there is none.
    threshold = float(curve["confidence"].iloc[0] if reached.empty else reached.iloc[-1])
    return Calibration(
        temperature=temperature,
        error_before=error_before,
        error_after=calibration_error(calibrated, labels),
        uncertain_below=threshold,
        certain_share=float((calibrated.max(axis=1) >= threshold).mean()),
    )


def at_temperature(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    """Rescale probabilities as if the logits had been divided by a temperature.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Probabilities at temperature 1.
    temperature : float
        Above 1 flattens the probabilities; below 1 sharpens them.

    Returns
    -------
    ndarray of float64, shape (n, 7)
        Each row sums to 1.

    Examples
    --------
    >>> at_temperature(np.array([[0.8, 0.2]]), 0.5).round(3)
    array([[0.941, 0.059]])
    """
    # The log of a probability is its logit, up to a constant that the softmax cancels.
    scores = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST)) / temperature
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def reliability(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> "pd.DataFrame":
    """Return the accuracy on faces grouped by confidence, in `BINS` equal intervals from 0 to 1.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predicted probabilities.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.

    Returns
    -------
    DataFrame
        One row per interval with faces: ``count``, mean ``confidence``, and ``accuracy``.

    Raises
    ------
    DataError
        If there are no faces, or the two lengths differ.
    """
    import pandas as pd

    _require_pairs(probabilities, labels)
    confidence = probabilities.max(axis=1).astype(np.float64)
    is_correct = probabilities.argmax(axis=1) == labels
    interval = np.minimum((confidence * BINS).astype(int), BINS - 1)
    table = pd.DataFrame({"interval": interval, "confidence": confidence, "accuracy": is_correct})
    grouped = table.groupby("interval")
    return grouped.mean().assign(count=grouped.size()).reset_index(drop=True)


def calibration_error(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the expected calibration error (Naeini et al. 2015), 0 to 1.

    It is the mean gap between confidence and accuracy over the intervals of `reliability`,
    weighted by their numbers of faces. Parameters and errors are those of `reliability`.
    """
    table = reliability(probabilities, labels)
    gaps = (table["confidence"] - table["accuracy"]).abs()
    return float(np.average(gaps, weights=table["count"]))


def coverage_curve(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer]
) -> "pd.DataFrame":
    """Return the accuracy on the most confident faces, for every number of them.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predicted probabilities.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.

    Returns
    -------
    DataFrame
        One row per face, the most confident first: the lowest ``confidence`` that is accepted,
        the ``coverage`` (share of accepted faces), and the ``accuracy`` on them.

    Raises
    ------
    DataError
        If there are no faces, or the two lengths differ.
    """
    import pandas as pd

    _require_pairs(probabilities, labels)
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    is_correct = (probabilities.argmax(axis=1) == labels)[order]
    accepted = np.arange(1, len(labels) + 1)
    return pd.DataFrame(
        {
            "confidence": confidence[order],
            "coverage": accepted / len(labels),
            "accuracy": is_correct.cumsum() / accepted,
        }
    )


def _require_pairs(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    if len(probabilities) != len(labels) or not len(labels):
        raise DataError(
            f"expected at least one face, and one label per face, "
            f"got probabilities for {len(probabilities)} faces and {len(labels)} labels"
        )
