"""Keep what a network predicts after each epoch of its training."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fer_utils.paths import atomic_file


class EpochPredictions(keras.callbacks.Callback):
    """Write the emotions that a network predicts after each epoch, in a file per epoch.

    The model must end with the network, as those of `fer_utils.model.learner.fit_learner` do. A
    training that resumes keeps the files of its earlier epochs.

    Parameters
    ----------
    folder : Path
        Where the files are written.
    images : ndarray of uint8, shape (n, 48, 48)
        The faces to predict.
    """

    def __init__(self, folder: Path, images: NDArray[np.uint8]) -> None:
        super().__init__()
        self._folder, self._images = folder, images[..., None]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the predictions of the epoch."""
        network = self.model.layers[-1]
        probabilities = network.predict(self._images, batch_size=512, verbose=0)
        with atomic_file(self._folder / f"{epoch:04}.npy") as temporary:
            np.save(temporary, probabilities.argmax(axis=1).astype(np.uint8))

    def predictions(self) -> NDArray[np.uint8]:
        """Return the most likely emotion of each face after each epoch, shape (epochs, n)."""
        return np.stack([np.load(path) for path in sorted(self._folder.glob("*.npy"))])
