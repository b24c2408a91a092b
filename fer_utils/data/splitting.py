"""Seeded rules for data that come without a split."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fer_utils.data.faces import SPLITS, DataError

TRAINING, PUBLIC_TEST, PRIVATE_TEST = SPLITS

_SPLIT_TYPE = np.array(SPLITS).dtype
_TRIALS = 200


def split_by_class(labels: ArrayLike, *, seed: int) -> NDArray[np.str_]:
    """Split images about 80/10/10, each class alike.

    Parameters
    ----------
    labels : array-like of int, shape (n,)
        The class of each image.
    seed : int
        The same seed and labels give the same split.

    Returns
    -------
    ndarray of str, shape (n,)
        ``Training``, ``PublicTest`` or ``PrivateTest``. A class of three images or more has at
        least one in each; a smaller one is all in ``Training``.
    """
    labels = np.asarray(labels)
    generator = np.random.default_rng(seed)
    splits = np.full(len(labels), TRAINING, dtype=_SPLIT_TYPE)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        tenth = max(1, round(len(members) / 10)) if len(members) >= 3 else 0
        splits[members[:tenth]] = PUBLIC_TEST
        splits[members[tenth : 2 * tenth]] = PRIVATE_TEST
    return splits


def halve_by_class(labels: ArrayLike, *, seed: int) -> NDArray[np.str_]:
    """Split evaluation images in two halves, each class alike.

    Parameters
    ----------
    labels : array-like of int, shape (n,)
        The class of each image.
    seed : int
        The same seed and labels give the same halves.

    Returns
    -------
    ndarray of str, shape (n,)
        ``PublicTest`` or ``PrivateTest``, as often as each other within one, in all and in each
        class.
    """
    labels = np.asarray(labels)
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    splits = np.full(len(labels), PUBLIC_TEST, dtype=_SPLIT_TYPE)
    splits[by_class[1::2]] = PRIVATE_TEST
    return splits


def split_by_group(groups: ArrayLike, labels: ArrayLike, *, seed: int) -> NDArray[np.str_]:
    """Split images about 80/10/10 so that no group, such as a person, stands in two splits.

    A tenth of the groups goes to each evaluation split. Of many random choices the one is taken
    whose evaluation splits come nearest to a tenth of each class.

    Parameters
    ----------
    groups : array-like of str, shape (n,)
        The group of each image.
    labels : array-like of int, shape (n,)
        The class of each image.
    seed : int
        The same seed, groups and labels give the same split.

    Returns
    -------
    ndarray of str, shape (n,)
        ``Training``, ``PublicTest`` or ``PrivateTest``.

    Raises
    ------
    DataError
        If there are fewer than three groups.
    """
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 3:
        raise DataError(
            f"expected at least 3 groups to split by, got {len(names)}: "
            "each split needs at least one of its own"
        )
    classes, class_of = np.unique(np.asarray(labels), return_inverse=True)
    counts = np.zeros((len(names), len(classes)))
    np.add.at(counts, (group_of, class_of), 1)
    shares = counts / counts.sum(axis=0)
    tenth = max(1, round(len(names) / 10))

    def unevenness(order: NDArray[np.intp]) -> float:
        parts = shares[order[: 2 * tenth]].reshape(2, tenth, len(classes))
        return float(np.abs(parts.sum(axis=1) - 0.1).sum())

    generator = np.random.default_rng(seed)
    order = min((generator.permutation(len(names)) for _ in range(_TRIALS)), key=unevenness)
    split_of_group = np.full(len(names), TRAINING, dtype=_SPLIT_TYPE)
    split_of_group[order[:tenth]] = PUBLIC_TEST
    split_of_group[order[tenth : 2 * tenth]] = PRIVATE_TEST
    return split_of_group[group_of]
