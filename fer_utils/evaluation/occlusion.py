"""Which parts of a face speak for what a model says; needs nothing of it but its answers."""

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.emotions import EMOTIONS
from fer_utils.model.classifier import AnyClassifier


def occlusion_maps(
    classifier: AnyClassifier,
    images: NDArray[np.uint8],
    emotions: NDArray[np.integer],
    *,
    patch: int = 12,
    stride: int = 4,
) -> NDArray[np.float32]:
    """Return how much each place of a face matters, by hiding it (Zeiler and Fergus 2014).

    A square in the face's own mean gray goes over the face. Where hiding a place makes the
    emotion less probable, the place spoke for it.

    Parameters
    ----------
    classifier : AnyClassifier
        The model; it sees each face 100 times with the default patch and stride.
    images : ndarray of uint8, shape (n, 48, 48)
        The faces.
    emotions : ndarray of int, shape (n,)
        The emotion of each face to explain, 0 to 6; usually the one that the model names.
    patch, stride : int
        Side of the square and its steps, in pixels; the steps must end at the image's edge.

    Returns
    -------
    ndarray of float32, shape (n, 48, 48)
        By how much the emotion's probability falls when a pixel is hidden, -1 to 1: the mean
        over all squares that cover it. Negative where the place spoke against the emotion.

    Raises
    ------
    ValueError
        If the steps of the square leave a part of the image out, or there are not as many
        emotions as images.

    References
    ----------
    M. D. Zeiler and R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014.
    """
    _require_pairs(images, emotions)
    if not 0 < patch <= IMAGE_SIZE or stride < 1 or (IMAGE_SIZE - patch) % stride:
        raise ValueError(
            f"a square of {patch} pixels in steps of {stride} leaves a part of the image out: "
            f"expected a stride that divides {IMAGE_SIZE} less the patch"
        )
    starts = range(0, IMAGE_SIZE - patch + 1, stride)
    squares = np.zeros((len(starts) ** 2, IMAGE_SIZE, IMAGE_SIZE), dtype=bool)
    for square, (top, left) in zip(squares, ((t, s) for t in starts for s in starts), strict=True):
        square[top : top + patch, left : left + patch] = True
    maps = np.empty(images.shape, dtype=np.float32)
    for index, (image, emotion) in enumerate(zip(images, emotions, strict=True)):
        hidden = np.where(squares, np.rint(image.mean()).astype(np.uint8), image)
        said = classifier.predict(np.concatenate([image[None], hidden]))[:, emotion]
        falls = said[0] - said[1:]
        maps[index] = np.tensordot(falls, squares.astype(np.float32), axes=1) / squares.sum(axis=0)
    return maps


def surest_faces(probabilities: NDArray[np.floating], *, per_emotion: int = 1) -> NDArray[np.intp]:
    """Return for each emotion that a model names the faces on which it is surest.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        What the model says, rightly or not.
    per_emotion : int
        At most so many faces for each emotion.

    Returns
    -------
    ndarray of intp, shape (m,)
        Places of the faces, in the order of the emotions, the surest first.

    Examples
    --------
    >>> surest_faces(np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8]])).tolist()
    [1, 2]
    """
    named, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    chosen = [order[named[order] == label][:per_emotion] for label in range(len(EMOTIONS))]
    return np.concatenate(chosen)


def mean_maps(
    maps: NDArray[np.floating], emotions: NDArray[np.integer]
) -> dict[str, NDArray[np.floating]]:
    """Return the mean map of each emotion that has any, by name.

    Parameters
    ----------
    maps : ndarray of float, shape (n, 48, 48)
        What `occlusion_maps` or `fer_utils.evaluation.grad_cam.grad_cam` returned.
    emotions : ndarray of int, shape (n,)
        The emotion that each map explains, 0 to 6.

    Returns
    -------
    dict of str to ndarray of float, shape (48, 48)
        In the order of `fer_utils.emotions.EMOTIONS`.
    """
    return {EMOTIONS[label]: maps[emotions == label].mean(axis=0) for label in np.unique(emotions)}


def rank_correlation(maps: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """Return how alike two sets of maps order the places of a face.

    Parameters
    ----------
    maps, others : ndarray of float, shape (n, 48, 48)
        Maps of the same faces.

    Returns
    -------
    float
        The mean of Spearman's rank correlation over the faces, -1 to 1; a map without any
        structure counts as 0.

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    from scipy.stats import rankdata  # Slow to import, and no prediction needs it.

    if maps.shape != others.shape:
        raise ValueError(f"expected maps of the same faces, got {maps.shape} and {others.shape}")
    ranks = [rankdata(each.reshape(len(each), -1), axis=1) for each in (maps, others)]
    left, right = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    spread = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    together = (left * right).sum(axis=1)
    return float(np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0).mean())


def _require_pairs(images: NDArray[np.uint8], emotions: NDArray[np.integer]) -> None:
    if len(images) != len(emotions):
        raise ValueError(
            f"expected an emotion for each of {len(images)} faces, got {len(emotions)}"
        )
