"""Build two published networks, and train them as their publications describe."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
from fer_utils.model.learner import FaceBatches, best_precision, dtype_policy, fit_learner
from fer_utils.model.trained import KeepBest, Trained
from fer_utils.studies.protocols import Protocol
from fer_utils.studies.study_plan import PublishedRecipe


def build_network_a(*, seed: int = 0) -> keras.Model:
    """Build the network of the first publication, with four convolutions.

    Normalization of the raw pixels; 3x3 convolutions of 32, 32, 64, and 64 channels, each followed
    by batch normalization, 2x2 max-pooling, and dropout 0.2; a dense layer of 1024 with dropout 0.5
    and batch normalization; softmax.

    Parameters
    ----------
    seed : int
        Seed of the initial weights and the dropout.

    Returns
    -------
    keras.Model
        Input (n, 48, 48, 1) with values from 0 to 255; output (n, 7), float32 probabilities.

    Notes
    -----
    The publication does not specify which convolutions are pooled or the activation of the dense
    layer. Pooling all of them, and a ReLU, result in the 0.67 million weights of the network that
    this project replaces.
    """
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), name="face")
    x = layers.BatchNormalization()(inputs)
    for width in (32, 32, 64, 64):
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(0.2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1024, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.BatchNormalization(name="features")(x)
    return _with_scores(inputs, x, name="network_a")


def build_network_b(*, seed: int = 0) -> keras.Model:
    """Build the network of the second publication, with convolutions and LSTMs.

    3x3 convolutions of 32 (valid), 64 (same), pooling, 64 (valid), 128 (same), pooling, 128
    (valid), pooling, each with batch normalization and ReLU; an LSTM of 128 over the 4x4 positions
    as a sequence of 16 vectors, whose last state is split into two vectors of 64 for an LSTM of
    64; a dense layer of 200 with dropout 0.6; softmax.

    Parameters
    ----------
    seed : int
        Seed of the initial weights and the dropout.

    Returns
    -------
    keras.Model
        Input (n, 48, 48, 1) with values from 0 to 255; output (n, 7), float32 probabilities.

    Notes
    -----
    The publication does not specify whether the first LSTM returns its last state or all of them;
    only the last state needs the reshaping that follows. It does not mention the scaling of pixels
    to 0 to 1 or the ReLU of the dense layer either; both are common practice.
    """
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), name="face")
    x = layers.Rescaling(1 / 255)(inputs)
    x = _convolution(x, 32, padding="valid")
    x = layers.MaxPooling2D()(_convolution(x, 64, padding="same"))
    x = _convolution(x, 64, padding="valid")
    x = layers.MaxPooling2D()(_convolution(x, 128, padding="same"))
    x = layers.MaxPooling2D()(_convolution(x, 128, padding="valid"))
    x = layers.Reshape((-1, 128))(x)
    x = layers.LSTM(128)(x)
    x = layers.Reshape((-1, 64))(x)
    x = layers.LSTM(64)(x)
    x = layers.Dense(200, activation="relu", name="features")(x)
    x = layers.Dropout(0.6)(x)
    return _with_scores(inputs, x, name="network_b")


def fit_published(
    build: Callable[..., keras.Model],
    protocol: Protocol,
    recipe: PublishedRecipe,
    *,
    checkpoints: Path,
    seed: int,
) -> Trained:
    """Train a published network on the faces of a protocol.

    Parameters
    ----------
    build : callable
        `build_network_a` or `build_network_b`.
    protocol : Protocol
        The faces.
    recipe : PublishedRecipe
        The training settings.
    checkpoints : Path
        Folder for the state after each epoch. After a kill, the same call resumes from it, but
        forgets how long the learning rate has been on a plateau.
    seed : int
        Seed of weights and order.

    Returns
    -------
    Trained
        The network with the weights of the best epoch, or of the last one if the protocol
        requires it.
    """
    precision = best_precision()
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
    if recipe.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(recipe.learning_rate, momentum=0.9, nesterov=True)
    else:
        optimizer = keras.optimizers.Adam(recipe.learning_rate)
    learner.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    rate_callbacks = [InverseTimeDecay(recipe.decay)]
    if recipe.plateau_patience is not None:
        rate_callbacks.append(
            keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=recipe.plateau_patience)
        )
    keep_best = KeepBest(checkpoints, patience=recipe.patience)
    fit_learner(
        learner,
        batches,
        keep_best,
        validation=chosen_on,
        # Of a finished training, only the last weights are restored.
        epochs=len(keep_best.history) if keep_best.finished else recipe.epochs,
        callbacks=rate_callbacks,
    )
    if protocol.keeps_best:
        network.load_weights(keep_best.weights_path)
    return Trained(network, keep_best.history, precision, checkpoints)


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
        optimizer.learning_rate = self._undivided / (1 + self._decay * int(optimizer.iterations))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Restore the undivided learning rate."""
        self.model.optimizer.learning_rate = self._undivided


def _convolution(x: keras.KerasTensor, width: int, *, padding: str) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, padding=padding)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _with_scores(inputs: keras.KerasTensor, x: keras.KerasTensor, *, name: str) -> keras.Model:
    x = layers.Dense(len(EMOTIONS), name="scores")(x)
    return keras.Model(inputs, layers.Softmax(dtype="float32", name="emotion")(x), name=name)
