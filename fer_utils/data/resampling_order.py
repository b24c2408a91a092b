"""The mistake that inflates scores: resampling before the split. Measured, for notebook 02."""

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from fer_utils.data.balancing import balance

_SIDE = 24
_TEST_SHARE = 0.2


def compare_resampling_order(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    *,
    strategies: tuple[str, ...] = ("random", "smote"),
    sample: int = 4000,
    seed: int = 0,
) -> pd.DataFrame:
    """Score the same classifier with faces resampled before and after the split.

    A nearest-neighbour classifier on pixels knows little about expressions, so what it gains
    from the wrong order is the leak itself.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, 48, 48)
        Training faces.
    labels : ndarray of uint8, shape (n,)
        Their labels, 0 to 6.
    strategies : tuple of str
        Names of `fer_utils.data.balancing.STRATEGIES`.
    sample : int
        At most so many faces are used, drawn with the classes' shares kept.
    seed : int
        What the draw and the splits start from.

    Returns
    -------
    DataFrame
        One row for each strategy; the columns ``before the split (wrong)``,
        ``after the split (right)`` and ``inflation`` hold balanced accuracies, 0 to 1, and their
        difference.

    Raises
    ------
    DataError
        If the rarest emotion has too few faces to be resampled at all.
    """
    if len(images) > sample:
        images, _, labels, _ = train_test_split(
            images, labels, train_size=sample, stratify=labels, random_state=seed
        )
    # A small source still shows the point, with fewer neighbours to blend.
    learned_of_rarest = int(np.bincount(labels).min() * (1 - _TEST_SHARE))
    options = {"seed": seed, "k_neighbors": min(5, learned_of_rarest - 1)}
    rows = {}
    for strategy in strategies:
        wrong = _score_resampled_before(images, labels, strategy, options)
        right = _score_resampled_after(images, labels, strategy, options)
        rows[strategy] = {
            "before the split (wrong)": wrong,
            "after the split (right)": right,
            "inflation": wrong - right,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _score_resampled_before(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], strategy: str, options: dict[str, int]
) -> float:
    balanced = balance(images, labels, strategy=strategy, **options)
    learn, test, learn_labels, test_labels = _split(
        balanced.images, balanced.labels, options["seed"]
    )
    return _score(learn, learn_labels, test, test_labels)


def _score_resampled_after(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], strategy: str, options: dict[str, int]
) -> float:
    learn, test, learn_labels, test_labels = _split(images, labels, options["seed"])
    balanced = balance(learn, learn_labels, strategy=strategy, **options)
    return _score(balanced.images, balanced.labels, test, test_labels)


def _split(images: NDArray, labels: NDArray, seed: int) -> list[NDArray]:
    return train_test_split(
        images, labels, test_size=_TEST_SHARE, stratify=labels, random_state=seed
    )


def _score(learn: NDArray, learn_labels: NDArray, test: NDArray, test_labels: NDArray) -> float:
    classifier = KNeighborsClassifier(n_neighbors=1).fit(_points(learn), learn_labels)
    return float(balanced_accuracy_score(test_labels, classifier.predict(_points(test))))


def _points(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = [cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for image in images]
    return np.stack(small).reshape(len(images), -1).astype(np.float32)
