"""Calibrate probabilities, and decide below which of them a face counts as uncertain."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import DataError
from fer_utils.emotions import EMOTIONS

if TYPE_CHECKING:
    import pandas as pd

BINS = 15
# Target accuracy on the faces above the certainty threshold.
ACCEPTED_ACCURACY = 0.75

# Labels (n,), 0 to 6, or the share of each emotion among the votes for a face (n, 7).
Targets = NDArray[np.integer] | NDArray[np.floating]

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


def calibrate(probabilities: NDArray[np.floating], targets: Targets) -> Calibration:
    """Fit the temperature (Guo et al. 2017) and the certainty threshold.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predictions for PublicTest.
    targets : ndarray of int, shape (n,), or of float, shape (n, 7)
        True labels, or the shares of votes.

    Returns
    -------
    Calibration
        The temperature minimizes the cross-entropy.

    Raises
    ------
    DataError
        If there are no faces, or the two lengths differ.
    """
    from scipy.optimize import minimize_scalar  # slow, and not needed for predictions

    error_before = calibration_error(probabilities, targets)
    shares = _as_shares(targets)

    def loss(log_temperature: float) -> float:
        scaled = at_temperature(probabilities, float(np.exp(log_temperature)))
        return float(-(shares * np.log(np.maximum(scaled, _SMALLEST))).sum(axis=1).mean())

    best = minimize_scalar(loss, bounds=np.log([0.1, 10.0]), method="bounded").x
    temperature = float(np.exp(best))
    calibrated = at_temperature(probabilities, temperature)
    threshold, certain_share = find_threshold(calibrated, targets, accepted=ACCEPTED_ACCURACY)
    return Calibration(
        temperature=temperature,
        error_before=error_before,
        error_after=calibration_error(calibrated, targets),
        uncertain_below=threshold,
        certain_share=certain_share,
    )


def find_threshold(
    probabilities: NDArray[np.floating], targets: Targets, *, accepted: float
) -> tuple[float, float]:
    """Find the lowest confidence at which the faces above it have an accuracy.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Calibrated predictions for PublicTest.
    targets : ndarray of int, shape (n,), or of float, shape (n, 7)
        True labels, or the shares of votes.
    accepted : float
        The accuracy, 0 to 1.

    Returns
    -------
    tuple of float
        The confidence, the highest of all if none has the accuracy, and the share of the faces
        with at least this confidence.
    """
    curve = coverage_curve(probabilities, targets)
    reached = curve.loc[curve["accuracy"] >= accepted, "confidence"]
    threshold = float(curve["confidence"].iloc[0] if reached.empty else reached.iloc[-1])
    return threshold, float((probabilities.max(axis=1) >= threshold).mean())


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


def reliability(probabilities: NDArray[np.floating], targets: Targets) -> "pd.DataFrame":
    """Return the accuracy on faces grouped by confidence, in `BINS` equal intervals from 0 to 1.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predicted probabilities.
    targets : ndarray of int, shape (n,), or of float, shape (n, 7)
        True labels, or the shares of votes.

    Returns
    -------
    DataFrame
        One row per interval with faces: ``count``, mean ``confidence``, and ``accuracy``, which
        is the mean share of votes for the prediction if the targets are shares.

    Raises
    ------
    DataError
        If there are no faces, or the two lengths differ.
    """
    import pandas as pd

    agreement = _agreement(probabilities, targets)
    confidence = probabilities.max(axis=1).astype(np.float64)
    interval = np.minimum((confidence * BINS).astype(int), BINS - 1)
    table = pd.DataFrame({"interval": interval, "confidence": confidence, "accuracy": agreement})
    grouped = table.groupby("interval")
    return grouped.mean().assign(count=grouped.size()).reset_index(drop=True)


def calibration_error(probabilities: NDArray[np.floating], targets: Targets) -> float:
    """Return the expected calibration error (Naeini et al. 2015), 0 to 1.

    It is the mean gap between confidence and accuracy over the intervals of `reliability`,
    weighted by their numbers of faces. Parameters and errors are those of `reliability`.
    """
    return mean_gap(reliability(probabilities, targets))


def mean_gap(bins: "pd.DataFrame") -> float:
    """Return the mean gap between confidence and accuracy in the output of `reliability`."""
    gaps = (bins["confidence"] - bins["accuracy"]).abs()
    return float(np.average(gaps, weights=bins["count"]))


def coverage_curve(probabilities: NDArray[np.floating], targets: Targets) -> "pd.DataFrame":
    """Return the accuracy on the most confident faces, for every number of them.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predicted probabilities.
    targets : ndarray of int, shape (n,), or of float, shape (n, 7)
        True labels, or the shares of votes.

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

    agreement = _agreement(probabilities, targets)
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    accepted = np.arange(1, len(order) + 1)
    return pd.DataFrame(
        {
            "confidence": confidence[order],
            "coverage": accepted / len(order),
            "accuracy": agreement[order].cumsum() / accepted,
        }
    )


def _as_shares(targets: Targets) -> NDArray[np.floating]:
    """Return shares (n, 7); a label counts as votes of everybody."""
    return np.asarray(targets if targets.ndim == 2 else np.eye(len(EMOTIONS))[targets], dtype=float)


def _agreement(probabilities: NDArray[np.floating], targets: Targets) -> NDArray[np.floating]:
    """Return how much the targets agree with each prediction, 0 to 1; 0 or 1 for labels."""
    if len(probabilities) != len(targets) or not len(targets):
        raise DataError(
            f"expected at least one face, and one label or row of votes per face, "
            f"got probabilities for {len(probabilities)} faces and {len(targets)} labels"
        )
    predicted = probabilities.argmax(axis=1)
    return _as_shares(targets)[np.arange(len(predicted)), predicted]
