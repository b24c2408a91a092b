"""What was found in pictures and videos, as one CSV file, one JSON file and annotated copies."""

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer_utils.emotions import EMOTIONS
from fer_utils.paths import atomic_file
from fer_utils.vision.face_table import COLUMNS, FACE_COLUMNS, face_row
from fer_utils.vision.observation import RecognizedFace

Row = dict[str, str]


class ResultFiles:
    """Writes results one by one, so that their number does not matter.

    Parameters
    ----------
    table : text file, optional
        Gets CSV: the column ``file``, then `fer_utils.vision.face_table.COLUMNS`. One row for each
        face; one without values where there is none. Pictures have no ``frame`` and no ``time``.
    listing : text file, optional
        Gets JSON: a list with one object for each file. A picture has ``width``, ``height`` and
        ``faces``; a video has ``frames``, each with ``frame``, ``time`` and ``faces``; one that
        could not be used has ``error``.
    """

    def __init__(self, *, table: IO[str] | None = None, listing: IO[str] | None = None) -> None:
        self._rows = None if table is None else csv.writer(table, lineterminator="\n")
        self._listing = listing
        self._listed = 0
        if self._rows is not None:
            self._rows.writerow(("file", *COLUMNS))

    def add_picture(
        self, name: str, frame: NDArray[np.uint8], faces: Sequence[RecognizedFace]
    ) -> None:
        """Add the faces of a picture."""
        if self._rows is not None:
            for number, face in enumerate(faces, start=1):
                row = face_row(face, number)
                self._rows.writerow([name, "", "", *(row[column] for column in FACE_COLUMNS)])
            if not faces:
                self._rows.writerow([name, *[""] * len(COLUMNS)])
        height, width = frame.shape[:2]
        found = [{"number": number, **face.to_dict()} for number, face in enumerate(faces, start=1)]
        self._list(name, {"width": width, "height": height, "faces": found})

    def add_video(self, name: str, rows: Iterable[Row]) -> None:
        """Add the faces of a video, as a table with the columns `COLUMNS` has them."""
        if self._listing is None:
            self._add_rows(name, rows)
            return
        self._begin(name)
        self._listing.write(', "frames": [')
        for place, (_, group) in enumerate(groupby(rows, key=lambda row: row["frame"])):
            frame = list(group)
            self._add_rows(name, frame)
            self._listing.write(("," if place else "") + "\n  ")
            json.dump(_frame_values(frame), self._listing)
        self._listing.write("]}")

    def add_error(self, name: str, reason: str) -> None:
        """Add a file that could not be used."""
        self._list(name, {"error": reason})

    def finish(self) -> None:
        """Write what is missing; no more may follow."""
        if self._listing is not None:
            self._listing.write("\n]\n" if self._listed else "[]\n")

    def _add_rows(self, name: str, rows: Iterable[Row]) -> None:
        if self._rows is not None:
            self._rows.writerows([name, *(row[column] for column in COLUMNS)] for row in rows)
        else:
            for _ in rows:  # Whoever gives the rows counts them on the way.
                pass

    def _begin(self, name: str) -> None:
        if self._listing is not None:
            self._listing.write(",\n" if self._listed else "[\n")
            self._listing.write(json.dumps({"file": name})[:-1])
            self._listed += 1

    def _list(self, name: str, values: dict[str, Any]) -> None:
        if self._listing is not None:
            self._begin(name)
            self._listing.write(f", {json.dumps(values)[1:]}")


@contextmanager
def result_files(*, table: Path | None, listing: Path | None) -> Iterator[ResultFiles]:
    """Give files to write results to, put under their names at the end.

    Parameters
    ----------
    table, listing : Path or None
        The CSV and the JSON file.

    Yields
    ------
    ResultFiles
        Results that are added stand in both, where both are wanted.

    Raises
    ------
    ValueError
        At once, if one of them cannot be written.
    """
    if table is not None and listing is not None and table.resolve() == listing.resolve():
        raise ValueError(f"{table} cannot be both CSV and JSON: give two names")
    with ExitStack() as stack:
        opened = [None if path is None else _open(stack, path) for path in (table, listing)]
        files = ResultFiles(table=opened[0], listing=opened[1])
        yield files
        files.finish()


def check_folder(folder: Path) -> None:
    """Make a folder, and make sure that files can be written to it.

    Raises
    ------
    ValueError
        If they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(f"{folder} cannot be written to: {error.strerror}") from error


def save_picture(path: Path, frame: NDArray[np.uint8]) -> None:
    """Write a picture in the kind that its suffix says: JPEG, PNG or WebP."""
    with atomic_file(path) as temporary:
        Image.fromarray(frame).save(temporary, quality=95)


def _open(stack: ExitStack, path: Path) -> IO[str]:
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        temporary = stack.enter_context(atomic_file(path))
        # A name of a file need not be text; what is not is written as its number.
        return stack.enter_context(
            temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace")
        )
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from error


def _frame_values(rows: Sequence[Row]) -> dict[str, Any]:
    faces = [_face_values(row) for row in rows if row["face"]]
    return {"frame": int(rows[0]["frame"]), "time": float(rows[0]["time"]), "faces": faces}


def _face_values(row: Row) -> dict[str, Any]:
    return {
        "number": int(row["face"]),
        "box": [float(row[name]) for name in ("x", "y", "width", "height")],
        "score": float(row["score"]),
        "emotion": row["emotion"],
        "probabilities": {name: float(row[name]) for name in EMOTIONS},
    }
