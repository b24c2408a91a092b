"""Write observations to CSV and JSON files in constant memory."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.face_table import COLUMNS, Row, frame_rows
from fer_utils.vision.observation import Observation

# How a cell starts that Excel and LibreOffice take for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t")


class Sink(Protocol):
    """Anything that takes observations one after the other."""

    def add(self, observation: Observation, /) -> None:
        """Add the faces of a frame or picture."""


class OutputFile:
    """A file that is written in a ``with`` block and finished at its end, unless the block fails.

    It is not atomic: combine it with `fer_utils.paths.atomic_file`.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.close()

    def finish(self) -> None:
        """Write what is missing; nothing can be added afterwards."""

    def close(self) -> None:
        """Close the file, finished or not."""


class CsvTable(OutputFile):
    """A CSV file with a row for each frame and face.

    A frame without a face has a row with its number and time only. File names that a spreadsheet
    would take for a formula get ``./`` in front.

    Parameters
    ----------
    path : Path
        The file to write.
    columns : sequence of str
        `fer_utils.vision.face_table.COLUMNS`, or `FILE_COLUMNS` for several files.
    """

    def __init__(self, path: Path, columns: Sequence[str] = COLUMNS) -> None:
        self._stream = _open_text(path)
        self._file: Row = {}
        self._writer = _row_writer(self._stream, columns)

    def add(self, observation: Observation) -> None:
        """Add the faces of a frame or picture."""
        self._writer.writerows(self._file | row for row in frame_rows(observation))

    @contextmanager
    def file(self, name: str) -> Iterator[None]:
        """Name the file of the observations in a block; if it fails, they are removed again."""
        self._file = _as_cells({"file": name})
        with _undone_on_error(self._stream):
            yield

    def add_error(self, name: str, reason: str) -> None:
        """Skip a file that failed: it has no row."""

    def close(self) -> None:
        """Close the file, finished or not."""
        self._stream.close()


class WideTable(OutputFile):
    """A CSV file with a row for each frame and its faces side by side, as the package `fer` has it.

    After frame and time come box0, angry0, ..., neutral0, box1 and so on: a box as a list of
    integer pixels [x, y, w, h], and probabilities. There are as many groups of columns as faces
    were seen at once. The faces of a frame are ordered by their numbers, so a face keeps its group
    as long as all faces with lower numbers stay.

    Parameters
    ----------
    path : Path
        The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._faces = 0
        # The number of columns is not known before the last frame.
        self._rows: IO[str] = tempfile.TemporaryFile(  # noqa: SIM115
            "w+", newline="", encoding="utf-8", dir=path.parent
        )
        self._writer = csv.writer(self._rows, lineterminator="\n")

    def add(self, observation: Observation) -> None:
        """Add the faces of a frame."""
        faces = sorted(observation, key=lambda face: face.number)
        self._faces = max(self._faces, len(faces))
        values: list[object] = [observation.number, observation.time]
        for face in faces:
            values += [[round(value) for value in face.box], *face.probabilities.tolist()]
        self._writer.writerow(values)

    def finish(self) -> None:
        """Write the table of all rows; nothing can be added afterwards."""
        columns = ["frame", "time"]
        for place in range(self._faces):
            columns += [f"{name}{place}" for name in ("box", *EMOTIONS)]
        self._rows.seek(0)
        with _open_text(self._path) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            for row in csv.reader(self._rows):
                writer.writerow(row + [""] * (len(columns) - len(row)))

    def close(self) -> None:
        """Drop the rows, finished or not."""
        self._rows.close()


class JsonList(OutputFile):
    """A JSON file with a list of pictures and videos.

    Each has its ``file``. A picture also has ``width``, ``height`` and ``faces``; a video has
    ``frames``, each with ``frame``, ``time`` and ``faces``; one that failed has ``error``.

    Parameters
    ----------
    path : Path
        The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._stream = _open_text(path)
        self._files = 0
        self._end = ""

    @contextmanager
    def file(self, name: str) -> Iterator[None]:
        """Name the file of the observations in a block; if it fails, they are removed again."""
        with _undone_on_error(self._stream):
            self._stream.write(",\n" if self._files else "[\n")
            self._stream.write(json.dumps({"file": name})[:-1])
            self._end = ', "frames": []}'
            yield
            self._stream.write(self._end)
        self._files += 1

    def add(self, observation: Observation) -> None:
        """Add a picture, or a frame of a video, in a block of `file`."""
        faces = [face.to_dict() for face in observation]
        if observation.number is None:
            size = {"width": observation.width, "height": observation.height}
            self._add_values({**size, "faces": faces})
            return
        for face in faces:
            del face["keypoints"]
        frame = {"frame": observation.number, "time": observation.time, "faces": faces}
        is_first = self._end != "]}"
        self._stream.write((', "frames": [' if is_first else ",") + "\n  " + json.dumps(frame))
        self._end = "]}"

    def add_error(self, name: str, reason: str) -> None:
        """Add a file that failed."""
        with self.file(name):
            self._add_values({"error": reason})

    def finish(self) -> None:
        """End the list; nothing can be added afterwards."""
        self._stream.write("\n]\n" if self._files else "[]\n")

    def close(self) -> None:
        """Close the file, finished or not."""
        self._stream.close()

    def _add_values(self, values: dict[str, Any]) -> None:
        self._stream.write(f", {json.dumps(values)[1:-1]}")
        self._end = "}"


def csv_text(
    rows: Iterable[Row],
    columns: Sequence[str] = COLUMNS,
    *,
    decimals: Mapping[str, int] | None = None,
) -> str:
    r"""Return rows as CSV text, in the format of `CsvTable`.

    Parameters
    ----------
    rows : iterable of dict
        Output of `fer_utils.vision.face_table.face_row` or `frame_rows`.
    columns : sequence of str
        Any of `fer_utils.vision.face_table.FILE_COLUMNS`.
    decimals : mapping of str to int, optional
        The number of decimals of some columns; the shortest text that is exact for all others.

    Examples
    --------
    >>> csv_text([{"time": 1.5, "happy": 0.25}], ["time", "happy"], decimals={"time": 3})
    'time,happy\n1.500,0.25\n'
    """
    stream = io.StringIO(newline="")
    places = (decimals or {}).items()
    _row_writer(stream, columns).writerows(
        _as_cells(row)
        | {name: f"{row[name]:.{count}f}" for name, count in places if row.get(name) is not None}
        for row in rows
    )
    return stream.getvalue()


def _as_cells(row: Row) -> Row:
    """Return a row whose file name no spreadsheet takes for a formula or the end of a row."""
    name = row.get("file")
    if not isinstance(name, str):
        return row
    # Python's csv does not quote this character, at which readers end the row.
    name = name.replace("\r", r"\r")
    return row | {"file": f"./{name}" if name.startswith(_FORMULAS) else name}


def _open_text(path: Path) -> IO[str]:
    """Open a UTF-8 file for writing; bytes of file names that are not UTF-8 become escapes."""
    return path.open("w", newline="", encoding="utf-8", errors="backslashreplace")


def _row_writer(stream: IO[str], columns: Sequence[str]) -> "csv.DictWriter[str]":
    """Write the names of the columns; return a writer of rows that leaves missing values empty."""
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    return writer


@contextmanager
def _undone_on_error(stream: IO[str]) -> Iterator[None]:
    """Remove what a block wrote if it fails."""
    start = stream.tell()
    try:
        yield
    except BaseException:
        stream.seek(start)
        stream.truncate()
        raise
