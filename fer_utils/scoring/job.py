"""Define the records that a scoring run consists of."""

import json
import math
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from fer_utils.vision.detector import FACES
from fer_utils.vision.face_table import Row


class ScoringError(ValueError):
    """A run that cannot start or continue; the message gives the reason and a remedy."""


class PlannedFile(NamedTuple):
    """A file to score, as it was when the run was planned.

    Attributes
    ----------
    name : str
        Its name in the table: relative to the folder, or as written in the list.
    size : int or None
        In bytes; None if the file is missing.
    modified : int or None
        Time of the last change, in nanoseconds since 1970; None if the file is missing.
    problem : str or None
        Why the file is not even opened.
    """

    name: str
    size: int | None = None
    modified: int | None = None
    problem: str | None = None


class Partition(NamedTuple):
    """The files that a worker scores in one go and writes as one part of the table.

    Attributes
    ----------
    number : int
        Counts from 0, in the order of the inputs.
    video : bool
        Whether its only file is a video; otherwise all files are pictures.
    files : tuple of PlannedFile
        In the order of the inputs.
    """

    number: int
    video: bool
    files: tuple[PlannedFile, ...]

    def to_line(self) -> str:
        """Return one line of JSON, without the newline."""
        return json.dumps(self, separators=(",", ":"))

    @classmethod
    def from_line(cls, line: str) -> "Partition":
        """Create a partition from the output of `to_line`."""
        number, video, files = json.loads(line)
        return cls(number, video, tuple(PlannedFile(*file) for file in files))


@dataclass(frozen=True, kw_only=True)
class ScoringSettings:
    """Everything that the results depend on, apart from the content of the files.

    Attributes
    ----------
    inputs : str
        Absolute path of the folder or the list.
    root : str
        Absolute path of the folder that relative names refer to.
    partition : int
        Pictures per partition.
    model : str
        Checksum of the model's LiteRT export.
    uncertain_below : float
        See `fer_utils.vision.recognizer.Recognizer`.
    faces : str
        Which faces to find, one of `fer_utils.vision.detector.FACES`.
    rate : float or None
        Frames to analyze per second of video; None for every frame.

    Raises
    ------
    ScoringError
        If the partition, faces, or rate is not valid.
    """

    inputs: str
    root: str
    partition: int
    model: str
    uncertain_below: float
    faces: str
    rate: float | None

    def __post_init__(self) -> None:
        if self.partition < 1:
            raise ScoringError(f"expected a partition of 1 or more pictures, got {self.partition}")
        if self.faces not in FACES:
            raise ScoringError(f"unknown faces {self.faces!r}: expected one of {FACES}")
        if self.rate is not None and not (math.isfinite(self.rate) and self.rate > 0):
            raise ScoringError(f"expected a rate above 0 frames per second, got {self.rate}")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A description of the results in a folder, written before the first part.

    Attributes
    ----------
    settings : ScoringSettings
        Everything that the results depend on.
    plan : str
        Checksum of the plan, which has the names, sizes, and times of all files.
    files, parts : int
        Number of files and parts in the plan.
    format : int
        Version of the folder's layout.
    """

    settings: ScoringSettings
    plan: str
    files: int
    parts: int
    format: int = 1

    def to_text(self) -> str:
        """Return the manifest as JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """Create a manifest from the output of `to_text`.

        Raises
        ------
        KeyError, TypeError, ValueError
            If the text is anything else.
        """
        stored = json.loads(text)
        return cls(**stored | {"settings": ScoringSettings(**stored["settings"])})


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that a worker needs to know in addition to the partition.

    Attributes
    ----------
    out : str
        Absolute path of the results folder, which all workers share.
    model : str
        Absolute path of the model folder.
    manifest : Manifest
        Manifest of the results folder.
    """

    out: str
    model: str
    manifest: Manifest


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some results of a file; a long video yields many pieces.

    Attributes
    ----------
    place : int
        Index of the file in its partition.
    rows : list of dict
        Rows as in `fer_utils.vision.face_table`.
    ended : bool
        Whether this is the file's last piece.
    problem : str or None
        In the last piece: why the file, or the rest of it, could not be scored.
    """

    place: int
    rows: list[Row] = field(default_factory=list)
    ended: bool = False
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class PartReport:
    """A worker's report on one part.

    Attributes
    ----------
    files, errors : int
        Number of files in the partition, and of those that could not be scored.
    seconds : float
        Time taken; 0 if the part already existed.
    """

    files: int
    errors: int
    seconds: float
