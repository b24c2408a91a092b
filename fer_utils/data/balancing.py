"""Make the rare emotions count: resample the Training split, or weigh its classes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, read_arrays
from fer_utils.emotions import EMOTIONS
from fer_utils.paths import atomic_file

# imblearn and sklearn are imported where they are used: they take two seconds, which every command
# would wait for.

STRATEGIES = (
    "none",
    "random",
    "smote",
    "borderline_smote",
    "class_weight",
    "log_class_weight",
)


@dataclass(frozen=True)
class Balanced:
    """Training faces after balancing: the originals first and unchanged, then the added ones.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, 48, 48)
        Gray images.
    labels : ndarray of uint8, shape (n,)
        Indices into `fer_utils.emotions.EMOTIONS`.
    synthetic : ndarray of bool, shape (n,)
        Whether an image was added by the balancing.
    class_weights : ndarray of float32, shape (7,)
        What a sample of each class counts in the loss; ones where samples were added instead.
    strategy : str
        One of `STRATEGIES`.
    seed : int
        What the random choices started from.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    synthetic: NDArray[np.bool_]
    class_weights: NDArray[np.float32]
    strategy: str
    seed: int

    def __len__(self) -> int:
        return len(self.images)

    def counts(self) -> pd.DataFrame:
        """Return the originals and the added faces of each emotion."""
        return pd.DataFrame(
            {
                "original": _class_counts(self.labels[~self.synthetic]),
                "added": _class_counts(self.labels[self.synthetic]),
            },
            index=list(EMOTIONS),
        )

    def save(self, path: str | Path) -> None:
        """Write all of it to an ``.npz`` file, whole or not at all."""
        with atomic_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **vars(self))

    @classmethod
    def load(cls, path: str | Path) -> "Balanced":
        """Return what `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        DataError
            If it is not a file of balanced faces.
        """
        arrays = read_arrays(path, made_by="notebooks/02_balance_smote.ipynb")
        try:
            strategy, seed = str(arrays.pop("strategy")), int(arrays.pop("seed"))
            return cls(**arrays, strategy=strategy, seed=seed)
        except (KeyError, TypeError) as error:
            raise DataError(f"{path} does not hold balanced faces: {error}") from error


