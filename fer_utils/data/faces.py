"""Hold faces with their labels, splits, and provenance."""

import hashlib
import html
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.provenance import DataError, Provenance, join_provenances
from fer_utils.data.votes import VOTE_CLASSES, emotional_votes, find_winners
from fer_utils.data.zip_files import open_zip
from fer_utils.emotions import EMOTIONS
from fer_utils.paths import atomic_file

if TYPE_CHECKING:
    import pandas as pd

IMAGE_SIZE = 48
SPLITS = ("Training", "PublicTest", "PrivateTest")

# Faces with fewer votes for an emotion are mostly called unknown, or no face.
_LEAST_EMOTIONAL_VOTES = 5

# Arrays that may be omitted: their type, the value that each face then has, and its shape.
_DEFAULTS: dict[str, tuple[type[np.generic], float, tuple[int, ...]]] = {
    "has_training_copy": (np.bool_, False, ()),
    "has_conflicting_copy": (np.bool_, False, ()),
    "is_synthetic": (np.bool_, False, ()),
    "weights": (np.float32, 1.0, ()),
    "votes": (np.uint8, 0, (len(VOTE_CLASSES),)),
}
_ARRAYS = ("images", "labels", "splits", "names", "origins", *_DEFAULTS)

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]


def _unset() -> NDArray:
    return np.zeros(0)


