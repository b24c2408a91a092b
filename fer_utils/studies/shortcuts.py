"""Measure what two common shortcuts add to the accuracy on PrivateTest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.model.metrics import Estimate, estimate_from
from fer_utils.studies.comparison import average_seeds, check_seeds, draw, percentage_points
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import (
    METHODS,
    SHORTCUTS,
    TRAINING_ONLY,
    WITH_PUBLIC_TEST,
    StudyError,
    StudyRun,
)

BEST_EPOCH = "the epoch chosen on PrivateTest"
MORE_FACES = "PublicTest added to Training"
MORE_FACES_CLEAN = "PublicTest added to Training, faces without a copy in it"
BOTH = "both together"


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What a shortcut adds to the accuracy on PrivateTest.

    Attributes
    ----------
    honest, shortcut : Estimate
        Accuracy without and with the shortcut, averaged over the seeds, 0 to 1.
    difference : Estimate
        The second minus the first.
    by_seed : list of float
        The difference of each seed.
    """

    honest: Estimate
    shortcut: Estimate
    difference: Estimate
    by_seed: list[float]


def gather_shortcuts(folder: StudyFolder) -> dict[str, Gain]:
    """Return `measure_shortcuts` for the seeds whose runs are all complete.

    Raises
    ------
    StudyError
        If there is no such seed.
    """
    done = folder.finished()
    seeds = [
        run.seed
        for run in done
        if run.method == TRAINING_ONLY and StudyRun(method=WITH_PUBLIC_TEST, seed=run.seed) in done
    ]
    if not seeds:
        raise StudyError(
            f"{folder.path} has no seed with finished runs of {' and '.join(METHODS[SHORTCUTS])} "
            "to compare: run the study again to complete it"
        )
    plain, extended = (
        [folder.predictions(StudyRun(method=method, seed=seed)) for seed in seeds]
        for method in (TRAINING_ONLY, WITH_PUBLIC_TEST)
    )
    return measure_shortcuts(plain, extended)


def shortcut_table(gains: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return what shortcuts add to a score as text.

    Parameters
    ----------
    gains : dict
        The ``gains`` of the results of the study ``shortcuts``: a `Gain` as a dict, by name.

    Returns
    -------
    DataFrame
        One row per shortcut: accuracy on PrivateTest without and with it, and the difference in
        percentage points, averaged and of each seed.
    """
    rows = {
        name: {
            "without": str(Estimate(**gain["honest"])),
            "with": str(Estimate(**gain["shortcut"])),
            "difference": percentage_points(Estimate(**gain["difference"])),
            "by seed": ", ".join(f"{100 * each:+.1f}" for each in gain["by_seed"]),
        }
        for name, gain in gains.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def measure_shortcuts(
    plain: Sequence[Mapping[str, NDArray]],
    extended: Sequence[Mapping[str, NDArray]],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Gain]:
    """Estimate what it adds to choose the epoch on PrivateTest, and to learn from PublicTest.

    What is estimated is how much higher the reported accuracy is on average, over trainings and
    over pairs of evaluation splits of the same size. Each resample draws the faces of both splits
    and the seeds with replacement, and makes the choices of both sides again: honestly, the epoch
    with the best accuracy on the drawn PublicTest. The last epoch needs no choice.

    The best of several epochs profits from every kind of noise, and a resample adds that of
    drawing to that of the faces. Its mean is therefore higher than the estimate, although the
    estimate is right on average. Intervals are those of the resamples, moved back by this
    difference. That of the best epoch, which cannot lose, ends at 0.

    Parameters
    ----------
    plain : sequence of dict
        Predictions of one network per seed that learned from Training: the arrays ``public`` and
        ``private``, uint8 of shape (epochs, n), and ``public_labels`` and ``private_labels``,
        uint8 of shape (n,).
    extended : sequence of dict
        The same of networks that learned from PublicTest, too, in the same order of seeds, with
        ``private_copies``, bool of shape (n,): the PrivateTest faces that have a copy among the
        learned ones.
    resamples : int
        Number of bootstrap draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    dict of str to Gain
        What each shortcut adds, and what both add together.

    Raises
    ------
    ValueError
        If there are no seeds, or not as many on both sides.
    """
    check_seeds(plain, extended)
    public, private = _correct(plain, "public"), _correct(plain, "private")
    more, clean = _correct(extended, "private"), ~extended[0]["private_copies"]
    faces, seeds = draw(private.shape[-1], len(plain), resamples=resamples, seed=seed)
    # Another seed, so that the draws of the two splits are independent.
    public_faces, _ = draw(public.shape[-1], len(plain), resamples=resamples, seed=seed + 1)
    chosen = _accuracies(public, public_faces).argmax(axis=-1)[..., None]
    by_epoch, by_epoch_more = _accuracies(private, faces), _accuracies(more, faces)
    honest = np.take_along_axis(by_epoch, chosen, axis=-1)[..., 0]
    on_clean = [_accuracies(correct[:, -1:], faces * clean) for correct in (private, more)]
    pairs = {
        BEST_EPOCH: (honest, by_epoch.max(axis=-1)),
        MORE_FACES: (by_epoch[..., -1], by_epoch_more[..., -1]),
        MORE_FACES_CLEAN: (on_clean[0][..., 0], on_clean[1][..., 0]),
        BOTH: (honest, by_epoch_more.max(axis=-1)),
    }
    return {name: _gain(*pair, seeds) for name, pair in pairs.items()}


def _correct(runs: Sequence[Mapping[str, NDArray]], split: str) -> NDArray[np.float64]:
    """Return 1 for each correct prediction and 0 for the others, shape (seeds, epochs, n)."""
    return np.stack([run[split] == run[f"{split}_labels"] for run in runs]).astype(np.float64)


def _accuracies(correct: NDArray[np.float64], faces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return accuracies of shape (resamples, seeds, epochs)."""
    return np.moveaxis(correct @ faces.T / faces.sum(axis=1), -1, 0)


def _gain(
    honest: NDArray[np.float64], shortcut: NDArray[np.float64], seeds: NDArray[np.intp]
) -> Gain:
    """Return a gain from accuracies of shape (resamples, seeds)."""
    gains = shortcut - honest
    return Gain(
        honest=_centered(average_seeds(honest, seeds)),
        shortcut=_centered(average_seeds(shortcut, seeds)),
        difference=_centered(average_seeds(gains, seeds)),
        by_seed=gains[0].tolist(),
    )


def _centered(drawn: NDArray[np.floating]) -> Estimate:
    """Return the first value, and the interval of the others moved to have it as their mean."""
    value, resampled = drawn[0], drawn[1:]
    moved = resampled - resampled.mean() + value
    # What is never negative, such as the gain of the best epoch, has no interval below 0.
    return estimate_from(value, np.maximum(moved, 0) if resampled.min() >= 0 else moved)
