"""How much accuracy a model loses when faces look worse than those it learned from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.faces import Faces
from fer_utils.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.metrics import compute_metrics

CLEAN = "none"


def draw_sample(faces: Faces, most: int, *, seed: int = 0) -> Faces:
    """Return at most so many faces, chosen at random, in their order.

    Parameters
    ----------
    faces : Faces
        The faces to choose from.
    most : int
        How many at most.
    seed : int
        What the choice starts from.

    Returns
    -------
    Faces
        All of them if they are no more than `most`.

    Raises
    ------
    ValueError
        If `most` is less than 1.
    """
    if most < 1:
        raise ValueError(f"expected to draw 1 face or more, got {most}")
    if len(faces) <= most:
        return faces
    return faces.select(np.sort(np.random.default_rng(seed).permutation(len(faces))[:most]))


def measure_robustness(
    classifier: AnyClassifier,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    *,
    corruptions: Sequence[str] = tuple(CORRUPTIONS),
    seed: int = 0,
) -> pd.DataFrame:
    """Score a model on faces as they are, and after each corruption at each strength.

    Parameters
    ----------
    classifier : AnyClassifier
        The model.
    images : ndarray of uint8, shape (n, 48, 48)
        Faces that it did not learn from; PublicTest rather than PrivateTest.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    corruptions : sequence of str
        Names of `fer_utils.evaluation.corruptions.CORRUPTIONS`.
    seed : int
        What the corruptions start from.

    Returns
    -------
    DataFrame
        One row for each ``corruption`` and ``strength`` with its ``amount``: the ``accuracy`` and
        its bootstrap 95% interval from ``low`` to ``high``. The first row, ``none`` at strength
        0, has the faces as they are.

    Raises
    ------
    DataError
        If there are no faces, or not as many labels.
    ValueError
        If a corruption is unknown.
    """
    rows = [_row(classifier, images, labels) | {"corruption": CLEAN, "strength": 0, "amount": 0.0}]
    for name in tqdm(corruptions, desc="Corrupting", unit="kind", delay=5):
        for strength in STRENGTHS:
            changed = corrupt(images, name, strength=strength, seed=seed)
            amount = CORRUPTIONS[name].amounts[strength - 1]
            which = {"corruption": name, "strength": strength, "amount": float(amount)}
            rows.append(_row(classifier, changed, labels) | which)
    return pd.DataFrame(rows)[["corruption", "strength", "amount", "accuracy", "low", "high"]]


def _row(
    classifier: AnyClassifier, images: NDArray[np.uint8], labels: NDArray[np.integer]
) -> dict[str, object]:
    accuracy = compute_metrics(classifier.predict(images).argmax(axis=1), labels).accuracy
    return {"accuracy": accuracy.value, "low": accuracy.low, "high": accuracy.high}
