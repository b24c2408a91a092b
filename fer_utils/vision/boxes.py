"""Measure how much boxes overlap."""

import numpy as np
from numpy.typing import NDArray


def overlaps(boxes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the intersection over union of every pair of boxes.

    Parameters
    ----------
    boxes, others : ndarray of float, shapes (n, 4) and (m, 4)
        Edges (left, top, right, bottom).

    Returns
    -------
    ndarray of float, shape (n, m)
        0 (disjoint, or without area) to 1 (equal).

    Examples
    --------
    >>> overlaps(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])).round(3)
    array([[0.333]])
    """
    first, second = boxes[:, None], others[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(
        first[..., :2], second[..., :2]
    )
    shared = sides.clip(min=0).prod(axis=-1)
    union = _areas(first) + _areas(second) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _areas(boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    return (boxes[..., 2:] - boxes[..., :2]).prod(axis=-1)
