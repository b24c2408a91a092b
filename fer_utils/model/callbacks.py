"""Keep the best weights of a training and show its progress."""

import time
from pathlib import Path
from typing import Any

import keras
import pandas as pd
from tqdm import tqdm
from tqdm.keras import TqdmCallback

from fer_utils.paths import atomic_file


class KeepBest(keras.callbacks.Callback):
    """Write the history and the best weights to disk; stop when nothing improves.

    Unlike Keras's own `EarlyStopping`, it remembers after a restart which epoch was best. Put it
    before `BackupAndRestore` in the list of callbacks.

    Parameters
    ----------
    folder : str or Path
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

    def __init__(self, folder: str | Path, *, patience: int) -> None:
        super().__init__()
        self.weights_path = Path(folder) / "best.weights.h5"
        self._history_path = Path(folder) / "history.csv"
        self._end_mark = Path(folder) / "finished"
        self._patience = patience
        self.history = pd.read_csv(self._history_path) if self.finished else pd.DataFrame()
        self._resumed = False
        self._began = 0.0

    @property
    def finished(self) -> bool:
        """Whether an earlier training in this folder ran to its end."""
        return self._end_mark.exists()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Read the history from before a restart, once."""
        self._began = time.monotonic()
        if not self._resumed:
            past = pd.read_csv(self._history_path) if epoch else pd.DataFrame()
            self.history = past.iloc[:epoch]
        self._resumed = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the epoch to the history; keep its weights if it is the best."""
        seconds = time.monotonic() - self._began
        row = pd.DataFrame([{"epoch": epoch + 1, **(logs or {}), "seconds": seconds}])
        self.history = pd.concat([self.history, row], ignore_index=True)
        with atomic_file(self._history_path) as temporary:
            self.history.to_csv(temporary, index=False)
        best = int(self.history["val_accuracy"].argmax())
        if best == epoch:
            with atomic_file(self.weights_path) as temporary:
                # Keras only accepts names that end with .weights.h5.
                weights = temporary.with_name("best.partial.weights.h5")
                # The network is the last layer, after its augmentation.
                self.model.layers[-1].save_weights(weights)
                weights.rename(temporary)
        elif epoch - best >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Mark the end; read the history if a restart found that every epoch was done."""
        if self.history.empty:
            self.history = pd.read_csv(self._history_path)
        self._end_mark.touch()


def progress_bar(epochs: int) -> TqdmCallback:
    """Return a callback that shows one bar over all epochs, with the latest scores."""
    # `tqdm` itself, because `tqdm.auto` draws a widget in notebooks, which papermill cannot show.
    return TqdmCallback(epochs, verbose=0, tqdm_class=tqdm, desc="Training")
