"""Build two published networks from their descriptions, on any Keras backend."""

import keras
from keras import layers

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS


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


def _convolution(x: keras.KerasTensor, width: int, *, padding: str) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, padding=padding)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _with_scores(inputs: keras.KerasTensor, x: keras.KerasTensor, *, name: str) -> keras.Model:
    x = layers.Dense(len(EMOTIONS), name="scores")(x)
    outputs = layers.Softmax(dtype="float32", name="emotion")(x)
    return keras.Model(inputs, outputs, name=name)
