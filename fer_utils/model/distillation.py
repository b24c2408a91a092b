"""Mix the predictions of teacher models into the targets of a student."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import at_temperature
from fer_utils.model.classifier import AnyClassifier


def ask_teachers(
    teachers: Sequence[AnyClassifier], images: NDArray[np.uint8], *, temperature: float
) -> NDArray[np.float32]:
    """Average the softened predictions of teachers for faces and their mirror images.

    Parameters
    ----------
    teachers : sequence of AnyClassifier
        At least one.
    images : ndarray of uint8, shape (n, 48, 48)
        The faces that the student will learn from.
    temperature : float
        The higher, the more the less likely emotions count (Hinton et al. 2015).

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
    """Return a student's targets: one-hot labels, mixed with the teachers' opinions if any.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        0 to 6.
    opinions : ndarray of float32, shape (n, 7), or None
        Output of `ask_teachers`.
    weight : float
        Weight of the opinions, 0 (labels only) to 1 (opinions only).

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
