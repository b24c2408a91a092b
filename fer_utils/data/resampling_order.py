"""Measure how much resampling before the split inflates a score."""

from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.balancing import balance
from fer_utils.data.faces import Faces, Images, label_counts

_SIDE = 24
_TEST_SHARE = 0.2


def compare_resampling_order(
    faces: Faces,
    *,
    strategies: Sequence[str] = ("random", "smote"),
    sample: int = 4000,
    seed: int = 0,
) -> pd.DataFrame:
    """Score the same classifier on faces resampled before and after the split.

    A nearest-neighbor classifier on pixels knows little about expressions, so what it gains
    from the wrong order is the leak itself.

    Parameters
    ----------
    faces : Faces
        Faces that are not balanced yet; only their Training split is used.
    strategies : sequence of str
        Names from `fer_utils.data.balancing.STRATEGIES`.
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
    training = faces.of_split("Training")
    if len(training) > sample:
        training, _ = _split(training, seed, train_size=sample)
    # A small data set still shows the effect, with fewer neighbors to interpolate between.
    learned_of_rarest = int(label_counts(training.labels).min() * (1 - _TEST_SHARE))
    neighbors = min(5, learned_of_rarest - 1)
    rows = {}
    for strategy in strategies:
        wrong = _score_resampled_before(training, strategy, seed, neighbors)
        right = _score_resampled_after(training, strategy, seed, neighbors)
        rows[strategy] = {
            "before the split (wrong)": wrong,
            "after the split (right)": right,
            "inflation": wrong - right,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _score_resampled_before(faces: Faces, strategy: str, seed: int, neighbors: int) -> float:
    balanced = balance(faces, strategy, seed=seed, k_neighbors=neighbors)
    return _score(*_split(balanced, seed, test_size=_TEST_SHARE))


def _score_resampled_after(faces: Faces, strategy: str, seed: int, neighbors: int) -> float:
    learned, test = _split(faces, seed, test_size=_TEST_SHARE)
    return _score(balance(learned, strategy, seed=seed, k_neighbors=neighbors), test)


def _split(faces: Faces, seed: int, **size: float) -> tuple[Faces, Faces]:
    from sklearn.model_selection import train_test_split

    learned, test = train_test_split(
        np.arange(len(faces)), stratify=faces.labels, random_state=seed, **size
    )
    return faces.select(learned), faces.select(test)


def _score(learned: Faces, test: Faces) -> float:
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(n_neighbors=1).fit(_features(learned.images), learned.labels)
    return float(balanced_accuracy_score(test.labels, classifier.predict(_features(test.images))))


def _features(images: Images) -> NDArray[np.float32]:
    small = [cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for image in images]
    return np.stack(small).reshape(len(images), -1).astype(np.float32)