@dataclass(frozen=True, repr=False)
class Faces:
    """Faces with their labels, splits, and provenance.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, 48, 48)
        Gray images, 0 (black) to 255 (white).
    labels : ndarray of uint8, shape (n,)
        Indices into `fer_utils.emotions.EMOTIONS`.
    splits : ndarray of str, shape (n,)
        ``Training``, ``PublicTest`` (validation), or ``PrivateTest`` (test).
    names : ndarray of str, shape (n,)
        The row or file of each image.
    origins : ndarray of str, shape (n,)
        The source of each image, to tell joined sources apart.
    provenance : Provenance
        Where all of the faces come from.
    has_training_copy : ndarray of bool, shape (n,)
        Whether an evaluation image has an exact copy in the Training split as loaded. Set by
        `fer_utils.data.audit.clean`; False by default.
    has_conflicting_copy : ndarray of bool, shape (n,)
        Whether an exact copy of the image, in any split as loaded, has another label. Set by
        `fer_utils.data.audit.clean`; False by default.
    is_synthetic : ndarray of bool, shape (n,)
        Whether `fer_utils.data.balancing.balance` added the image; False by default.
    weights : ndarray of float32, shape (n,)
        The weight of each face in the training loss; 1 by default.
    votes : ndarray of uint8, shape (n, 10)
        How many people voted for each of `fer_utils.data.votes.VOTE_CLASSES`; 0 by default.

    Raises
    ------
    DataError
        If an array has the wrong type or shape, or a label or split is unknown.
    """

    images: Images
    labels: Labels
    splits: NDArray[np.str_]
    names: NDArray[np.str_]
    origins: NDArray[np.str_]
    provenance: Provenance
    has_training_copy: NDArray[np.bool_] = field(default_factory=_unset)
    has_conflicting_copy: NDArray[np.bool_] = field(default_factory=_unset)
    is_synthetic: NDArray[np.bool_] = field(default_factory=_unset)
    weights: NDArray[np.float32] = field(default_factory=_unset)
    votes: NDArray[np.uint8] = field(default_factory=_unset)

    def __post_init__(self) -> None:
        count = len(self.images)
        for name, (kind, value, shape) in _DEFAULTS.items():
            array = vars(self)[name]
            is_unset = array.shape == (0,)
            filled = (
                np.full((count, *shape), value, kind)
                if is_unset
                else array.astype(kind, copy=False)
            )
            object.__setattr__(self, name, filled)
        expected = (count, IMAGE_SIZE, IMAGE_SIZE)
        if self.images.shape != expected or self.images.dtype != np.uint8:
            raise DataError(
                f"images must be uint8 of shape {expected}, "
                f"got {self.images.dtype} of shape {self.images.shape}"
            )
        for name in _ARRAYS[1:]:
            wanted = (count, *_DEFAULTS.get(name, (None, 0, ()))[2])
            shape = vars(self)[name].shape
            if shape != wanted:
                raise DataError(
                    f"{name} has shape {shape}, but there are {count} images: expected {wanted}"
                )
        if self.labels.dtype != np.uint8 or (count and self.labels.max() >= len(EMOTIONS)):
            raise DataError("labels must be uint8 from 0 to 6")
        unknown = set(np.unique(self.splits).tolist()) - set(SPLITS)
        if unknown:
            raise DataError(f"unknown split {sorted(unknown)}: expected {', '.join(SPLITS)}")

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        counts = ", ".join(f"{split} {np.sum(self.splits == split):,}" for split in SPLITS)
        return f"<{len(self):,} faces from {self.provenance.source}: {counts}>"

    def _repr_html_(self) -> str:
        lines = "<br>".join(html.escape(line) for line in self.provenance.describe().splitlines())
        return f"<p>{len(self):,} faces<br>{lines}</p>{self.counts().to_html()}"

    def select(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Faces":
        """Return the faces selected by a mask of shape (n,) or by indices."""
        return replace(self, **{name: vars(self)[name][which] for name in _ARRAYS})

    def of_split(self, split: str) -> "Faces":
        """Return the faces of one split.

        Raises
        ------
        DataError
            If `split` is not one of `SPLITS`.
        """
        if split not in SPLITS:
            raise DataError(f"unknown split {split!r}: expected {', '.join(SPLITS)}")
        return self.select(self.splits == split)

    def counts(self) -> "pd.DataFrame":
        """Return the number of faces of each emotion (rows) in each split (columns)."""
        return self._counts_of({split: self.splits == split for split in SPLITS})

    def training_counts(self) -> "pd.DataFrame":
        """Return the number of original and added Training faces of each emotion."""
        training = self.splits == "Training"
        added = training & self.is_synthetic
        return self._counts_of({"original": training & ~added, "added": added})

    def _counts_of(self, masks: dict[str, NDArray[np.bool_]]) -> "pd.DataFrame":
        import pandas as pd

        counts = {name: label_counts(self.labels[mask]) for name, mask in masks.items()}
        return pd.DataFrame(counts, index=list(EMOTIONS))

    def load_data(self) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
        """Return training and test arrays in the form of the data sets of Keras.

        Returns
        -------
        (x_train, y_train), (x_test, y_test)
            The images, uint8 of shape (n, 48, 48), and labels, uint8 of shape (n,), of Training
            and of PrivateTest. Images are not scaled: our networks do that themselves.
        """
        training, test = self.of_split("Training"), self.of_split("PrivateTest")
        return (training.images, training.labels), (test.images, test.labels)

    def follow_votes(self) -> "Faces":
        """Return the faces labeled with the emotion that most people see, to learn from the votes.

        Training loses faces with fewer than five votes for an emotion; the evaluation splits lose
        faces without a single winner, which have no right answer.

        Raises
        ------
        DataError
            If there are no votes.
        """
        if not self.votes.any():
            raise DataError(
                f"{self.provenance.source} has no votes: run `fer-utils data --get-votes` and load "
                "FER-2013 again, or learn from the labels"
            )
        winners, is_clear = find_winners(self.votes)
        is_training = self.splits == "Training"
        few = is_training & (emotional_votes(self.votes).sum(axis=1) < _LEAST_EMOTIONAL_VOTES)
        unclear = ~is_training & ~is_clear
        left_out = self.provenance.left_out | {
            "fewer than five votes for an emotion": int(few.sum()),
            "no single winner of the votes in an evaluation split": int(unclear.sum()),
        }
        counted = replace(self.provenance, left_out=left_out, follows_votes=True)
        return replace(self, labels=winners, provenance=counted).select(~few & ~unclear)

    def fingerprint(self) -> str:
        """Return a SHA-256 of images, labels, and splits, equal for equal data."""
        digest = hashlib.sha256()
        for array in (self.images, self.labels):
            digest.update(np.ascontiguousarray(array).data)
        digest.update("\n".join(self.splits).encode())
        return digest.hexdigest()

    def save(self, path: str | Path) -> None:
        """Write the faces to an ``.npz`` file, atomically."""
        with atomic_file(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                **{name: vars(self)[name] for name in _ARRAYS},
                provenance=np.array(self.provenance.to_json()),
            )

    @classmethod
    def load(cls, path: str | Path) -> "Faces":
        """Return the faces of a file that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        DataError
            If it is not a file of faces.
        """
        made_by = "notebooks/01_load_data.ipynb (for balanced faces, also 02_balance_smote.ipynb)"
        arrays = read_arrays(path, made_by=made_by)
        try:
            provenance = Provenance.from_json(str(arrays.pop("provenance")))
            return cls(**arrays, provenance=provenance)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path} does not hold faces ({error}): make it again with {made_by}"
            ) from error


def label_counts(labels: Labels) -> NDArray[np.intp]:
    """Return the number of faces of each emotion, shape (7,)."""
    return np.bincount(labels, minlength=len(EMOTIONS))


def read_arrays(path: str | Path, *, made_by: str) -> dict[str, NDArray]:
    """Return the arrays of an ``.npz`` file by name.

    Parameters
    ----------
    path : str or Path
        The file.
    made_by : str
        What makes such a file, for the error message.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataError
        If it is damaged or not an ``.npz`` file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: first run {made_by}")
    try:
        with open_zip(path), np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception as error:
        raise DataError(f"cannot read {path} ({error}): make it again with {made_by}") from error


def join_faces(parts: list[Faces]) -> Faces:
    """Join several sources; each image keeps its origin.

    Parameters
    ----------
    parts : list of Faces
        At least one.

    Returns
    -------
    Faces
        The images in the order of `parts`.

    Raises
    ------
    DataError
        If there are no parts.
    """
    if not parts:
        raise DataError("nothing to join: expected at least one source of faces")
    provenance = join_provenances([part.provenance for part in parts])
    joined = {name: np.concatenate([vars(part)[name] for part in parts]) for name in _ARRAYS}
    return Faces(**joined, provenance=provenance)
