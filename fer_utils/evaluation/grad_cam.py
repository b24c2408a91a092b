"""Explain a network's predictions with Grad-CAM."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
from fer_utils.litert import ModelError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class NetworkClassifier:
    """A Keras network, such as `ModelFolder.network`, with the interface of an exported model."""

    network: "keras.Model"

    def predict(self, images: NDArray[np.uint8], /) -> NDArray[np.floating]:
        """Return the network's output for gray faces (n, 48, 48).

        Unlike `keras.Model.predict`, this compiles nothing, so every number of faces is fast.
        """
        import keras

        starts = range(0, max(1, len(images)), 64)
        batches = (images[start : start + 64, ..., None].astype("float32") for start in starts)
        outputs = [self.network(batch, training=False) for batch in batches]
        return np.concatenate([keras.ops.convert_to_numpy(output) for output in outputs])


def grad_cam(
    network: "keras.Model", images: NDArray[np.uint8], emotions: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return Grad-CAM maps.

    Sums the network's last feature maps, each weighted by the mean gradient of the emotion's
    score before the softmax. Positive values are evidence for the emotion (R. R. Selvaraju et al.,
    Grad-CAM: visual explanations from deep networks via gradient-based localization, ICCV 2017).

    Parameters
    ----------
    network : keras.Model
        `ModelFolder.network`: a single chain of layers from the last feature maps to a Softmax
        layer.
    images : ndarray of uint8, shape (n, 48, 48)
        Gray faces.
    emotions : ndarray of int, shape (n,)
        Emotion to explain for each face, 0 to 6.

    Returns
    -------
    ndarray of float32, shape (n, 48, 48)
        0 or more, in units of score. Compare pixels within a map, not across maps. Interpolated
        from the resolution of the feature maps.

    Raises
    ------
    ModelError
        If the network has no feature maps or does not end in a Softmax layer.
    """
    bottom, head = _split(network)
    features = NetworkClassifier(bottom).predict(images)
    weights = _gradients(head, features, emotions).mean(axis=(1, 2), keepdims=True)
    coarse = np.maximum((weights * features).sum(axis=-1), 0).astype(np.float32)
    maps = [cv2.resize(each, (IMAGE_SIZE, IMAGE_SIZE)) for each in coarse]
    return np.array(maps, dtype=np.float32).reshape(images.shape)


def shuffle_weights(network: "keras.Model", *, seed: int = 0) -> "keras.Model":
    """Return a copy of a network with the weights of each layer in random order.

    An explanation that looks the same for this untrained network explains nothing (J. Adebayo et
    al., Sanity checks for saliency maps, NeurIPS 2018).
    """
    import keras

    random = np.random.default_rng(seed)
    shuffled = keras.models.clone_model(network)
    shuffled.set_weights(
        [random.permutation(part.ravel()).reshape(part.shape) for part in network.get_weights()]
    )
    return shuffled


def _split(network: "keras.Model") -> tuple["keras.Model", "keras.Model"]:
    """Split a network at its last feature maps; the head ends before the softmax."""
    import keras

    # The image itself is no feature map.
    layers = [each for each in network.layers if not isinstance(each, keras.layers.InputLayer)]
    shapes = [layer.output.shape for layer in layers]
    spatial = [i for i, shape in enumerate(shapes) if len(shape) == 4 and shape[1] > 1]
    last = network.layers[-1]
    if not spatial or not isinstance(last, keras.layers.Softmax):
        raise ModelError(
            "Grad-CAM needs a network with feature maps and a Softmax layer at the end, got "
            f"{network.name}, which ends in {type(last).__name__}: use occlusion maps instead"
        )
    features = layers[spatial[-1]].output
    return keras.Model(network.input, features), keras.Model(features, last.input)


def _gradients(
    head: "keras.Model", features: NDArray[np.floating], emotions: NDArray[np.integer]
) -> NDArray[np.floating]:
    """Return the gradient of each face's score with respect to its features.

    Keras has no gradient function that works on every backend except training. So an embedding,
    which starts at 0, learns an offset of each face's features that raises its score: after one
    step of gradient descent at a learning rate of 1, the offset is the gradient.
    """
    import keras

    shape = features.shape[1:]
    offsets = keras.layers.Embedding(
        len(features), int(np.prod(shape)), embeddings_initializer="zeros", dtype="float32"
    )
    values, index = keras.Input(shape), keras.Input((), dtype="int32")
    shifted = values + keras.layers.Reshape(shape)(offsets(index))

    def negative_score(chosen: Any, scores: Any) -> Any:
        # Keras averages the loss over faces. Multiplying by their number turns the mean into a
        # sum, so that each face's score has its own gradient.
        return -keras.ops.sum(chosen * scores, axis=-1) * scores.shape[0]

    # In a Lambda layer the head runs as in inference, and its weights stay as they are.
    scores = keras.layers.Lambda(lambda inputs: head(inputs, training=False))(shifted)
    learner = keras.Model([values, index], scores)
    learner.compile(
        optimizer=keras.optimizers.SGD(learning_rate=1.0), loss=negative_score, run_eagerly=True
    )
    chosen = np.eye(len(EMOTIONS), dtype=np.float32)[emotions]
    learner.train_on_batch([features, np.arange(len(features))], chosen)
    return np.asarray(keras.ops.convert_to_numpy(offsets.embeddings)).reshape(features.shape)
