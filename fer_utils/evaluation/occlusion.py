"""Explain any classifier's predictions by occluding parts of a face."""

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE
from fer_utils.model.classifier import AnyClassifier


def occlusion_maps(
    classifier: AnyClassifier,
    images: NDArray[np.uint8],
    emotions: NDArray[np.integer],
    *,
    patch: int = 12,
    stride: int = 4,
) -> NDArray[np.float32]:
    """Return how much each pixel of a face matters, by occluding it (Zeiler and Fergus 2014).

    A square of the face's mean gray slides over the face. If the emotion becomes less probable,
    the occluded pixels are evidence for it.

    Parameters
    ----------
    classifier : AnyClassifier
        The model; predicts 101 images per face with the default patch and stride.
    images : ndarray of uint8, shape (n, 48, 48)
        Gray faces.
    emotions : ndarray of int, shape (n,)
        Emotion to explain for each face, 0 to 6.
    patch, stride : int
        Side and step of the square, in pixels; the steps must end at the image's edge.

    Returns
    -------
    ndarray of float32, shape (n, 48, 48)
        Drop of the emotion's probability, -1 to 1, averaged over all squares that cover a pixel.
        Negative values are evidence against the emotion.

    Raises
    ------
    ValueError
        If the squares do not cover the image, or images and emotions differ in number.

    References
    ----------
    M. D. Zeiler and R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014.
    """
    if len(images) != len(emotions):
        raise ValueError(f"expected one emotion per face, got {len(emotions)} for {len(images)}")
    if not 0 < patch <= IMAGE_SIZE or stride < 1 or (IMAGE_SIZE - patch) % stride:
        raise ValueError(
            f"expected a patch of 1 to {IMAGE_SIZE} pixels and a stride that divides "
            f"{IMAGE_SIZE} - patch, got patch={patch} and stride={stride}"
        )
    starts = range(0, IMAGE_SIZE - patch + 1, stride)
    squares = np.zeros((len(starts) ** 2, IMAGE_SIZE, IMAGE_SIZE), dtype=bool)
    for square, (top, left) in zip(squares, ((t, s) for t in starts for s in starts), strict=True):
        square[top : top + patch, left : left + patch] = True
    maps = np.empty(images.shape, dtype=np.float32)
    for index, (image, emotion) in enumerate(zip(images, emotions, strict=True)):
        occluded = np.where(squares, np.rint(image.mean()).astype(np.uint8), image)
        probability = classifier.predict(np.concatenate([image[None], occluded]))[:, emotion]
        drops = probability[0] - probability[1:]
        maps[index] = np.tensordot(drops, squares.astype(np.float32), axes=1) / squares.sum(axis=0)
    return maps