def balance(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    *,
    strategy: str = "smote",
    seed: int = 0,
    k_neighbors: int = 5,
) -> Balanced:
    """Balance the classes of a Training split. Never give it evaluation images.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, 48, 48)
        The Training images.
    labels : ndarray of uint8, shape (n,)
        Their labels, 0 to 6.
    strategy : str
        ``none``; ``random`` repeats images of the rare classes; ``smote`` draws new ones on the
        line between an image and one of its `k_neighbors` nearest of the same class (Chawla et
        al. 2002); ``borderline_smote`` does so near the class border only (Han et al. 2005), and
        adds nothing to a class that has no image there;
        ``class_weight`` weighs classes by inverse frequency; ``log_class_weight`` by
        max(1, log(0.15 n / n_class)).
    seed : int
        What the random choices start from.
    k_neighbors : int
        How many neighbours SMOTE chooses among.

    Returns
    -------
    Balanced
        The faces or weights.

    Raises
    ------
    ValueError
        If the strategy is unknown.
    DataError
        If a class is empty, or too small for `k_neighbors`.

    Examples
    --------
    >>> images = np.zeros((5, 48, 48), dtype=np.uint8)
    >>> labels = np.array([0, 1, 2, 3, 3], dtype=np.uint8)
    >>> balance(images, labels, strategy="none").counts()["original"].tolist()
    [1, 1, 1, 2, 0, 0, 0]
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"unknown strategy {strategy!r}: expected one of {', '.join(STRATEGIES)}")
    counts = _class_counts(labels)
    added = images[:0], labels[:0]
    if strategy != "none":
        _require_members(counts, 1, strategy)
    if strategy == "random":
        added = _repeat_images(images, labels, seed)
    elif strategy in ("smote", "borderline_smote"):
        _require_members(counts, k_neighbors + 1, strategy)
        added = _interpolate_images(images, labels, strategy, seed, k_neighbors)
    return Balanced(
        images=np.concatenate([images, added[0]]),
        labels=np.concatenate([labels, added[1]]),
        synthetic=np.arange(len(images) + len(added[0])) >= len(images),
        class_weights=_class_weights(counts, strategy),
        strategy=strategy,
        seed=seed,
    )


def smote_parents(
    synthetic_image: NDArray[np.uint8],
    originals: NDArray[np.uint8],
    *,
    k_neighbors: int = 5,
) -> tuple[int, int]:
    """Find the two originals that a SMOTE image lies between.

    Parameters
    ----------
    synthetic_image : ndarray of uint8, shape (48, 48)
        An image that `balance` added with ``smote``.
    originals : ndarray of uint8, shape (n, 48, 48)
        All originals of its class.
    k_neighbors : int
        As given to `balance`.

    Returns
    -------
    tuple of int
        The indices of the original it started from and of the neighbour it moved towards.
    """
    from sklearn.neighbors import NearestNeighbors

    points = originals.reshape(len(originals), -1).astype(np.float32)
    sample = synthetic_image.reshape(-1).astype(np.float32)
    search = NearestNeighbors(n_neighbors=k_neighbors + 1).fit(points)
    neighbors = search.kneighbors(points, return_distance=False)[:, 1:]
    best, parents = np.inf, (0, 0)
    for start, candidates in enumerate(neighbors):
        direction = points[candidates] - points[start]
        length = np.maximum((direction**2).sum(axis=1), 1e-9)
        step = np.clip(direction @ (sample - points[start]) / length, 0, 1)
        gaps = ((points[start] + step[:, None] * direction - sample) ** 2).sum(axis=1)
        if gaps.min() < best:
            best, parents = float(gaps.min()), (start, int(candidates[gaps.argmin()]))
    return parents


def _class_counts(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    return np.bincount(labels, minlength=len(EMOTIONS))


def _require_members(counts: NDArray[np.intp], needed: int, strategy: str) -> None:
    for emotion, count in zip(EMOTIONS, counts, strict=True):
        if count < needed:
            raise DataError(
                f"{strategy} needs at least {needed} images of each emotion, "
                f"but {emotion} has {count}: add images, lower k_neighbors, "
                "or choose strategy='class_weight'"
            )


def _repeat_images(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    from imblearn.over_sampling import RandomOverSampler

    sampler = RandomOverSampler(random_state=seed)
    sampler.fit_resample(np.arange(len(images))[:, None], labels)
    repeated = sampler.sample_indices_[len(images) :]
    return images[repeated], labels[repeated]


def _interpolate_images(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    strategy: str,
    seed: int,
    k_neighbors: int,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images that SMOTE adds.

    In float32: SMOTE subtracts neighbours, and differences of uint8 wrap around.
    """
    from imblearn.over_sampling import SMOTE, BorderlineSMOTE

    method = SMOTE if strategy == "smote" else BorderlineSMOTE
    sampler = method(k_neighbors=k_neighbors, random_state=seed)
    points = images.reshape(len(images), -1).astype(np.float32)
    resampled, resampled_labels = sampler.fit_resample(points, labels)
    del points
    added = resampled[len(images) :]
    np.clip(np.rint(added, out=added), 0, 255, out=added)
    return added.astype(np.uint8).reshape(-1, *images.shape[1:]), resampled_labels[len(images) :]


def _class_weights(counts: NDArray[np.intp], strategy: str) -> NDArray[np.float32]:
    total, present = counts.sum(), np.maximum(counts, 1)
    if strategy == "class_weight":
        return (total / (len(counts) * present)).astype(np.float32)
    if strategy == "log_class_weight":
        return np.maximum(1, np.log(0.15 * total / present)).astype(np.float32)
    return np.ones(len(counts), dtype=np.float32)
