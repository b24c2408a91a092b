"""Train a published network as its publication describes; resumes after a kill."""

import math
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
    """Divide the learning rate by 1 plus `decay` times the number of updates, as Keras 2 did.

    With a Keras 3 schedule, `ReduceLROnPlateau` could not change the learning rate. Between epochs
    the optimizer holds the undivided rate. Put it before `ReduceLROnPlateau`.

    Parameters
    ----------
    decay : float
        Decay per update.
    """

    def __init__(self, decay: float) -> None:
        super().__init__()
        self._decay = decay
        self._undivided = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Store the undivided learning rate."""
        self._undivided = float(self.model.optimizer.learning_rate)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of the update."""
        optimizer = self.model.optimizer
        divisor = 1 + self._decay * int(optimizer.iterations)
        optimizer.learning_rate = self._undivided / divisor

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Restore the undivided learning rate."""
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
        `fer_utils.studies.published_networks.build_network_a` or `build_network_b`.
    protocol : Protocol
        The faces.
    recipe : PublishedRecipe
        The training settings.
    checkpoints : Path
        Folder for the state after each epoch. After a kill, the same call resumes from it, but
        forgets how long the learning rate has been on a plateau.
    seed : int
        Seed of weights and order.
    precision : str
        ``float32``, ``mixed_bfloat16`` or ``auto``; see `fer_utils.model.training.fit`.

    Returns
    -------
    Trained
        The network with the weights of the best epoch, or of the last one if the protocol
        requires it.
    """
    precision = best_precision() if precision == "auto" else precision
    one_hot = np.eye(len(EMOTIONS), dtype=np.float32)
    learned, chosen_on = protocol.learned, protocol.chosen_on
    batches = FaceBatches(
        learned,
        one_hot[learned.labels],
        batch_size=recipe.batch_size,
        updates_per_epoch=math.ceil(len(learned) / recipe.batch_size),
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
        # Of a finished training, only the last weights are restored.
        epochs=len(keep_best.history) if keep_best.finished else recipe.epochs,
        validation_data=(chosen_on.images[..., None], one_hot[chosen_on.labels]),
        validation_batch_size=512,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=batches.start_epoch),
            keep_best,
            *_rate_callbacks(recipe),
            keras.callbacks.BackupAndRestore(
                str(checkpoints / "backup"), double_checkpoint=True, delete_checkpoint=False
            ),
            progress_bar(recipe.epochs),
        ],
        verbose=0,
    )
    if protocol.keeps_best:
        network.load_weights(keep_best.weights_path)
    history = keep_best.history
    return Trained(network, history, float(history["seconds"].sum()), precision, checkpoints)


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
