"""Losses that Keras does not bring."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

_SMALLEST = 1e-7


class LogitAdjustedCrossentropy(keras.losses.Loss):
    """Cross-entropy of scores to which the logarithm of each emotion's share is added.

    The network learns to do without the shares: what it says afterwards, without the addition,
    treats rare and frequent emotions alike (Menon et al. 2021, "Long-tail learning via logit
    adjustment").

    Parameters
    ----------
    counts : array-like of int, shape (7,)
        Training faces of each emotion, at least one.
    strength : float
        What the logarithms are multiplied by, tau in the paper.

    Raises
    ------
    ValueError
        If an emotion has no face.
    """

    def __init__(self, counts: ArrayLike, *, strength: float = 1.0) -> None:
        super().__init__(name="logit_adjusted_crossentropy")
        counts = np.asarray(counts, dtype=np.float64)
        if counts.min() < 1:
            raise ValueError(
                f"logit adjustment needs a face of each emotion, got {counts.astype(int).tolist()}"
            )
        self._addition = (strength * np.log(counts / counts.sum())).astype(np.float32)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each face; `y_pred` are probabilities, of shape (n, 7)."""
        # The logarithm of a probability is its score, up to what the softmax takes out again.
        scores = ops.log(ops.maximum(y_pred, _SMALLEST)) + self._addition
        return ops.categorical_crossentropy(y_true, scores, from_logits=True)
