"""Learn from other networks: what teachers say of a face tells more than its label."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import at_temperature
from fer_utils.model.classifier import Classifier


def ask_teachers(
    teachers: Sequence[Classifier], images: NDArray[np.uint8], *, temperature: float
) -> NDArray[np.float32]:
    """Return the mean opinion of teachers (Hinton et al. 2015) on faces and their mirror images.

    Parameters
    ----------
    teachers : sequence of Classifier
        At least one.
    images : ndarray of uint8, shape (n, 48, 48)
        The faces that a student will learn from.
    temperature : float
        Above 1 the teachers' second thoughts count for more.

    Returns
    -------
    ndarray of float32, shape (n, 7)
        Each row sums to 1.

    Raises
    ------
    ValueError
        If there is no teacher.
    """
    if not teachers:
        raise ValueError("expected at least one teacher, got none")
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    views = [teacher.predict(view) for teacher in teachers for view in (images, mirrored)]
    softened = [at_temperature(view, temperature) for view in views]
    return np.mean(softened, axis=0).astype(np.float32)


def mix_targets(
    labels: NDArray[np.integer], opinions: NDArray[np.float32] | None, *, weight: float
) -> NDArray[np.float32]:
    """Return what a student is to say: its labels, and the teachers' opinions where there are any.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        0 to 6.
    opinions : ndarray of float32, shape (n, 7), or None
        What `ask_teachers` returned.
    weight : float
        How much the opinions count beside the labels, 0 to 1.

    Returns
    -------
    ndarray of float32, shape (n, 7)
        Each row sums to 1.

    Raises
    ------
    ValueError
        If there are not as many opinions as labels.
    """
    one_hot = np.eye(len(EMOTIONS), dtype=np.float32)[labels]
    if opinions is None:
        return one_hot
    if len(opinions) != len(labels):
        raise ValueError(f"expected an opinion on each of {len(labels)} faces, got {len(opinions)}")
    return (1 - weight) * one_hot + weight * opinions
