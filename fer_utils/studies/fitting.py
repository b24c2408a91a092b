"""Train a published network the way its description says; resumable after a kill."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_utils.emotions import EMOTIONS
from fer_utils.model.batches import FaceBatches
from fer_utils.model.callbacks import KeepBest, progress_bar
from fer_utils.model.learner import best_precision, dtype_policy
from fer_utils.model.trained import Trained
from fer_utils.studies.protocols import Protocol
from fer_utils.studies.study_plan import PublishedRecipe


class InverseTimeDecay(keras.callbacks.Callback):
    """Divide the learning rate by 1 plus `decay` times the updates done, as Keras 2 did.

    A schedule of Keras 3 would not let `ReduceLROnPlateau` change the rate; between epochs the
    optimizer holds the undivided one. Put it before `ReduceLROnPlateau`.

    Parameters
    ----------
    decay : float
        0 for none.
    """

    def __init__(self, decay: float) -> None:
        super().__init__()
        self._decay = decay
        self._undivided = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the rate of the epoch."""
        self._undivided = float(self.model.optimizer.learning_rate)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the rate of the update."""
        optimizer = self.model.optimizer
        divisor = 1 + self._decay * int(optimizer.iterations)
        optimizer.learning_rate = self._undivided / divisor

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Give the undivided rate back."""
        self.model.optimizer.learning_rate = self._undivided


def fit_published(
    build: Callable[..., keras.Model],
    protocol: Protocol,
    recipe: PublishedRecipe,
    *,
    checkpoints: Path,
    seed: int,
    precision: str = "auto",
) -> Trained:
    """Train a published network on the faces of a protocol.

    Parameters
    ----------
    build : callable
        `fer_utils.studies.published_networks.build_network_a` or ``_b``.
    protocol : Protocol
        What it learns from and is chosen on.
    recipe : PublishedRecipe
        How.
    checkpoints : Path
        A folder for the state after each epoch; the same call goes on from there, but counts the
        epochs of a plateau anew. It is removed when training ends.
    seed : int
        What weights and order start from.
    precision : str
        ``float32``, ``mixed_bfloat16``, or ``auto``, as `fer_utils.model.training.train` takes it.

    Returns
    -------
    Trained
        With the weights of the best epoch, or of the last one where the protocol says so.
    """
    precision = best_precision() if precision == "auto" else precision
    one_hot = np.eye(len(EMOTIONS), dtype=np.float32)
    learned, chosen_on = protocol.learned, protocol.chosen_on
    updates = math.ceil(len(learned) / recipe.batch_size)
    batches = FaceBatches(
        learned,
        one_hot[learned.labels],
        batch_size=recipe.batch_size,
        updates_per_epoch=updates,
        seed=seed,
    )
    with dtype_policy(precision):
        network = build(seed=seed)
        learner = keras.Sequential([network.input, network], name="learner")
    learner.compile(_optimizer(recipe), "categorical_crossentropy", metrics=["accuracy"])
    keep_best = KeepBest(checkpoints, patience=recipe.patience)
    learner.fit(
        batches,
        shuffle=False,
        epochs=recipe.epochs,
        validation_data=(chosen_on.images[..., None], one_hot[chosen_on.labels]),
        validation_batch_size=512,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=batches.start_epoch),
            keep_best,
            *_rate_callbacks(recipe),
            keras.callbacks.BackupAndRestore(str(checkpoints / "backup"), double_checkpoint=True),
            progress_bar(),
        ],
        verbose=0,
    )
    if protocol.keeps_best:
        network.load_weights(keep_best.weights_path)
    shutil.rmtree(checkpoints)
    history = keep_best.history
    return Trained(network, history, float(history["seconds"].sum()), precision)


def _optimizer(recipe: PublishedRecipe) -> keras.optimizers.Optimizer:
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(recipe.learning_rate, momentum=0.9, nesterov=True)
    return keras.optimizers.Adam(recipe.learning_rate)


def _rate_callbacks(recipe: PublishedRecipe) -> list[keras.callbacks.Callback]:
    callbacks: list[keras.callbacks.Callback] = []
    if recipe.decay:
        callbacks.append(InverseTimeDecay(recipe.decay))
    if recipe.plateau_patience is not None:
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=recipe.plateau_patience)
        )
    return callbacks
