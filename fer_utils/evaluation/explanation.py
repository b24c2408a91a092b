"""Explain which parts of a face a prediction depends on."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.evaluation import classifier_of
from fer_utils.evaluation.grad_cam import NetworkClassifier, grad_cam, shuffle_weights
from fer_utils.litert import ModelError
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.model_folder import ModelFolder

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
