"""Two published networks, built from their descriptions, on any Keras backend."""

import keras
from keras import layers

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS


def build_network_a(*, seed: int = 0) -> keras.Model:
    """Build the four-convolution network of the first result.

    Normalisation of the raw pixels; 3x3 convolutions of 32, 32, 64 and 64 channels, each followed
    by batch normalisation, 2x2 max-pooling and dropout 0.2; a dense layer of 1024 with dropout 0.5
    and batch normalisation; softmax.

    Parameters
    ----------
    seed : int
        What the initial weights and the dropout start from.

    Returns
    -------
    keras.Model
        Input (n, 48, 48, 1) with values 0 to 255, output (n, 7) float32 probabilities.

    Notes
    -----
    The description leaves open whether every convolution is pooled and what follows the dense
    layer. Here every one is, and the dense layer has a ReLU: that gives the 0.67 million weights
    of the network that this project replaces.
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
    """Build the network of convolutions and LSTMs of the second result.

    3x3 convolutions of 32 (valid), 64 (same), pooling, 64 (valid), 128 (same), pooling, 128
    (valid), pooling, each with batch normalisation and ReLU; the 4x4 places are read as a sequence
    of 16 vectors by an LSTM of 128, whose last state is cut into two vectors of 64 for an LSTM of
    64; a dense layer of 200 with dropout 0.6; softmax.

    Parameters
    ----------
    seed : int
        What the initial weights and the dropout start from.

    Returns
    -------
    keras.Model
        Input (n, 48, 48, 1) with values 0 to 255, output (n, 7) float32 probabilities.

    Notes
    -----
    The description leaves open whether the first LSTM gives its last state or all of them; only
    the former needs the reshaping that comes next. Pixels are brought to 0 to 1 and the dense
    layer has a ReLU, as is usual; the description tells neither.
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
