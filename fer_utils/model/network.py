"""Build the network that turns gray 48x48 faces into probabilities of seven emotions."""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
from fer_utils.model.recipes import Recipe


def build_network(recipe: Recipe, *, seed: int = 0) -> keras.Model:
    """Build a small residual network (He et al. 2016).

    The first layer scales 0..255 to -1..1. The first stage starts with a 5x5 convolution, every
    other one with a 3x3 convolution of stride 2; residual blocks of two 3x3 convolutions follow.
    Global average pooling, dropout, and a softmax end the network.

    Parameters
    ----------
    recipe : Recipe
        Its ``widths``, ``blocks``, ``first_stride``, and ``dropout``.
    seed : int
        Seed of the initial weights and the dropout.

    Returns
    -------
    keras.Model
        Input (n, 48, 48, 1) with values 0 to 255, output (n, 7) float32 probabilities.

    Raises
    ------
    ValueError
        If there are no widths or more than five, or not as many blocks as widths.
    """
    widths, blocks = recipe.widths, recipe.blocks
    if not 1 <= len(widths) <= 5:
        raise ValueError(f"expected 1 to 5 widths, got {len(widths)}: 48x48 can be halved 5 times")
    if len(blocks) != len(widths):
        raise ValueError(f"expected blocks for {len(widths)} stages, got {len(blocks)}: {blocks}")
    seeds = np.random.default_rng(seed)
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), name="face")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(inputs)
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        kernel_size, strides = (3, 2) if stage else (5, recipe.first_stride)
        x = layers.ReLU()(_convolution(x, width, kernel_size, strides, seeds))
        for _ in range(count):
            y = layers.ReLU()(_convolution(x, width, 3, 1, seeds))
            y = _convolution(y, width, 3, 1, seeds)
            x = layers.ReLU()(layers.add([x, y]))
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(recipe.dropout, seed=seed)(x)
    x = layers.Dense(len(EMOTIONS), kernel_initializer=_initializer(seeds), name="scores")(x)
    outputs = layers.Softmax(dtype="float32", name="emotion")(x)
    return keras.Model(inputs, outputs, name="fer_cnn")


def for_inference(
    network: keras.Model,
    *,
    temperature: float = 1.0,
    divisors: NDArray[np.floating] | None = None,
) -> keras.Model:
    """Return a calibrated copy that computes in float32, because LiteRT cannot run bfloat16.

    Parameters
    ----------
    network : keras.Model
        Output of `build_network`, trained in any precision.
    temperature : float
        Divisor of the logits.
    divisors : ndarray of float, shape (7,), optional
        Divisors of the probabilities, before the temperature.

    Returns
    -------
    keras.Model
        The same layers in float32; only the weights of the last layer differ.
    """

    def rebuild(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config({**layer.get_config(), "dtype": "float32"})

    copy = keras.models.clone_model(network, clone_function=rebuild)
    copy.set_weights(network.get_weights())
    scores = copy.get_layer("scores")
    kernel, bias = scores.get_weights()
    if divisors is not None:
        bias = bias - np.log(divisors)
    scores.set_weights([kernel / temperature, bias / temperature])
    return copy


def _convolution(
    x: keras.KerasTensor, width: int, kernel_size: int, strides: int, seeds: np.random.Generator
) -> keras.KerasTensor:
    x = layers.Conv2D(
        width,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=_initializer(seeds),
    )(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def _initializer(seeds: np.random.Generator) -> keras.initializers.Initializer:
    return keras.initializers.HeNormal(seed=int(seeds.integers(2**31)))
