"""Cut faces into batches whose order survives a restart."""

import keras
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import Faces


class FaceBatches(keras.utils.PyDataset):
    """Batches of faces in an order that depends only on the seed and the epoch.

    Parameters
    ----------
    faces : Faces
        The faces; their `weights` are the sample weights of the loss.
    targets : ndarray of float32, shape (n, 7)
        Target probabilities of each face.
    batch_size : int
        Number of faces in a batch.
    updates_per_epoch : int
        Number of batches in an epoch. A pass over the faces may continue in the next epoch.
    seed : int
        Seed of the order.
    part : slice
        Positions of every batch to return; other processes return the rest.
    """

    def __init__(
        self,
        faces: Faces,
        targets: NDArray[np.float32],
        *,
        batch_size: int,
        updates_per_epoch: int,
        seed: int,
        part: slice = slice(None),
    ) -> None:
        super().__init__()
        self.epoch = 0
        self._faces, self._targets, self._part = faces, targets, part
        self._batch_size, self._seed = batch_size, seed
        self._updates_per_epoch = updates_per_epoch
        self._orders: dict[int, NDArray[np.intp]] = {}

    def start_epoch(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Return the batches of this epoch from now on; usable as a Keras callback."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._updates_per_epoch

    def __getitem__(
        self, index: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """Return images (n, 48, 48, 1), targets (n, 7), and sample weights (n,) of one batch."""
        first = (self.epoch * self._updates_per_epoch + index) * self._batch_size
        positions = range(first, first + self._batch_size)[self._part]
        chosen = np.array([self._at(position) for position in positions])
        images = self._faces.images[chosen][..., None]
        return images, self._targets[chosen], self._faces.weights[chosen]

    def _at(self, position: int) -> int:
        """Return the index of the face at a position counted over all passes."""
        count = len(self._faces)
        number, place = divmod(position, count)
        if number not in self._orders:
            self._orders = {key: self._orders[key] for key in self._orders if key >= number - 1}
            self._orders[number] = np.random.default_rng([self._seed, number]).permutation(count)
        return int(self._orders[number][place])
