"""Adapt probabilities to how frequent each emotion is where they are used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fer_utils.data.faces import Faces
from fer_utils.data.votes import find_winners, vote_shares
from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import Calibration, at_temperature, calibrate, find_threshold
from fer_utils.model.metrics import compute_metrics

PriorName = Literal["crowd", "balanced", "even"]
PRIORS: tuple[PriorName, ...] = get_args(PriorName)
DEFAULT_PRIOR: PriorName = "balanced"

# Target accuracy on the faces above the certainty threshold, for models that agree with people
# more often than one person does.
ACCEPTED_BY_PEOPLE = 0.9

_SMALLEST = 1e-12
_LEAST_SHARE = 1e-4  # of an emotion that nobody voted for, because it is divided by
_CANDIDATES = np.linspace(0, 1, 21).round(2)


@dataclass(frozen=True)
class Prior:
    """How often the training votes named each emotion, and how much of that to divide out.

    Photographs on the web mostly look neutral or happy; somebody who acts anger in front of a
    camera does not. The network learns the frequencies of its training faces. Dividing its
    probabilities by a power of them adapts it to other uses (Saerens et al. 2002; Menon et al.
    2021).

    Attributes
    ----------
    shares : tuple of seven floats
        Frequency of each emotion among the votes on Training; they sum to 1.
    learned : tuple of seven floats
        The same after balancing: the frequencies that the network learned.
    balanced_power : float
        The power with the best macro-F1 on PublicTest, 0 to 1.
    """

    shares: tuple[float, ...]
    learned: tuple[float, ...]
    balanced_power: float

    def __post_init__(self) -> None:
        for name in ("shares", "learned"):
            values = getattr(self, name)
            if len(values) != len(EMOTIONS) or not min(values) > 0:
                raise ValueError(f"expected {len(EMOTIONS)} positive {name}, got {values}")
        if not 0 <= self.balanced_power <= 1:
            raise ValueError(f"expected a power from 0 to 1, got {self.balanced_power}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Prior":
        """Return the prior of a card: the fields by name, with lists in place of tuples."""
        return cls(tuple(values["shares"]), tuple(values["learned"]), values["balanced_power"])

    @property
    def surplus(self) -> NDArray[np.float64]:
        """How much more frequent balancing made each emotion, shape (7,); all 1 without it."""
        return np.divide(self.learned, self.shares)

    def power(self, name: str) -> float:
        """Return the power of the frequencies that probabilities are divided by.

        Parameters
        ----------
        name : {"crowd", "balanced", "even"}
            0 for ``crowd``: as frequent as people see them in FER-2013; `balanced_power` for
            ``balanced``; 1 for ``even``: all equally frequent, as in acting practice.

        Raises
        ------
        ValueError
            If the name is unknown.
        """
        require_prior(name)
        return {"crowd": 0.0, "balanced": self.balanced_power, "even": 1.0}[name]

    def convert(
        self, probabilities: NDArray[np.floating], *, given: str = "crowd", wanted: str
    ) -> NDArray[np.float32]:
        """Return probabilities under another prior.

        Parameters
        ----------
        probabilities : ndarray of float, shape (..., 7)
            Probabilities under the prior `given`.
        given, wanted : {"crowd", "balanced", "even"}
            The prior of the probabilities, and the one to convert to.

        Returns
        -------
        ndarray of float32, shape (..., 7)
            Each row sums to 1.

        Examples
        --------
        >>> crowd = (0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4)
        >>> prior = Prior(shares=crowd, learned=crowd, balanced_power=0.5)
        >>> bool(np.allclose(prior.convert(np.array(crowd), wanted="even"), 1 / 7))
        True
        """
        return divide_by(probabilities, self.divisors(given=given, wanted=wanted))

    def divisors(self, *, given: str = "crowd", wanted: str) -> NDArray[np.float64]:
        """Return what `convert` divides the probabilities by, shape (7,)."""
        return np.power(np.array(self.shares), self.power(wanted) - self.power(given))


def require_prior(name: str) -> None:
    """Raise a ValueError unless this is the name of a prior."""
    if name not in PRIORS:
        raise ValueError(f"unknown prior {name!r}: expected one of {', '.join(PRIORS)}")


def divide_by(probabilities: NDArray[np.floating], divisors: ArrayLike) -> NDArray[np.float32]:
    """Divide probabilities (..., 7) by positive numbers (7,), so that they sum to 1 again."""
    divided = np.maximum(probabilities, _SMALLEST) / np.asarray(divisors)
    return (divided / divided.sum(axis=-1, keepdims=True)).astype(np.float32)


def learned_prior(training: Faces) -> Prior:
    """Return the prior of faces to learn from, before its balanced power is chosen.

    Parameters
    ----------
    training : Faces
        Training faces with votes, balanced or not.

    Returns
    -------
    Prior
        With a power of 0.
    """
    shares, weights = vote_shares(training.votes), training.weights.astype(np.float64)
    crowd = shares[~training.is_synthetic].mean(axis=0, dtype=np.float64)
    learned = np.average(shares, axis=0, weights=weights)
    crowd, learned = (np.maximum(each, _LEAST_SHARE) for each in (crowd, learned))
    return Prior(tuple(crowd.tolist()), tuple(learned.tolist()), balanced_power=0.0)


def calibrate_to_people(
    probabilities: NDArray[np.floating], validation: Faces, prior: Prior
) -> tuple[Calibration, Prior]:
    """Fit a model to what people see: its temperature, the balanced prior, and its threshold.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predictions of the network, as it was trained, for PublicTest.
    validation : Faces
        PublicTest with votes.
    prior : Prior
        Output of `learned_prior`.

    Returns
    -------
    Calibration
        Under the prior ``crowd``, the temperature minimizes the cross-entropy with the shares of
        the votes. Under ``balanced``, the faces above the threshold have an accuracy of
        `ACCEPTED_BY_PEOPLE`.
    Prior
        With the power that has the best macro-F1, the smallest one of several.

    Raises
    ------
    DataError
        If there are no faces.
    """
    crowd = divide_by(probabilities, prior.surplus)
    calibration = calibrate(crowd, vote_shares(validation.votes))
    crowd = at_temperature(crowd, calibration.temperature)
    winners, _ = find_winners(validation.votes)
    candidates = [replace(prior, balanced_power=float(power)) for power in _CANDIDATES]
    balanced = [each.convert(crowd, wanted="balanced") for each in candidates]
    scores = [compute_metrics(each.argmax(axis=1), winners).macro_f1.value for each in balanced]
    best = int(np.argmax(scores))
    threshold, share = find_threshold(balanced[best], winners, accepted=ACCEPTED_BY_PEOPLE)
    return (
        replace(calibration, uncertain_below=threshold, certain_share=share),
        candidates[best],
    )
