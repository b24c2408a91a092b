"""Record where faces come from, how they were processed, and what was skipped."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Literal

from fer_utils.paths import printable

_SHOWN_SKIPPED = 10

OnError = Literal["raise", "skip"]


class DataError(ValueError):
    """Data that cannot be used as is; the message names the file, the row, and the remedy."""


class BadItemError(Exception):
    """A bad row or file; the reader of the whole source adds which one it is."""


@dataclass(frozen=True)
class Skipped:
    """A bad row or file that was left out.

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
    """Where faces come from and how they were processed.

    Attributes
    ----------
    source : str
        The name of the file or folder, or ``synthetic``.
    kind : str
        The format it was recognized as.
    notes : tuple of str
        Decisions worth knowing, such as how a missing split was made.
    grayed, resized : int
        The number of images converted from color to gray, and resized to 48x48.
    left_out : dict of str to int
        The number of images left out on purpose, by reason, such as contempt in CK+.
    skipped : tuple of Skipped
        Bad rows and files left out under ``on_error="skip"``.
    real_people : bool
        Whether the images show real people; reports then hide them unless asked to show them.
    balancing : str
        How the Training split was balanced; see `fer_utils.data.balancing.balance`.
    follows_votes : bool
        Whether the labels are what most people see; see `fer_utils.Faces.follow_votes`.
    """

    source: str
    kind: str
    notes: tuple[str, ...] = ()
    grayed: int = 0
    resized: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    real_people: bool = True
    balancing: str = "none"
    follows_votes: bool = False

    def to_json(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Return the record from the output of `to_json`."""
        values = json.loads(text)
        values["notes"] = tuple(values["notes"])
        values["skipped"] = tuple(Skipped(**item) for item in values["skipped"])
        return cls(**values)

    def describe(self) -> str:
        """Return a summary of a few lines."""
        lines = [f"{self.source}: {self.kind}", *self.notes]
        if self.grayed or self.resized:
            lines.append(f"{self.grayed} converted to gray, {self.resized} resized to 48x48")
        lines += [f"{count} left out: {reason}" for reason, count in self.left_out.items()]
        if self.skipped:
            lines.append(f"{len(self.skipped)} bad rows or files skipped:")
            lines += [f"  {item.item}: {item.reason}" for item in self.skipped[:_SHOWN_SKIPPED]]
            if len(self.skipped) > _SHOWN_SKIPPED:
                lines.append(f"  and {len(self.skipped) - _SHOWN_SKIPPED} more")
        return "\n".join(map(printable, lines))


def join_provenances(records: list[Provenance]) -> Provenance:
    """Return the record of several joined sources."""
    left_out: Counter[str] = Counter()
    for record in records:
        left_out.update(record.left_out)
    return Provenance(
        source=" + ".join(record.source for record in records),
        kind=" + ".join(record.kind for record in records),
        notes=tuple(f"{record.source}: {note}" for record in records for note in record.notes),
        grayed=sum(record.grayed for record in records),
        resized=sum(record.resized for record in records),
        left_out=dict(left_out),
        skipped=tuple(skipped for record in records for skipped in record.skipped),
        real_people=any(record.real_people for record in records),
        balancing=" + ".join(dict.fromkeys(record.balancing for record in records)),
        follows_votes=all(record.follows_votes for record in records),
    )


@dataclass
class Problems:
    """The bad rows and files of one source.

    Attributes
    ----------
    on_error : {"raise", "skip"}
        Whether to stop at a bad row or file, or to skip it.
    skipped : tuple of Skipped
        The rows and files skipped so far, in order.
    """

    on_error: OnError
    skipped: tuple[Skipped, ...] = ()

    def report(self, item: str, reason: str) -> None:
        """Raise an error for a bad row or file, or record that it is skipped.

        Parameters
        ----------
        item : str
            The row or file, such as ``fer2013.csv row 17``.
        reason : str
            What was expected and what was found.

        Raises
        ------
        DataError
            If `on_error` is "raise".
        """
        if self.on_error == "raise":
            raise DataError(
                f'{item}: {reason}. Repair or remove it, or pass on_error="skip" to skip bad items'
            )
        self.skipped += (Skipped(item, reason),)
