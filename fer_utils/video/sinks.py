"""Tables of a video's faces as CSV files, written row by row."""

import csv
import math
import tempfile
from pathlib import Path
from typing import IO

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.face_table import COLUMNS, frame_rows
from fer_utils.vision.observation import Observation, TrackedFace

_START = ("frame", "time")


class LongTable:
    """A row for each frame and face, with the columns `fer_utils.vision.face_table.COLUMNS`.

    A frame without a face has a row with nothing but its number and time.

    Parameters
    ----------
    path : Path
        The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def add(self, seen: Observation) -> None:
        """Add what was seen in a frame."""
        self._writer.writerows(
            [_text(row[column]) for column in COLUMNS] for row in frame_rows(seen)
        )

    def finish(self) -> None:
        """Write what is missing; no more may follow."""
        self._file.close()

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()


class WideTable:
    """A row for each frame, its faces beside each other, as the package `fer` writes them.

    After frame and time come box0, angry0, ..., neutral0, box1 and so on: a box as a list of
    whole pixels [x, y, w, h], and probabilities. The faces of a frame stand in the order of their
    numbers, so there are as many groups of columns as faces were seen at once, and a face keeps
    its group as long as those with a lower number stay.

    Parameters
    ----------
    path : Path
        The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._faces = 0
        # How many columns there are is known after the last frame only.
        self._rows: IO[str] = tempfile.TemporaryFile(  # noqa: SIM115
            "w+", newline="", encoding="utf-8", dir=path.parent
        )
        self._writer = csv.writer(self._rows, lineterminator="\n")

    def add(self, seen: Observation) -> None:
        """Add what was seen in a frame."""
        faces = sorted(seen.faces, key=lambda face: face.number)
        self._faces = max(self._faces, len(faces))
        values = [value for face in faces for value in _wide_values(face)]
        self._writer.writerow([seen.number, seen.time, *values])

    def finish(self) -> None:
        """Write the table of the rows that were added; no more may follow."""
        columns = [*_START]
        for place in range(self._faces):
            columns += [f"{name}{place}" for name in ("box", *EMOTIONS)]
        self._rows.seek(0)
        with self._path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            for row in csv.reader(self._rows):
                writer.writerow(row + [""] * (len(columns) - len(row)))

    def close(self) -> None:
        """Drop the rows, finished or not."""
        self._rows.close()


def _wide_values(face: TrackedFace) -> list[object]:
    return [[round(value) for value in face.box], *face.probabilities.tolist()]


def _text(value: float | int | str | None) -> float | int | str | None:
    """Return a value as the CSV writer shall write it: nothing for what is missing."""
    return None if isinstance(value, float) and math.isnan(value) else value
