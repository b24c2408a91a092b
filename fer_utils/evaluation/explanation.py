"""Explain which parts of a face a prediction depends on."""

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.evaluation import classifier_of
from fer_utils.litert import ModelError
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.model_folder import ModelFolder

if TYPE_CHECKING:
    import keras

_PATCH, _STRIDE = 12, 4  # Side and step of the occluding square, in pixels.


@dataclass(frozen=True)
class Explanation:
    """Maps of how much each pixel of a face matters for an emotion.

    Attributes
    ----------
    maps : ndarray of float32, shape (n, 48, 48)
        Output of `occlusion_maps` or `grad_cam`. Positive values are evidence for the emotion.
    emotions : ndarray of int, shape (n,)
        The emotion that each map explains, 0 to 6.
    """

    maps: NDArray[np.float32]
    emotions: NDArray[np.integer]

    def names(self) -> list[str]:
        """Return the emotion of each map, by name."""
        return [EMOTIONS[label] for label in self.emotions]

    def mean_maps(self) -> dict[str, NDArray[np.float32]]:
        """Return the mean map, shape (48, 48), of each emotion that has maps."""
        labels = np.unique(self.emotions)
        return {EMOTIONS[label]: self.maps[self.emotions == label].mean(axis=0) for label in labels}

    def correlation(self, other: "Explanation") -> float:
        """Return how similar two explanations of the same faces are.

        Returns
        -------
        float
            Spearman's rank correlation of the pixels, -1 to 1, averaged over faces. A constant
            map counts as 0.

        Raises
        ------
        ValueError
            If the explanations differ in their number of maps.
        """
        left, right = self.maps, other.maps
        if left.shape != right.shape:
            raise ValueError(f"expected maps of the same faces, got {left.shape} and {right.shape}")
        ranks = [pd.DataFrame(each.reshape(len(each), -1)).rank(axis=1) for each in (left, right)]
        return float(ranks[0].corrwith(ranks[1], axis=1).fillna(0).mean())

    def correlation_across_faces(self) -> float:
        """Return how similar the maps of different faces are, -1 to 1; see `correlation`."""
        return self.correlation(replace(self, maps=np.roll(self.maps, 1, axis=0)))


def explain(
    model: ModelFolder | AnyClassifier,
    images: NDArray[np.uint8],
    emotions: NDArray[np.integer] | None = None,
    *,
    method: Literal["occlusion", "grad-cam"] = "occlusion",
    shuffled: bool = False,
    seed: int = 0,
) -> Explanation:
    """Explain which parts of faces are evidence for an emotion.

    Parameters
    ----------
    model : ModelFolder or AnyClassifier
        The model. Grad-CAM and shuffling need a model folder with a Keras network.
    images : ndarray of uint8, shape (n, 48, 48)
        Gray faces.
    emotions : ndarray of int, shape (n,), optional
        Emotion to explain for each face, 0 to 6; the model's prediction by default.
    method : {"occlusion", "grad-cam"}
        ``occlusion`` works with any model; ``grad-cam`` is about a hundred times faster, but
        coarser.
    shuffled : bool
        Whether to shuffle the network's weights first, as a sanity check: an explanation that
        stays the same does not depend on what the network learned (Adebayo et al. 2018).
    seed : int
        Seed of the shuffling.

    Returns
    -------
    Explanation
        One map per face.

    Raises
    ------
    ModelError
        If the method needs a Keras network and the model has none that fits.
    ValueError
        If the method is unknown, or images and emotions differ in number.
    """
    if method not in ("occlusion", "grad-cam"):
        raise ValueError(f"expected method 'occlusion' or 'grad-cam', got {method!r}")
    classifier = classifier_of(model)
    if emotions is None:
        emotions = classifier.predict(images).argmax(axis=1)
    if method == "grad-cam" or shuffled:
        if not isinstance(model, ModelFolder):
            raise ModelError(
                f"expected a model folder, which has a Keras network, got {type(model).__name__}: "
                "open one with open_model, or use method='occlusion' with shuffled=False"
            )
        network = shuffle_weights(model.network, seed=seed) if shuffled else model.network
        if method == "grad-cam":
            return Explanation(grad_cam(network, images, emotions), emotions)
        classifier = NetworkClassifier(network)
    return Explanation(occlusion_maps(classifier, images, emotions), emotions)


def occlusion_maps(
    classifier: AnyClassifier, images: NDArray[np.uint8], emotions: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return how much each pixel of a face matters, by occluding it.

    A square of 12 pixels, gray like the face's mean, slides over the face in steps of 4. If the
    emotion becomes less probable, the occluded pixels are evidence for it (M. D. Zeiler
    and R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014).

    Parameters
    ----------
    classifier : AnyClassifier
        The model; predicts 101 images per face.
    images : ndarray of uint8, shape (n, 48, 48)
        Gray faces.
    emotions : ndarray of int, shape (n,)
        Emotion to explain for each face, 0 to 6.

    Returns
    -------
    ndarray of float32, shape (n, 48, 48)
        Drop of the emotion's probability, -1 to 1, averaged over all squares that cover a pixel.
        Negative values are evidence against the emotion.

    Raises
    ------
    ValueError
        If images and emotions differ in number.
    """
    if len(images) != len(emotions):
        raise ValueError(f"expected one emotion per face, got {len(emotions)} for {len(images)}")
    starts = range(0, IMAGE_SIZE - _PATCH + 1, _STRIDE)
    squares = np.zeros((len(starts) ** 2, IMAGE_SIZE, IMAGE_SIZE), dtype=bool)
    for square, (top, left) in zip(squares, product(starts, starts), strict=True):
        square[top : top + _PATCH, left : left + _PATCH] = True
    maps = np.empty(images.shape, dtype=np.float32)
    for index, (image, emotion) in enumerate(zip(images, emotions, strict=True)):
        occluded = np.where(squares, np.rint(image.mean()).astype(np.uint8), image)
        probability = classifier.predict(np.concatenate([image[None], occluded]))[:, emotion]
        drops = probability[0] - probability[1:]
        maps[index] = np.tensordot(drops, squares.astype(np.float32), axes=1) / squares.sum(axis=0)
    return maps


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
