"""Compare two training methods with a paired bootstrap over faces and seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import BINS
from fer_utils.model.metrics import Estimate, estimate_from, figures_of

FIGURES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "recall_disgust",
    "recall_fear",
    "calibration_error",
)


@dataclass(frozen=True)
class Comparison:
    """Figures of a training method, and their differences from another one.

    Attributes
    ----------
    figures : dict of str to Estimate
        Each of `FIGURES`, averaged over the seeds, 0 to 1.
    differences : dict of str to Estimate
        The same figures minus those of the other method.
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
    """Estimate the figures of a training method and its gains over another one.

    Each resample draws faces and seeds with replacement, the same ones for both methods: hard
    faces and lucky seeds cancel out in the difference (Efron 1979, percentile intervals).

    Parameters
    ----------
    probabilities : sequence of ndarray of float, each of shape (n, 7)
        Predictions of one network per seed.
    base : sequence of ndarray of float, each of shape (n, 7)
        Predictions of the method to compare with, in the same order of seeds.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    resamples : int
        Number of bootstrap draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    Comparison
        Figures and differences with 95% intervals.

    Raises
    ------
    ValueError
        If the methods differ in the number of seeds, or faces and labels in their number.
    """
    check_seeds(probabilities, base)
    shapes = {np.shape(predicted) for predicted in (*probabilities, *base)}
    if shapes != {(len(labels), len(EMOTIONS))}:
        raise ValueError(f"expected probabilities of shape {(len(labels), 7)}, got {shapes}")
    faces, seeds = draw(len(labels), len(probabilities), resamples=resamples, seed=seed)
    own, other = (
        drawn_figures(predicted, labels, faces, seeds) for predicted in (probabilities, base)
    )
    gains = {name: own[name] - other[name] for name in FIGURES}
    figures, differences = (
        {name: estimate_from(drawn[0], drawn[1:]) for name, drawn in found.items()}
        for found in (own, gains)
    )
    return Comparison(figures, differences)


def check_seeds(runs: Sequence[object], base: Sequence[object]) -> None:
    """Raise a ValueError unless two methods have the same number of seeds, at least one."""
    if not runs or len(runs) != len(base):
        raise ValueError(
            f"expected the same number of seeds for both methods, at least one, "
            f"got {len(runs)} and {len(base)}"
        )


def draw(
    faces: int, seeds: int, *, resamples: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Draw faces and seeds with replacement.

    Parameters
    ----------
    faces, seeds : int
        Number of faces and seeds, both in total and per resample.
    resamples : int
        Number of resamples.
    seed : int
        Seed of the draws.

    Returns
    -------
    tuple of ndarray, shapes (1 + resamples, faces) and (1 + resamples, seeds)
        Number of times that each face was drawn, and indices of the drawn seeds. Before all
        resamples, every face and seed once: the figures themselves.
    """
    random = np.random.default_rng(seed)
    counts = random.multinomial(faces, np.full(faces, 1 / faces), resamples)
    drawn = random.integers(seeds, size=(resamples, seeds))
    return np.vstack([np.ones(faces), counts]), np.vstack([np.arange(seeds), drawn])


def drawn_figures(
    probabilities: Sequence[NDArray[np.floating]],
    labels: NDArray[np.integer],
    faces: NDArray[np.float64],
    seeds: NDArray[np.intp],
) -> dict[str, NDArray[np.floating]]:
    """Return the figures of each resample, averaged over the drawn seeds.

    Parameters
    ----------
    probabilities : sequence of ndarray of float, each of shape (n, 7)
        Predictions of one network per seed.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    faces, seeds : ndarray
        Output of `draw`.

    Returns
    -------
    dict of str to ndarray of float, shape (resamples,)
        Each of `FIGURES`; NaN if an emotion was not drawn.
    """
    by_seed = [_figures_of_seed(predicted, labels, faces) for predicted in probabilities]
    return {
        name: average_seeds(np.stack([figures[name] for figures in by_seed], axis=1), seeds)
        for name in FIGURES
    }


def average_seeds(values: NDArray[np.floating], seeds: NDArray[np.intp]) -> NDArray[np.floating]:
    """Return the mean over the drawn seeds of each resample.

    Parameters
    ----------
    values : ndarray of float, shape (resamples, seeds)
        A figure of each resample and seed.
    seeds : ndarray of int, shape (resamples, seeds)
        Output of `draw`.

    Returns
    -------
    ndarray of float, shape (resamples,)
        In the unit of `values`.
    """
    return np.take_along_axis(values, seeds, axis=1).mean(axis=1)


def percentage_points(difference: Estimate) -> str:
    """Return a difference in percentage points, such as ``+1.2 (+0.1 to +2.3)``."""
    value, low, high = (f"{100 * part:+.1f}" for part in vars(difference).values())
    return f"{value} ({low} to {high})"


def _figures_of_seed(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], drawn: NDArray[np.float64]
) -> dict[str, NDArray[np.floating]]:
    classes = len(EMOTIONS)
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    cells = np.eye(classes**2)[labels.astype(np.intp) * classes + predicted]
    confusion = (drawn @ cells).reshape(-1, classes, classes)
    # Same as `calibration_error`: gaps between confidence and accuracy, binned by confidence.
    part = np.minimum((confidence.astype(np.float64) * BINS).astype(int), BINS - 1)
    gaps = np.eye(BINS)[part] * (confidence - (predicted == labels))[:, None]
    error = np.abs(drawn @ gaps).sum(axis=1) / drawn.sum(axis=1)
    return figures_of(confusion) | {"calibration_error": error}
