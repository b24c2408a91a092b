"""Define losses that Keras lacks."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

_SMALLEST = 1e-7


@keras.saving.register_keras_serializable(package="fer_utils")
class LogitAdjustedCrossentropy(keras.losses.Loss):
    """Cross-entropy of logits to which the log frequency of each emotion is added.

    The network itself then learns logits that ignore the frequencies: without the addition, it
    treats rare and frequent emotions alike (Menon et al. 2021, "Long-tail learning via logit
    adjustment").

    Parameters
    ----------
    counts : array-like of int, shape (7,)
        Number of training faces of each emotion, at least one each.
    strength : float
        Factor of the log frequencies, tau in the paper.

    Raises
    ------
    ValueError
        If an emotion has no face.
    """

    def __init__(
        self,
        counts: ArrayLike,
        *,
        strength: float = 1.0,
        name: str = "logit_adjusted_crossentropy",
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        counts = np.asarray(counts, dtype=np.float64)
        if counts.min() < 1:
            raise ValueError(
                f"logit adjustment needs at least one face of each emotion, "
                f"got {counts.astype(int).tolist()}: add faces, or set logit_adjustment=0"
            )
        self.counts, self.strength = counts.astype(int).tolist(), strength
        self._addition = (strength * np.log(counts / counts.sum())).astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build the same loss again."""
        return {**super().get_config(), "counts": self.counts, "strength": self.strength}

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each face; `y_pred` are probabilities of shape (n, 7)."""
        # The log of a probability is its logit, up to a constant that the softmax cancels.
        logits = ops.log(ops.maximum(y_pred, _SMALLEST)) + self._addition
        return ops.categorical_crossentropy(y_true, logits, from_logits=True)
