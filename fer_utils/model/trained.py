"""Keep the history and the best weights of a training."""

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm
from tqdm.keras import TqdmCallback

from fer_utils.model.network import for_inference
from fer_utils.paths import atomic_file


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
    precision : str
        ``float32`` or ``mixed_bfloat16``.
    checkpoints : Path, optional
        Folder with the state of this training, from which the same call resumes.
    """

    network: keras.Model
    history: pd.DataFrame
    precision: str
    checkpoints: Path | None = None

    @property
    def seconds(self) -> float:
        """Wall time of all epochs, including those before a restart."""
        return float(self.history["seconds"].sum())

    @property
    def best_epoch(self) -> int:
        """Number of the epoch with the best accuracy on PublicTest, starting at 1."""
        return int(self.history["val_accuracy"].argmax()) + 1

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict in float32: probabilities (n, 7) of images (n, 48, 48)."""
        network = for_inference(self.network)
        return np.asarray(network.predict(images[..., None], batch_size=512, verbose=0))

    def remove_checkpoints(self) -> None:
        """Delete the state of this training; call it once the network is saved elsewhere."""
        if self.checkpoints is not None:
            shutil.rmtree(self.checkpoints, ignore_errors=True)
            with suppress(OSError):  # not empty if it also holds the state of another training
                self.checkpoints.parent.rmdir()


class KeepBest(keras.callbacks.Callback):
    """Write the history and the best weights to disk; stop when nothing improves.

    Unlike Keras's own `EarlyStopping`, it remembers after a restart which epoch was best. Put it
    before `BackupAndRestore` in the list of callbacks.

    Parameters
    ----------
    folder : Path
        Where ``history.csv`` and ``best.weights.h5`` are written.
    patience : int
        Training stops after this many epochs without a better validation accuracy.

    Attributes
    ----------
    history : DataFrame
        One row per epoch; ``epoch`` counts from 1, ``seconds`` is its wall time.
    weights_path : Path
        The weights of the best epoch, of the network without its augmentation.
    """

    def __init__(self, folder: Path, *, patience: int) -> None:
        super().__init__()
        self.folder, self._patience = folder, patience
        self.weights_path = folder / "best.weights.h5"
        self._history_path, self._end_mark = folder / "history.csv", folder / "finished"
        # A training that resumes continues its history.
        has_history = self._history_path.exists()
        self.history = pd.read_csv(self._history_path) if has_history else pd.DataFrame()
        self._began = 0.0

    @property
    def finished(self) -> bool:
        """Whether an earlier training in this folder ran to its end."""
        return self._end_mark.exists()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Forget what the history has about epochs that are trained again after a restart."""
        self._began = time.monotonic()
        self.history = self.history.iloc[:epoch]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the epoch to the history; keep its weights if it is the best."""
        seconds = time.monotonic() - self._began
        row = pd.DataFrame([{"epoch": epoch + 1, **(logs or {}), "seconds": seconds}])
        self.history = pd.concat([self.history, row], ignore_index=True)
        with atomic_file(self._history_path) as temporary:
            self.history.to_csv(temporary, index=False)
        best = int(self.history["val_accuracy"].argmax())
        if best == epoch:
            # Keras only accepts names that end with .weights.h5.
            partial = self.folder / "best.partial.weights.h5"
            # The network is the last layer, after its augmentation.
            self.model.layers[-1].save_weights(partial)
            partial.replace(self.weights_path)
        elif epoch - best >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Mark the training as finished."""
        self._end_mark.touch()


def progress_bar(epochs: int) -> TqdmCallback:
    """Return a callback that shows one bar over all epochs, with the latest scores."""
    # `tqdm` itself, because `tqdm.auto` draws a widget in notebooks, which papermill cannot show.
    return TqdmCallback(epochs, verbose=0, tqdm_class=tqdm, desc="Training")
