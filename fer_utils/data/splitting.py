"""Split faces that come without a split into Training, PublicTest, and PrivateTest."""

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fer_utils.data.faces import SPLITS, DataError

TRAINING, PUBLIC_TEST, PRIVATE_TEST = SPLITS

_SPLIT_TYPE = np.array(SPLITS).dtype
_FOLDS = 10


def split_by_class(labels: ArrayLike, *, seed: int) -> NDArray[np.str_]:
    """Split images about 80/10/10, stratified by class.

    Parameters
    ----------
    labels : array-like of int, shape (n,)
        The class of each image.
    seed : int
        The same seed and labels give the same split.

    Returns
    -------
    ndarray of str, shape (n,)
        ``Training``, ``PublicTest``, or ``PrivateTest``. A class with three or more images has
        at least one in each; a smaller class is all in ``Training``.
    """
    labels = np.asarray(labels)
    generator = np.random.default_rng(seed)
    splits = np.full(len(labels), TRAINING, dtype=_SPLIT_TYPE)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        tenth = max(1, round(len(members) / _FOLDS)) if len(members) >= 3 else 0
        splits[members[:tenth]] = PUBLIC_TEST
        splits[members[tenth : 2 * tenth]] = PRIVATE_TEST
    return splits


def halve_by_class(labels: ArrayLike, *, seed: int) -> NDArray[np.str_]:
    """Split evaluation images into two halves, stratified by class.

    Parameters
    ----------
    labels : array-like of int, shape (n,)
        The class of each image.
    seed : int
        The same seed and labels give the same halves.

    Returns
    -------
    ndarray of str, shape (n,)
        ``PublicTest`` or ``PrivateTest``; their counts differ by at most one, overall and in
        each class.
    """
    labels = np.asarray(labels)
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    splits = np.full(len(labels), PUBLIC_TEST, dtype=_SPLIT_TYPE)
    splits[by_class[1::2]] = PRIVATE_TEST
    return splits


def split_by_group(groups: ArrayLike, labels: ArrayLike, *, seed: int) -> NDArray[np.str_]:
    """Split images about 80/10/10, stratified by class, with each group in one split only.

    Parameters
    ----------
    groups : array-like of str, shape (n,)
        The group of each image, such as the person.
    labels : array-like of int, shape (n,)
        The class of each image.
    seed : int
        The same seed, groups, and labels give the same split.

    Returns
    -------
    ndarray of str, shape (n,)
        ``Training``, ``PublicTest``, or ``PrivateTest``.

    Raises
    ------
    DataError
        If there are fewer than three groups.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups, labels = np.asarray(groups), np.unique(labels, return_inverse=True)[1]
    count = len(np.unique(groups))
    if count < 3:
        raise DataError(
            f"expected at least 3 groups to split by, got {count}: "
            "each split needs at least one of its own"
        )
    folds = min(_FOLDS, count)
    if np.bincount(labels).max() < folds:
        labels = np.zeros_like(labels)  # Too few images of each class to stratify by it.
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # It warns of classes with fewer images than folds.
        warnings.simplefilter("ignore", UserWarning)
        held_out = [test for _, test in splitter.split(groups, labels, groups)]
    # Shuffling only decides between equal groups; the choice of folds makes the seed count.
    public, private = np.random.default_rng(seed).choice(folds, 2, replace=False)
    splits = np.full(len(labels), TRAINING, dtype=_SPLIT_TYPE)
    splits[held_out[public]] = PUBLIC_TEST
    splits[held_out[private]] = PRIVATE_TEST
    return splits
