"""Which parts of a face speak for what a network says, read from its last feature maps."""

from dataclasses import dataclass
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.records import IMAGE_SIZE
from fer_utils.labels import EMOTIONS
from fer_utils.model.classifier import ModelError

_BATCH = 64


@dataclass(frozen=True)
class NetworkClassifier:
    """A Keras network that is asked as an exported model is.

    Attributes
    ----------
    network : keras.Model
        Input (n, 48, 48, 1) with values 0 to 255, output (n, 7) probabilities.
    """

    network: keras.Model

    def predict(self, images: NDArray[np.uint8], /) -> NDArray[np.floating]:
        """Return probabilities (n, 7) of gray faces (n, 48, 48)."""
        return _run(self.network, images)


def grad_cam(
    network: keras.Model, images: NDArray[np.uint8], emotions: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return Grad-CAM maps (Selvaraju et al. 2017).

    Each of the network's last feature maps is weighted with the mean gradient of the emotion's
    score, before the softmax, with respect to it. What is positive in the sum speaks for the
    emotion.

    Parameters
    ----------
    network : keras.Model
        `ModelFolder.network`: one chain from its last feature maps to a softmax layer.
    images : ndarray of uint8, shape (n, 48, 48)
        The faces.
    emotions : ndarray of int, shape (n,)
        The emotion of each face to explain, 0 to 6; usually the one that the network names.

    Returns
    -------
    ndarray of float32, shape (n, 48, 48)
        0 or more, in units of score: compare places of a map, not maps. As coarse as the feature
        maps, and smoothed to the size of a face.

    Raises
    ------
    ModelError
        If the network has no feature maps or does not end in a softmax layer, or if Keras runs
        on another backend than TensorFlow or JAX.

    References
    ----------
    R. R. Selvaraju et al., Grad-CAM: visual explanations from deep networks via gradient-based
    localization, ICCV 2017.
    """
    bottom, head = _split(network)
    features = _run(bottom, images)
    gradients = _gradients(head, features, emotions)
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    coarse = np.maximum((weights * features).sum(axis=-1), 0).astype(np.float32)
    size = (IMAGE_SIZE, IMAGE_SIZE)
    maps = np.empty(images.shape, dtype=np.float32)
    for index, each in enumerate(coarse):
        maps[index] = cv2.resize(each, size, interpolation=cv2.INTER_LINEAR)
    return maps


def shuffle_weights(network: keras.Model, *, seed: int = 0) -> keras.Model:
    """Return a network that has learned nothing: each layer's weights in a random order.

    An explanation that looks the same for it explains nothing (Adebayo et al. 2018).

    Parameters
    ----------
    network : keras.Model
        The network; it stays as it is.
    seed : int
        What the order starts from.

    Returns
    -------
    keras.Model
        The same layers with the same weights at other places.

    References
    ----------
    J. Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018.
    """
    random = np.random.default_rng(seed)
    shuffled = keras.models.clone_model(network)
    shuffled.set_weights(
        [random.permutation(part.ravel()).reshape(part.shape) for part in network.get_weights()]
    )
    return shuffled


def _run(network: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.floating]:
    """Return the output for gray faces; `predict` would compile for each number of faces."""
    starts = range(0, max(1, len(images)), _BATCH)
    batches = [images[start : start + _BATCH, ..., None].astype(np.float32) for start in starts]
    outputs = [network(batch, training=False) for batch in batches]
    return np.concatenate([keras.ops.convert_to_numpy(output) for output in outputs])


def _split(network: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Return the network up to its last feature maps, and from there to the scores."""
    spatial = [layer for layer in network.layers if _has_places(layer)]
    last = network.layers[-1]
    if not spatial or not isinstance(last, keras.layers.Softmax):
        raise ModelError(
            "Grad-CAM needs a network with feature maps that ends in a Softmax layer, "
            f"{network.name} ends in {type(last).__name__}: use occlusion maps instead"
        )
    features = spatial[-1].output
    return keras.Model(network.input, features), keras.Model(features, last.input)


def _has_places(layer: keras.Layer) -> bool:
    """Return whether a layer's output has height and width, and is not the image itself."""
    if isinstance(layer, keras.layers.InputLayer):
        return False
    shape = layer.output.shape
    return len(shape) == 4 and shape[1] > 1


def _gradients(
    head: keras.Model, features: NDArray[np.floating], emotions: NDArray[np.integer]
) -> NDArray[np.floating]:
    """Return the gradient of each face's score with respect to its features."""
    chosen = np.eye(len(EMOTIONS), dtype=np.float32)[emotions]

    def total(values: Any) -> Any:
        # No face's score depends on another face, so the sum has all their gradients.
        return keras.ops.sum(head(values, training=False) * chosen)

    # Keras takes gradients for training only, so that it is left to the backend.
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        values = tensorflow.convert_to_tensor(features)
        with tensorflow.GradientTape() as tape:
            tape.watch(values)
            score = total(values)
        return tape.gradient(score, values).numpy()
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(total)(features))
    raise ModelError(
        f"Grad-CAM needs Keras on TensorFlow or JAX, this is {keras.backend.backend()}: "
        "use occlusion maps instead, which need no gradients"
    )
