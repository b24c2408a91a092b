"""Measure how much resampling before the split inflates a score."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fer_utils.data.balancing import balance, pixel_features
from fer_utils.data.faces import Faces, label_counts
from fer_utils.data.image_files import halve

if TYPE_CHECKING:
    import pandas as pd

_TEST_SHARE = 0.2


def compare_resampling_order(
    faces: Faces,
    *,
    strategies: Sequence[str] = ("random", "smote"),
    sample: int = 4000,
    seed: int = 0,
) -> "pd.DataFrame":
    """Measure how much resampling before the split inflates the score of a classifier.

    A nearest-neighbor classifier on pixels knows little about expressions, so what it gains
    from the wrong order is the leak itself.

    Parameters
    ----------
    faces : Faces
        Faces that are not balanced yet; only their Training split is used.
    strategies : sequence of str
        Names from `STRATEGIES`.
    sample : int, default 4000
        The maximum number of faces to use; the sample is stratified by emotion.
    seed : int, default 0
        The seed of the sample, the splits, and the resampling.

    Returns
    -------
    DataFrame
        One row per strategy. The columns ``before the split (wrong)``,
        ``after the split (right)``, and ``inflation`` hold balanced accuracies, 0 to 1, and
        their difference.

    Raises
    ------
    DataError
        If the faces are already balanced, or the rarest emotion has too few faces to resample.
    """
    import pandas as pd

    training = faces.of_split("Training")
    if len(training) > sample:
        training, _ = _split(training, seed, train_size=sample)
    # A small data set still shows the effect, with fewer neighbors to interpolate between.
    learned_of_rarest = int(label_counts(training.labels).min() * (1 - _TEST_SHARE))
    neighbors = min(5, learned_of_rarest - 1)
    learned, test = _split(training, seed, test_size=_TEST_SHARE)
    scores = {}
    for strategy in strategies:
        resample = partial(balance, strategy=strategy, seed=seed, k_neighbors=neighbors)
        wrong = _score(*_split(resample(training), seed, test_size=_TEST_SHARE))
        right = _score(resample(learned), test)
        scores[strategy] = (wrong, right, wrong - right)
    columns = ["before the split (wrong)", "after the split (right)", "inflation"]
    return pd.DataFrame.from_dict(scores, orient="index", columns=columns)


def _split(faces: Faces, seed: int, **size: float) -> tuple[Faces, Faces]:
    from sklearn.model_selection import train_test_split

    learned, test = train_test_split(
        np.arange(len(faces)), stratify=faces.labels, random_state=seed, **size
    )
    return faces.select(learned), faces.select(test)


def _score(learned: Faces, test: Faces) -> float:
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.neighbors import KNeighborsClassifier

    features, test_features = (
        pixel_features(np.stack([halve(image) for image in part.images]))
        for part in (learned, test)
    )
    classifier = KNeighborsClassifier(n_neighbors=1).fit(features, learned.labels)
    return float(balanced_accuracy_score(test.labels, classifier.predict(test_features)))
