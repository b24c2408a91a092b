"""Hold a trained network and its history."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.model.network import for_inference


@dataclass(frozen=True)
class Trained:
    """A trained network and its history.

    Attributes
    ----------
    network : keras.Model
        The network with the weights of the epoch that scored best on PublicTest.
    history : DataFrame
        One row per epoch: loss and accuracy on the training batches (``loss``, ``accuracy``) and
        on PublicTest (``val_loss``, ``val_accuracy``), and ``seconds``.
    seconds : float
        Wall time of all epochs, including those before a restart.
    precision : str
        ``float32`` or ``mixed_bfloat16``.
    checkpoints : Path, optional
        Folder with the state of this training, from which the same call resumes.
    """

    network: keras.Model
    history: pd.DataFrame
    seconds: float
    precision: str
    checkpoints: Path | None = None

    @property
    def best_epoch(self) -> int:
        """Number of the epoch with the best accuracy on PublicTest, starting at 1."""
        return int(self.history["val_accuracy"].argmax()) + 1

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict in float32: probabilities (n, 7) of images (n, 48, 48)."""
        network = for_inference(self.network)
        predicted: NDArray[np.float32] = network.predict(
            images[..., None], batch_size=512, verbose=0
        )
        return predicted

    def remove_checkpoints(self) -> None:
        """Delete the state of this training; call it once the network is saved elsewhere."""
        if self.checkpoints is not None:
            shutil.rmtree(self.checkpoints, ignore_errors=True)
            with suppress(OSError):  # not empty if it also holds the state of another training
                self.checkpoints.parent.rmdir()
