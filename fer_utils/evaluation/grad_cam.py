"""Which parts of a face speak for what a network says, read from its last feature maps."""

from dataclasses import dataclass
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
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
        If the network has no feature maps or does not end in a softmax layer.

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


class _Raised(keras.layers.Layer):
    """A network's head behind a trainable offset of what it is given."""

    def __init__(self, head: keras.Model) -> None:
        super().__init__(dtype="float32")
        self._head = keras.models.clone_model(head)
        self._head.set_weights(head.get_weights())
        self._head.trainable = False

    def build(self, shape: tuple[int, ...]) -> None:
        """Make an offset of nothing for each value of the one batch that will come."""
        self.offset = self.add_weight(shape=shape, initializer="zeros", name="offset")

    def call(self, values: Any) -> Any:
        """Return the scores, as they are outside training."""
        return self._head(values + self.offset, training=False)


def _gradients(
    head: keras.Model, features: NDArray[np.floating], emotions: NDArray[np.integer]
) -> NDArray[np.floating]:
    """Return the gradient of each face's score with respect to its features.

    Keras, whatever its backend, takes gradients in training only. So an offset of the features
    learns to raise the scores: after one step of gradient descent at a rate of 1 it is the
    gradient.
    """
    raised = _Raised(head)
    inputs = keras.Input(batch_shape=features.shape)
    learner = keras.Model(inputs, raised(inputs))
    learner.compile(
        optimizer=keras.optimizers.SGD(learning_rate=1.0), loss=_lost_score, run_eagerly=True
    )
    learner.train_on_batch(features, np.eye(len(EMOTIONS), dtype=np.float32)[emotions])
    gradients: NDArray[np.floating] = keras.ops.convert_to_numpy(raised.offset)
    return gradients


def _lost_score(chosen: Any, scores: Any) -> Any:
    # Keras takes the mean over the faces; their number makes it the sum, in which each face's
    # score has a gradient of its own.
    return -keras.ops.sum(chosen * scores, axis=-1) * scores.shape[0]
