"""The parts of a training loop: batches in a fixed order, the best weights, and progress."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.balancing import Balanced
from fer_utils.paths import atomic_file


class FaceBatches(keras.utils.PyDataset):
    """Batches of faces in an order that depends on seed and epoch alone, also after a restart.

    Parameters
    ----------
    balanced : Balanced
        The faces, and the class weights for the loss.
    targets : ndarray of float32, shape (n, 7)
        What the network is to say of each face.
    batch_size, updates_per_epoch : int
        Faces in a batch, and batches in an epoch; passes over the faces run on across epochs.
    seed : int
        What the order starts from.
    part : slice
        Which places of every batch to give; the rest is another process's.
    """

    def __init__(
        self,
        balanced: Balanced,
        targets: NDArray[np.float32],
        *,
        batch_size: int,
        updates_per_epoch: int,
        seed: int,
        part: slice = slice(None),
    ) -> None:
        super().__init__()
        self.epoch = 0
        self._targets, self._part = targets, part
        self._faces, self._batch_size, self._seed = balanced, batch_size, seed
        self._updates_per_epoch = updates_per_epoch
        self._orders: dict[int, NDArray[np.intp]] = {}

    def start_epoch(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Give the batches of this epoch from now on; made to be a Keras callback."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._updates_per_epoch

    def __getitem__(
        self, index: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """Return images, targets and sample weights of one batch."""
        first = (self.epoch * self._updates_per_epoch + index) * self._batch_size
        positions = range(first, first + self._batch_size)[self._part]
        chosen = np.array([self._at(position) for position in positions])
        weights = self._faces.class_weights[self._faces.labels[chosen]]
        return self._faces.images[chosen][..., None], self._targets[chosen], weights

    def _at(self, position: int) -> int:
        turn, place = divmod(position, len(self._faces))
        if turn not in self._orders:
            self._orders = {key: self._orders[key] for key in self._orders if key >= turn - 1}
            self._orders[turn] = np.random.default_rng([self._seed, turn]).permutation(
                len(self._faces)
            )
        return int(self._orders[turn][place])


class KeepBest(keras.callbacks.Callback):
    """Write the history and the best weights to disk; stop when nothing improves.

    Keras's own `EarlyStopping` forgets after a restart what was best before it; this one reads
    it back. Put it before `BackupAndRestore`.

    Parameters
    ----------
    folder : str or Path
        Where ``history.csv`` and ``best.weights.h5`` are written.
    patience : int
        Epochs without a better validation accuracy after which training stops.

    Attributes
    ----------
    history : DataFrame
        One row per epoch; ``epoch`` counts from 1, ``seconds`` is the wall time it took.
    weights_path : Path
        The weights of the best epoch, of the network alone.
    """

    def __init__(self, folder: str | Path, *, patience: int) -> None:
        super().__init__()
        self.weights_path = Path(folder) / "best.weights.h5"
        self.history = pd.DataFrame()
        self._history_path = Path(folder) / "history.csv"
        self._patience = patience
        self._resumed = False
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Read back, once, the epochs that stood before a restart."""
        self._began = time.monotonic()
        if not self._resumed and epoch > 0:
            self.history = pd.read_csv(self._history_path).iloc[:epoch]
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
                # Keras accepts the ending .weights.h5 only.
                weights = temporary.with_name("best.partial.weights.h5")
                # The network comes last, behind its augmentation.
                self.model.layers[-1].save_weights(weights)
                weights.rename(temporary)
        elif epoch - best >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Read the history back where a restart found every epoch done."""
        if self.history.empty:
            self.history = pd.read_csv(self._history_path)


class UpdateProgress(keras.callbacks.Callback):
    """One progress bar over all updates, with the last scores beside it.

    Parameters
    ----------
    updates : int
        How many updates the whole training has.
    """

    def __init__(self, updates: int) -> None:
        super().__init__()
        self._bar = tqdm(total=updates, desc="Training", unit="update", mininterval=1)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Put the bar where the epoch begins, also after a restart."""
        self._bar.n = epoch * self.params["steps"]

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar by one update."""
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show the accuracy on the training batches and on PublicTest."""
        scores = logs or {}
        self._bar.set_postfix(
            accuracy=f"{scores['accuracy']:.3f}", PublicTest=f"{scores['val_accuracy']:.3f}"
        )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the bar."""
        self._bar.close()
