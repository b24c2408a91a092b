"""Build what Keras fits, and fit it: batches, augmentation, network, loss, and optimizer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray

from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.augmentation import build_augmentation
from fer_utils.model.network import build_network
from fer_utils.model.recipes import Recipe
from fer_utils.model.trained import KeepBest, progress_bar


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

    def start_epoch(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Return the batches of this epoch from now on; usable as a Keras callback."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._updates_per_epoch

    def __getitem__(self, index: int) -> tuple[NDArray[np.number], ...]:
        """Return images (n, 48, 48, 1), targets (n, 7), and sample weights (n,) of one batch."""
        first = (self.epoch * self._updates_per_epoch + index) * self._batch_size
        positions = range(first, first + self._batch_size)[self._part]
        count = len(self._faces)
        passes = (divmod(position, count) for position in positions)
        chosen = np.array([_order(self._seed, number, count)[place] for number, place in passes])
        images = self._faces.images[chosen][..., None]
        return images, self._targets[chosen], self._faces.weights[chosen]


@lru_cache(maxsize=2)  # a batch may end one pass and begin the next
def _order(seed: int, number: int, count: int) -> NDArray[np.intp]:
    """Return the order of the faces in a pass over them."""
    return np.random.default_rng([seed, number]).permutation(count)


def build_learner(
    recipe: Recipe, labels: NDArray[np.uint8], *, updates: int, seed: int, precision: str
) -> tuple[keras.Model, keras.Model]:
    """Build the network, and the compiled model that trains it on augmented faces.

    Parameters
    ----------
    recipe : Recipe
        Architecture, augmentation, loss, and optimizer.
    labels : ndarray of uint8, shape (n,)
        Training labels, 0 to 6.
    updates : int
        Number of updates that the learning rate schedule spans.
    seed : int
        Seed of the weights and the augmentation.
    precision : str
        ``float32`` or ``mixed_bfloat16``.

    Returns
    -------
    tuple of keras.Model
        The network, and the learner whose last layer it is.
    """
    with dtype_policy(precision):
        network = build_network(recipe, seed=seed)
        augmentation = build_augmentation(recipe.augmentation, seed=seed)
        learner = keras.Sequential([network.input, augmentation, network], name="learner")
    learner.compile(
        optimizer=_optimizer(recipe, updates), loss=_loss(recipe, labels), metrics=["accuracy"]
    )
    return network, learner


def fit_learner(
    learner: keras.Model,
    batches: FaceBatches,
    keep_best: KeepBest,
    *,
    validation: Faces,
    copies: int = 1,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Fit a compiled model whose last layer is the network; after a kill, resume.

    Parameters
    ----------
    learner : keras.Model
        The model, compiled.
    batches : FaceBatches
        The faces to learn from.
    keep_best : KeepBest
        Holds the history and the best weights; the state of Keras is stored next to them.
    validation : Faces
        The faces that are scored after every epoch.
    copies : int
        Number of times each of them is scored: with as many as there are devices, batches divide
        evenly among them, and means stay the same.
    epochs : int
        Number of epochs, including those before a restart.
    callbacks : sequence of keras.callbacks.Callback
        More callbacks, whose changes belong to the state that is stored.
    """
    images = np.repeat(validation.images[..., None], copies, axis=0)
    labels = np.repeat(validation.labels, copies)
    learner.fit(
        batches,
        shuffle=False,  # the batches have an order of their own, which survives a restart
        epochs=epochs,
        validation_data=(images, np.eye(len(EMOTIONS), dtype=np.float32)[labels]),
        validation_batch_size=512,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=batches.start_epoch),
            keep_best,
            *callbacks,
            keras.callbacks.BackupAndRestore(
                str(keep_best.folder / "backup"), double_checkpoint=True, delete_checkpoint=False
            ),
            progress_bar(epochs),
        ],
        verbose=0,
    )


def best_precision() -> str:
    """Return ``mixed_bfloat16`` if the processor multiplies bfloat16 natively, else ``float32``.

    Other processors emulate bfloat16, which is slower. Without ``/proc/cpuinfo`` there is no way
    to know, and float32 is safe.
    """
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else "float32"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build layers in a precision, such as ``mixed_bfloat16``, then restore the previous one."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


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

    def __init__(self, counts: ArrayLike, *, strength: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
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
        logits = ops.log(ops.maximum(y_pred, 1e-7)) + self._addition
        return ops.categorical_crossentropy(y_true, logits, from_logits=True)


def _loss(recipe: Recipe, labels: NDArray[np.uint8]) -> keras.losses.Loss:
    if not recipe.logit_adjustment:
        return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    if recipe.label_smoothing:
        raise ValueError(
            f"logit_adjustment cannot be combined with label smoothing: expected label_smoothing "
            f"0, got {recipe.label_smoothing}"
        )
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return LogitAdjustedCrossentropy(counts, strength=recipe.logit_adjustment)


def _optimizer(recipe: Recipe, updates: int) -> keras.optimizers.Optimizer:
    warmup = max(1, updates // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 20,
        decay_steps=max(1, updates - warmup),
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
    )
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(
            schedule, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay
        )
    raise ValueError(f"unknown optimizer {recipe.optimizer!r}: expected adamw or sgd")
