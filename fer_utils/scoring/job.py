"""What a run of scoring is made of."""

import json
from dataclasses import asdict, dataclass, field

from fer_utils.vision.face_table import Row


class ScoringError(ValueError):
    """A run that cannot start or go on; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """A file that is to be scored, as it was when the run was planned.

    Attributes
    ----------
    name : str
        As the table calls it: relative to the folder, or as it stands in the list.
    size : int or None
        In bytes; None where there is no such file.
    modified : int or None
        When it was last changed, in nanoseconds since 1970; None where there is no such file.
    problem : str or None
        Why it is not even opened.
    """

    name: str
    size: int | None = None
    modified: int | None = None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Partition:
    """What one worker scores at a time and writes as one part of the table.

    Attributes
    ----------
    number : int
        Counts from 0, in the order of the inputs.
    video : bool
        Whether its only file is a video; pictures otherwise.
    files : tuple of PlannedFile
        In the order of the inputs.
    """

    number: int
    video: bool
    files: tuple[PlannedFile, ...]

    def to_line(self) -> str:
        """Return it as one line of a plan, without the line's end."""
        files = [[file.name, file.size, file.modified, file.problem] for file in self.files]
        return json.dumps([self.number, self.video, files], separators=(",", ":"))

    @classmethod
    def from_line(cls, line: str) -> "Partition":
        """Return what `to_line` wrote."""
        number, video, files = json.loads(line)
        planned = tuple(
            PlannedFile(name=name, size=size, modified=modified, problem=problem)
            for name, size, modified, problem in files
        )
        return cls(number=number, video=video, files=planned)


@dataclass(frozen=True, kw_only=True)
class ScoringSettings:
    """What the results of a run depend on, beside the files' content.

    Attributes
    ----------
    inputs : str
        Absolute path of the folder or the list.
    root : str
        Absolute path of the folder that relative names count from.
    partition : int
        Pictures in one partition.
    model : str
        Checksum of the model's LiteRT export.
    uncertain_below : float
        As of `fer_utils.vision.recognizer.Recognizer`.
    detector : str
        One of `fer_utils.vision.detector.DETECTORS`.
    rate : float or None
        Frames looked at in each second of a video; None for all.
    """

    inputs: str
    root: str
    partition: int
    model: str
    uncertain_below: float
    detector: str
    rate: float | None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a folder of results holds, or will hold when the run is complete.

    Attributes
    ----------
    settings : ScoringSettings
        What the results depend on.
    plan : str
        Checksum of the plan: the names, sizes and times of all files.
    files, parts : int
        How many there are in the plan.
    format : int
        Of the folder.
    """

    settings: ScoringSettings
    plan: str
    files: int
    parts: int
    format: int = 1

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """Return what `to_text` wrote; a TypeError or ValueError if it is anything else."""
        stored = json.loads(text)
        return cls(**stored | {"settings": ScoringSettings(**stored["settings"])})


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker must know beside the partition.

    Attributes
    ----------
    out : str
        Absolute path of the folder of results; all workers see the same one.
    model : str
        Absolute path of the model folder.
    manifest : Manifest
        Of the folder of results.
    """

    out: str
    model: str
    manifest: Manifest


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What comes of a file: some of its rows, or its end.

    Attributes
    ----------
    place : int
        The file's index in its partition.
    rows : list of dict
        As in `fer_utils.vision.face_table`; a long video comes in many pieces.
    ended : bool
        Whether it is the file's last piece.
    problem : str or None
        With the last piece: why the file, or the rest of it, could not be scored.
    """

    place: int
    rows: list[Row] = field(default_factory=list)
    ended: bool = False
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class PartReport:
    """What a worker did.

    Attributes
    ----------
    files, errors : int
        Files of the partition, and how many of them could not be scored.
    seconds : float
        How long it took; 0 for a part that was there already.
    """

    files: int
    errors: int
    seconds: float
