"""Balance the emotions of the Training split by resampling or by class weights."""

from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, Faces, Images, Labels, join_faces, label_counts
from fer_utils.emotions import EMOTIONS

# imblearn and sklearn are imported where they are used: they take two seconds and belong to the
# extra "train".

_WEIGHTING = ("class_weight", "log_class_weight")
STRATEGIES = ("none", "random", "smote", "borderline_smote", *_WEIGHTING)


@runtime_checkable
class Sampler(Protocol):
    """A sampler with the interface of imbalanced-learn."""

    def fit_resample(self, X: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:  # noqa: N803
        """Return resampled features, shape (m, 2304), and their labels, shape (m,)."""


def balance(
    faces: Faces,
    strategy: str | Sampler = "smote",
    *,
    seed: int = 0,
    k_neighbors: int = 5,
) -> Faces:
    """Balance the emotions of the Training split; evaluation faces stay as they are.

    Parameters
    ----------
    faces : Faces
        Faces that are not balanced yet.
    strategy : str or sampler, default "smote"
        One of:

        - ``"none"``: change nothing;
        - ``"random"``: repeat faces of the rare emotions;
        - ``"smote"``: add faces interpolated between a face and one of its `k_neighbors` nearest
          neighbors of the same emotion (Chawla et al. 2002);
        - ``"borderline_smote"``: do so only near the border between emotions (Han et al. 2005);
          an emotion without faces there gets none;
        - ``"class_weight"``: weight each emotion by its inverse frequency, n / (7 n_emotion);
        - ``"log_class_weight"``: weight each emotion by max(1, log(0.15 n / n_emotion));
        - an over-sampler with the interface of imbalanced-learn, such as
          ``imblearn.over_sampling.ADASYN()``. It gets float32 features from 0 to 255, shape
          (n, 2304), or (n, 2314) if the faces follow votes; new features are rounded and
          clipped to uint8.
    seed : int, default 0
        The seed of the named strategies; a sampler has its own ``random_state``.
    k_neighbors : int, default 5
        The number of neighbors that the SMOTE strategies choose from.

    Returns
    -------
    Faces
        The same faces in the same order, followed by the added ones (`Faces.is_synthetic`, names
        such as ``smote 00017``, split ``Training``), with `Faces.weights`.

    Raises
    ------
    ValueError
        If the strategy is unknown.
    DataError
        If the faces are already balanced, an emotion has too few faces, or a sampler does not
        keep all original faces.

    References
    ----------
    Chawla, N. V. et al. (2002). SMOTE: synthetic minority over-sampling technique. JAIR 16.
    Han, H., Wang, W.-Y. & Mao, B.-H. (2005). Borderline-SMOTE. ICIC 2005.

    Examples
    --------
    >>> from fer_utils.data.drawn_faces import draw_faces
    >>> faces = draw_faces(200)
    >>> balance(faces, "random").training_counts().sum(axis=1).tolist()
    [40, 40, 40, 40, 40, 40, 40]
    """
    if faces.provenance.balancing != "none":
        raise DataError(
            f"expected faces that are not balanced yet, got faces balanced with "
            f"{faces.provenance.balancing}: balance the original faces instead"
        )
    if strategy not in STRATEGIES and not isinstance(strategy, Sampler):
        raise ValueError(
            f"unknown strategy {strategy!r}: expected one of {', '.join(STRATEGIES)}, "
            "or a sampler of imbalanced-learn"
        )
    if strategy == "none":
        return faces
    name = strategy if isinstance(strategy, str) else type(strategy).__name__
    training = faces.of_split("Training")
    if isinstance(strategy, str):
        _require_members(training, strategy, k_neighbors)
    if name in _WEIGHTING:
        weights = faces.weights.copy()
        weights[faces.splits == "Training"] = _class_weights(name, training.labels)
        balanced = replace(faces, weights=weights)
    else:
        sampler = _named_sampler(strategy, seed, k_neighbors)
        balanced = join_faces([faces, _added_faces(training, sampler, name)])
    note = f"Training balanced with {name}: {len(balanced) - len(faces)} faces added"
    notes = (*faces.provenance.notes, note)
    return replace(balanced, provenance=replace(faces.provenance, balancing=name, notes=notes))


def smote_parents(
    synthetic_image: Images, originals: Images, *, k_neighbors: int = 5
) -> tuple[int, int]:
    """Find the two originals that a SMOTE image was interpolated between.

    Parameters
    ----------
    synthetic_image : ndarray of uint8, shape (48, 48)
        An image that `balance` added with ``smote``.
    originals : ndarray of uint8, shape (n, 48, 48)
        All originals of its emotion.
    k_neighbors : int, default 5
        The value passed to `balance`.

    Returns
    -------
    tuple of int
        The indices of the original it started from and of the neighbor it moved toward.
    """
    from sklearn.neighbors import NearestNeighbors

    features = pixel_features(originals)
    sample = synthetic_image.reshape(-1).astype(np.float32)
    search = NearestNeighbors(n_neighbors=k_neighbors + 1).fit(features)
    neighbors = search.kneighbors(features, return_distance=False)[:, 1:]
    best, parents = np.inf, (0, 0)
    for start, candidates in enumerate(neighbors):
        direction = features[candidates] - features[start]
        length = np.maximum((direction**2).sum(axis=1), 1e-9)
        step = np.clip(direction @ (sample - features[start]) / length, 0, 1)
        gaps = ((features[start] + step[:, None] * direction - sample) ** 2).sum(axis=1)
        if gaps.min() < best:
            best, parents = float(gaps.min()), (start, int(candidates[gaps.argmin()]))
    return parents


def _class_weights(strategy: str, labels: Labels) -> NDArray[np.float32]:
    """Return the weight of each Training face."""
    counts = label_counts(labels)
    if strategy == "class_weight":
        weights = counts.sum() / (len(counts) * counts)
    else:
        weights = np.maximum(1, np.log(0.15 * counts.sum() / counts))
    return weights.astype(np.float32)[labels]


def _require_members(training: Faces, strategy: str, k_neighbors: int) -> None:
    needed = k_neighbors + 1 if strategy in ("smote", "borderline_smote") else 1
    for emotion, count in zip(EMOTIONS, label_counts(training.labels), strict=True):
        if count < needed:
            raise DataError(
                f"{strategy} needs at least {needed} Training images of each emotion, "
                f"but {emotion} has {count}: add images, lower k_neighbors, "
                "or choose strategy='class_weight'"
            )


def _named_sampler(strategy: str | Sampler, seed: int, k_neighbors: int) -> Sampler:
    from imblearn.over_sampling import SMOTE, BorderlineSMOTE, RandomOverSampler

    if not isinstance(strategy, str):
        return strategy
    if strategy == "random":
        return RandomOverSampler(random_state=seed)
    method = SMOTE if strategy == "smote" else BorderlineSMOTE
    return method(k_neighbors=k_neighbors, random_state=seed)


def _added_faces(training: Faces, sampler: Sampler, name: str) -> Faces:
    """Return the faces that a sampler adds to the Training split."""
    count, pixels = len(training), training.images[0].size
    # SMOTE subtracts neighbors; differences of uint8 would wrap around.
    features = pixel_features(training.images)
    # Votes to learn from are interpolated like pixels; others must not change what is added.
    if training.provenance.follows_votes:
        features = np.concatenate([features, training.votes], axis=1, dtype=np.float32)
    features, labels = sampler.fit_resample(features, training.labels)
    values = np.clip(np.rint(features), 0, 255).astype(np.uint8)
    images = values[:, :pixels].reshape(-1, *training.images.shape[1:])
    if not (
        np.array_equal(images[:count], training.images)
        and np.array_equal(labels[:count], training.labels)
    ):
        raise DataError(
            f"expected {name} to return all {count} original faces first and unchanged, got "
            f"{len(images)} other faces: choose an over-sampler, such as SMOTE or ADASYN; "
            "samplers that drop or change faces are not supported"
        )
    added = len(images) - count
    votes = np.zeros((added, training.votes.shape[1]), dtype=np.uint8)
    votes[:, : values.shape[1] - pixels] = values[count:, pixels:]
    return Faces(
        images=images[count:],
        labels=labels[count:].astype(np.uint8),
        splits=np.full(added, "Training"),
        names=np.array([f"{name} {number:05}" for number in range(added)], dtype=np.str_),
        origins=np.full(added, name),
        provenance=training.provenance,
        is_synthetic=np.ones(added, dtype=bool),
        votes=votes,
    )


def pixel_features(images: Images) -> NDArray[np.float32]:
    """Return images (n, h, w) as float32 features (n, h * w), for samplers and classifiers."""
    return images.reshape(len(images), -1).astype(np.float32)
