"""Explain which parts of a face a prediction depends on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.evaluation import classifier_of
from fer_utils.evaluation.grad_cam import NetworkClassifier, grad_cam, shuffle_weights
from fer_utils.evaluation.occlusion import occlusion_maps
from fer_utils.model.classifier import AnyClassifier, ModelError
from fer_utils.model.model_folder import ModelFolder


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
        return _rank_correlation(self.maps, other.maps)

    def correlation_across_faces(self) -> float:
        """Return how similar the maps of different faces are, -1 to 1; see `correlation`."""
        return _rank_correlation(self.maps, np.roll(self.maps, 1, axis=0))


def explain(
    model: ModelFolder | AnyClassifier,
    images: NDArray[np.uint8],
    emotions: NDArray[np.integer] | None = None,
    *,
    method: Literal["occlusion", "grad-cam"] = "occlusion",
    shuffled: bool = False,
    seed: int = 0,
) -> Explanation:
    """Explain which parts of faces speak for an emotion.

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
    if method == "occlusion" and not shuffled:
        return Explanation(occlusion_maps(classifier, images, emotions), emotions)
    if not isinstance(model, ModelFolder):
        raise ModelError(
            f"expected a model folder, which has a Keras network, got {type(model).__name__}: "
            "open one with open_model, or use method='occlusion' with shuffled=False"
        )
    network = shuffle_weights(model.network, seed=seed) if shuffled else model.network
    if method == "occlusion":
        return Explanation(occlusion_maps(NetworkClassifier(network), images, emotions), emotions)
    return Explanation(grad_cam(network, images, emotions), emotions)


def _rank_correlation(maps: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    from scipy.stats import rankdata

    if maps.shape != others.shape:
        raise ValueError(f"expected maps of the same faces, got {maps.shape} and {others.shape}")
    ranks = [rankdata(each.reshape(len(each), -1), axis=1) for each in (maps, others)]
    left, right = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    norms = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    products = (left * right).sum(axis=1)
    return float(np.divide(products, norms, out=np.zeros_like(norms), where=norms > 0).mean())
