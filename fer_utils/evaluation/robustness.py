"""Measure how much accuracy a model loses on corrupted faces."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.faces import Faces
from fer_utils.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from fer_utils.evaluation.evaluation import classifier_of, held_out
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.metrics import compute_metrics
from fer_utils.model.model_folder import ModelFolder


def measure_robustness(
    model: ModelFolder | AnyClassifier,
    faces: Faces,
    *,
    most: int = 500,
    corruptions: Sequence[str] = tuple(CORRUPTIONS),
    seed: int = 0,
) -> pd.DataFrame:
    """Score a model on clean faces and after each corruption at each strength.

    Parameters
    ----------
    model : ModelFolder or AnyClassifier
        The model.
    faces : Faces
        Cleaned faces; their PublicTest is used, or PrivateTest if PublicTest is empty.
    most : int
        Maximum number of faces, drawn at random.
    corruptions : sequence of str
        Keys of `fer_utils.evaluation.corruptions.CORRUPTIONS`.
    seed : int
        Seed of the sample and of the corruptions.

    Returns
    -------
    DataFrame
        One row per ``corruption`` and ``strength`` with its ``amount``: the ``accuracy``, 0 to 1,
        and its bootstrap 95% interval from ``low`` to ``high``. The first row, ``none`` at
        strength 0, is the accuracy on clean faces.

    Raises
    ------
    DataError
        If all faces are in Training.
    ValueError
        If `most` is less than 1 or a corruption is unknown.
    """
    classifier, sample = classifier_of(model), _sample(held_out(faces)[0], most, seed=seed)
    clean = _accuracy(classifier, sample.images, sample.labels)
    rows = [{"corruption": "none", "strength": 0, "amount": 0.0, **clean}]
    for name in tqdm(corruptions, desc="Corrupting faces", unit="corruption", delay=5):
        for strength in STRENGTHS:
            corrupted = corrupt(sample.images, name, strength=strength, seed=seed)
            amount = float(CORRUPTIONS[name].amounts[strength - 1])
            accuracy = _accuracy(classifier, corrupted, sample.labels)
            rows.append({"corruption": name, "strength": strength, "amount": amount, **accuracy})
    return pd.DataFrame(rows)


def _sample(faces: Faces, most: int, *, seed: int) -> Faces:
    """Return at most `most` faces, drawn without replacement, in their original order."""
    if most < 1:
        raise ValueError(f"expected to draw at least 1 face, got most={most}")
    if len(faces) <= most:
        return faces
    return faces.select(np.sort(np.random.default_rng(seed).permutation(len(faces))[:most]))


def _accuracy(
    classifier: AnyClassifier, images: NDArray[np.uint8], labels: NDArray[np.integer]
) -> dict[str, float]:
    accuracy = compute_metrics(classifier.predict(images).argmax(axis=1), labels).accuracy
    return {"accuracy": accuracy.value, "low": accuracy.low, "high": accuracy.high}
