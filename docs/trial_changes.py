"""Changes to a training that a recipe cannot express, to be tried."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from fer_utils.model.learner import FaceBatches


class MixedBatches(FaceBatches):
    """Blend each face, and its target, with another one of its batch (Zhang et al. 2018)."""

    alpha = 0.2

    def __getitem__(self, index: int) -> tuple[NDArray[np.number], ...]:
        images, targets, weights = super().__getitem__(index)
        random = np.random.default_rng([self._seed, self.epoch, index])
        share = random.beta(self.alpha, self.alpha)
        other = random.permutation(len(images))
        blended = share * images + (1 - share) * images[other]
        return (
            blended.astype(np.float32),
            (share * targets + (1 - share) * targets[other]).astype(np.float32),
            weights,
        )


class AlternatelyMirrored(FaceBatches):
    """Mirror each face every other time that it is shown (Jordan 2024), instead of at random."""

    def __getitem__(self, index: int) -> tuple[NDArray[np.number], ...]:
        images, targets, weights = super().__getitem__(index)
        first = (self.epoch * len(self) + index) * len(images)
        passes = np.arange(first, first + len(images)) // len(self._faces)
        # Which of the two comes first must be chance, but stay the same.
        mirrored = (passes + images.sum(axis=(1, 2, 3))) % 2 == 1
        images[mirrored] = images[mirrored][:, :, ::-1]
        return images, targets, weights


class AveragedWeights(keras.callbacks.Callback):
    """End with a moving average of the weights (Polyak and Juditsky 1992)."""

    momentum, every = 0.99, 4

    def __init__(self) -> None:
        super().__init__()
        self._average: list[NDArray] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the average towards the present weights."""
        if batch % self.every == 0:
            weights = self.model.layers[-1].get_weights()
            keep = self.momentum**self.every
            pairs = zip(self._average or weights, weights, strict=True)
            self._average = [keep * old + (1 - keep) * new for old, new in pairs]

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Give the network the average."""
        self.model.layers[-1].set_weights(self._average)


class SmallFirst(keras.callbacks.Callback):
    """Show the network faces of 32x32 pixels in the first half of the training."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Let the network shrink what it is shown."""
        network = self.model.layers[-1]
        self._is_small, self._call = True, network.call

        def call(images: Any, training: bool | None = None, mask: Any = None) -> Any:
            if self._is_small and training:
                images = ops.image.resize(images, (32, 32), antialias=True)
            return self._call(images, training=training, mask=mask)

        network.call = call

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Choose the size, which a compiled training step cannot change."""
        self._is_small = 2 * epoch < self.params["epochs"]
        self.model.make_train_function(force=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Show the network faces as they are again."""
        self.model.layers[-1].call = self._call
