"""The record that every source of faces is turned into."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.paths import atomic_file

IMAGE_SIZE = 48
SPLITS = ("Training", "PublicTest", "PrivateTest")

_MARKS = ("has_training_copy", "has_conflicting_copy")
_ARRAYS = ("images", "labels", "splits", "names", "origins", *_MARKS)


class DataError(ValueError):
    """Data that cannot be used as it is; the message names the file, the row and the remedy."""


@dataclass(frozen=True)
class Skipped:
    """A row or file that was left out because it is bad.

    Attributes
    ----------
    item : str
        The row or file, such as ``fer2013.csv row 17``.
    reason : str
        What is wrong with it.
    """

    item: str
    reason: str


@dataclass(frozen=True)
class Provenance:
    """Where faces come from and what was done to them on the way.

    Attributes
    ----------
    source : str
        The name of the source: a file's or folder's name, or ``synthetic``.
    kind : str
        The format it was recognised as.
    notes : tuple of str
        Decisions worth knowing, such as how a missing split was made.
    grayed, resized : int
        How many images were turned from colour to gray, and brought to 48x48.
    left_out : dict of str to int
        Images left out on purpose, by reason, such as CK+'s contempt.
    skipped : tuple of Skipped
        Bad rows and files left out under ``on_error="skip"``.
    real_people : bool
        Whether the images show real people, so that reports must not show them unasked.
    """

    source: str
    kind: str
    notes: tuple[str, ...] = ()
    grayed: int = 0
    resized: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    real_people: bool = True

    def to_json(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Return the record that `to_json` wrote."""
        values = json.loads(text)
        values["notes"] = tuple(values["notes"])
        values["skipped"] = tuple(Skipped(**item) for item in values["skipped"])
        return cls(**values)

    def describe(self) -> str:
        """Return a few lines that say what was read and what was done to it."""
        lines = [f"{self.source}: {self.kind}", *self.notes]
        if self.grayed or self.resized:
            lines.append(f"{self.grayed} turned gray, {self.resized} resized to 48x48")
        lines += [f"{count} left out: {reason}" for reason, count in self.left_out.items()]
        if self.skipped:
            lines.append(f"{len(self.skipped)} bad rows or files skipped:")
            lines += [f"  {skipped.item}: {skipped.reason}" for skipped in self.skipped[:10]]
            if len(self.skipped) > 10:
                lines.append(f"  and {len(self.skipped) - 10} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class Faces:
    """Faces with their labels, splits and origins.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, 48, 48)
        Gray images, 0 (black) to 255 (white).
    labels : ndarray of uint8, shape (n,)
        Indices into `fer_utils.emotions.EMOTIONS`.
    splits : ndarray of str, shape (n,)
        ``Training``, ``PublicTest`` (validation) or ``PrivateTest`` (test).
    names : ndarray of str, shape (n,)
        The row or file that each image comes from.
    origins : ndarray of str, shape (n,)
        The source that each image comes from, for joined sources.
    provenance : Provenance
        Where all of it comes from.
    has_training_copy : ndarray of bool, shape (n,)
        Whether an evaluation image has an exact copy in the Training split as it was loaded.
        `fer_utils.data.audit.clean` fills it in; False everywhere before.
    has_conflicting_copy : ndarray of bool, shape (n,)
        Whether an exact copy of the image, in any split as it was loaded, has another label;
        filled in likewise.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    splits: NDArray[np.str_]
    names: NDArray[np.str_]
    origins: NDArray[np.str_]
    provenance: Provenance
    has_training_copy: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    has_conflicting_copy: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        count = len(self.images)
        for name in _MARKS:
            if getattr(self, name).shape == (0,):
                object.__setattr__(self, name, np.zeros(count, dtype=bool))
        expected = (count, IMAGE_SIZE, IMAGE_SIZE)
        if self.images.shape != expected or self.images.dtype != np.uint8:
            raise DataError(
                f"images must be uint8 of shape {expected}, "
                f"not {self.images.dtype} of shape {self.images.shape}"
            )
        for name in _ARRAYS[1:]:
            if getattr(self, name).shape != (count,):
                raise DataError(
                    f"{name} has shape {getattr(self, name).shape}, but there are {count} images"
                )
        if self.labels.dtype != np.uint8 or (count and self.labels.max() >= len(EMOTIONS)):
            raise DataError("labels must be uint8 from 0 to 6")
        unknown = set(np.unique(self.splits).tolist()) - set(SPLITS)
        if unknown:
            raise DataError(f"unknown split {sorted(unknown)}: expected {', '.join(SPLITS)}")

    def __len__(self) -> int:
        return len(self.images)

    def select(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Faces":
        """Return the faces that a mask or indices, of shape (n,), pick."""
        return replace(self, **{name: getattr(self, name)[which] for name in _ARRAYS})

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

    def counts(self) -> pd.DataFrame:
        """Return how many faces each emotion (rows) has in each split (columns)."""
        table = pd.DataFrame(0, index=list(EMOTIONS), columns=list(SPLITS))
        for split in SPLITS:
            labels = self.labels[self.splits == split]
            table[split] = np.bincount(labels, minlength=len(EMOTIONS))
        return table

    def fingerprint(self) -> str:
        """Return a SHA-256 over images, labels and splits: the same data gives the same text."""
        digest = hashlib.sha256()
        for array in (self.images, self.labels):
            digest.update(np.ascontiguousarray(array).data)
        digest.update("\n".join(self.splits).encode())
        return digest.hexdigest()

    def save(self, path: str | Path) -> None:
        """Write all of it to an ``.npz`` file, whole or not at all."""
        with atomic_file(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                **{name: getattr(self, name) for name in _ARRAYS},
                provenance=np.array(self.provenance.to_json()),
            )

    @classmethod
    def load(cls, path: str | Path) -> "Faces":
        """Return what `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        DataError
            If it is not a file of faces.
        """
        arrays = read_arrays(path, made_by="notebooks/01_load_data.ipynb")
        try:
            provenance = Provenance.from_json(str(arrays.pop("provenance")))
            return cls(**arrays, provenance=provenance)
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise DataError(f"{path} does not hold faces: {error}") from error


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
        If it is damaged or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run {made_by} first, which makes it")
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception as error:
        raise DataError(f"{path} cannot be read ({error}): make it again with {made_by}") from error


def join_faces(parts: list[Faces]) -> Faces:
    """Return several sources as one, each image keeping its origin.

    Parameters
    ----------
    parts : list of Faces
        At least one.

    Returns
    -------
    Faces
        The images in the order of `parts`.
    """
    if not parts:
        raise DataError("nothing to join: expected at least one source of faces")
    records = [part.provenance for part in parts]
    left_out: dict[str, int] = {}
    for record in records:
        for reason, count in record.left_out.items():
            left_out[reason] = left_out.get(reason, 0) + count
    provenance = Provenance(
        source=" + ".join(record.source for record in records),
        kind=" + ".join(record.kind for record in records),
        notes=tuple(f"{record.source}: {note}" for record in records for note in record.notes),
        grayed=sum(record.grayed for record in records),
        resized=sum(record.resized for record in records),
        left_out=left_out,
        skipped=tuple(skipped for record in records for skipped in record.skipped),
        real_people=any(record.real_people for record in records),
    )
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS}
    return Faces(**joined, provenance=provenance)
