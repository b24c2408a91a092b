"""Compare two ways of training on the same faces: a paired bootstrap over faces and seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import BINS
from fer_utils.model.metrics import CONFIDENCE, Estimate, figures_of

FIGURES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "recall_disgust",
    "recall_fear",
    "calibration_error",
)


@dataclass(frozen=True)
class Draws:
    """What a bootstrap draws, the same for everything that is compared.

    Attributes
    ----------
    faces : ndarray of float64, shape (resamples, n)
        How often each face was drawn; every row sums to n.
    seeds : ndarray of intp, shape (resamples, s)
        The seeds drawn, as indices.
    """

    faces: NDArray[np.float64]
    seeds: NDArray[np.intp]


@dataclass(frozen=True)
class Comparison:
    """The figures of one way of training, and what they differ by from another's.

    Attributes
    ----------
    figures : dict of str to Estimate
        `FIGURES` by name, each the mean over the seeds, 0 to 1.
    differences : dict of str to Estimate
        The same, less the other's.
    """

    figures: dict[str, Estimate]
    differences: dict[str, Estimate]


def compare_paired(
    probabilities: Sequence[NDArray[np.floating]],
    base: Sequence[NDArray[np.floating]],
    labels: NDArray[np.integer],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Estimate the figures of a way of training and what it gains over another.

    Each resample draws faces and seeds with replacement, the same ones for both ways: what makes a
    face hard, or a seed lucky, cancels out of the difference (Efron 1979, percentile intervals).

    Parameters
    ----------
    probabilities : sequence of ndarray of float, each of shape (n, 7)
        What the networks say of the faces, one network for each seed.
    base : sequence of ndarray of float, each of shape (n, 7)
        The same of the way it is compared with, in the same order of seeds.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    resamples : int
        Bootstrap draws.
    seed : int
        What the draws start from.

    Returns
    -------
    Comparison
        With 95% intervals.

    Raises
    ------
    ValueError
        If the two have not as many seeds, or not as many faces as there are labels.
    """
    shapes = {np.shape(said) for said in (*probabilities, *base)}
    if not probabilities or len(probabilities) != len(base):
        raise ValueError(
            f"expected as many seeds of both, and at least one, "
            f"got {len(probabilities)} and {len(base)}"
        )
    if shapes != {(len(labels), len(EMOTIONS))}:
        raise ValueError(f"expected probabilities of shape {(len(labels), 7)}, got {shapes}")
    draws = draw(len(labels), len(probabilities), resamples=resamples, seed=seed)
    # Drawing nothing at random gives the figures themselves.
    whole = Draws(np.ones((1, len(labels))), np.arange(len(probabilities))[None])
    own, other = (
        [drawn_figures(said, labels, of) for of in (whole, draws)] for said in (probabilities, base)
    )
    return Comparison(
        figures={name: _estimate(own[0][name], own[1][name]) for name in FIGURES},
        differences={
            name: _estimate(own[0][name] - other[0][name], own[1][name] - other[1][name])
            for name in FIGURES
        },
    )


def draw(faces: int, seeds: int, *, resamples: int, seed: int) -> Draws:
    """Draw so many faces and seeds with replacement, again and again.

    Parameters
    ----------
    faces, seeds : int
        How many there are of each.
    resamples : int
        How often.
    seed : int
        What the draws start from.

    Returns
    -------
    Draws
        Of the faces and the seeds.
    """
    random = np.random.default_rng(seed)
    counts = random.multinomial(faces, np.full(faces, 1 / faces), resamples)
    return Draws(counts.astype(np.float64), random.integers(seeds, size=(resamples, seeds)))


def drawn_figures(
    probabilities: Sequence[NDArray[np.floating]], labels: NDArray[np.integer], draws: Draws
) -> dict[str, NDArray[np.floating]]:
    """Return the figures of each resample, the mean over the seeds drawn.

    Parameters
    ----------
    probabilities : sequence of ndarray of float, each of shape (n, 7)
        One for each seed.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    draws : Draws
        The resamples.

    Returns
    -------
    dict of str to ndarray of float, shape (resamples,)
        `FIGURES` by name; NaN where an emotion was not drawn at all.
    """
    by_seed = [_figures_of_seed(said, labels, draws.faces) for said in probabilities]
    return {
        name: np.take_along_axis(
            np.stack([figures[name] for figures in by_seed], axis=1), draws.seeds, axis=1
        ).mean(axis=1)
        for name in FIGURES
    }


def _figures_of_seed(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], drawn: NDArray[np.float64]
) -> dict[str, NDArray[np.floating]]:
    classes = len(EMOTIONS)
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    cells = np.eye(classes**2)[labels.astype(np.intp) * classes + predicted]
    confusion = (drawn @ cells).reshape(-1, classes, classes)
    # As `calibration_error`: the gaps between confidence and accuracy of faces of like confidence.
    part = np.minimum((confidence.astype(np.float64) * BINS).astype(int), BINS - 1)
    gaps = np.eye(BINS)[part] * (confidence - (predicted == labels))[:, None]
    error = np.abs(drawn @ gaps).sum(axis=1) / drawn.sum(axis=1)
    return figures_of(confusion) | {"calibration_error": error}


def _estimate(value: NDArray[np.floating], drawn: NDArray[np.floating]) -> Estimate:
    tail = (1 - CONFIDENCE) / 2
    # A rare emotion may have no face in a draw.
    return Estimate(float(value[0]), *map(float, np.nanquantile(drawn, [tail, 1 - tail])))
