"""FER-2013's CSV, and other files in its columns.

References
----------
Goodfellow, I. J. et al. (2013). Challenges in representation learning: a report on three machine
learning contests. ICONIP 2013. https://arxiv.org/abs/1307.0414
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.bad_items import BadItemError, Problems
from fer_utils.data.faces import IMAGE_SIZE, SPLITS, DataError, Faces, Provenance
from fer_utils.data.pixels import parse_one, parse_pixels
from fer_utils.emotions import EMOTIONS

ORIGIN = "fer2013"
CONTEMPT = len(EMOTIONS)

_COLUMNS = ("emotion", "pixels", "Usage")
_LABELS = {str(label).encode(): label for label in range(CONTEMPT + 1)}
_USAGES = {split.encode(): split for split in SPLITS}
_PADDING = b" \t\r\n\"'"
_LONGEST_HEADER = 4096
# Parsed together: enough to make NumPy worthwhile, few enough to stay in the processor's cache.
_ROWS_AT_ONCE = 48


@dataclass(frozen=True)
class Table:
    """The good rows of a CSV.

    Attributes
    ----------
    name : str
        The file's name.
    images : ndarray of uint8, shape (n, 48, 48)
        The pixels.
    labels : ndarray of uint8, shape (n,)
        0 to 7: whether 7 means contempt (CK+) or is an error is for the caller to say.
    splits : ndarray of str, shape (n,)
        The Usage column.
    rows : ndarray of int, shape (n,)
        The number of each row: 1 is the first line after the header.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    splits: NDArray[np.str_]
    rows: NDArray[np.intp]

    def item(self, row: int) -> str:
        """Return how messages name a row."""
        return _item(self.name, row)

    def faces(self, which: NDArray[np.bool_], *, origin: str, provenance: Provenance) -> Faces:
        """Return the rows that a mask, of shape (n,), picks; their labels must be 0 to 6."""
        rows = self.rows[which].tolist()
        return Faces(
            # Copying all images just to leave out none would take a tenth of the reading time.
            images=self.images if which.all() else self.images[which],
            labels=self.labels[which],
            splits=self.splits[which],
            names=np.array([self.item(row) for row in rows], dtype=np.str_),
            origins=np.full(len(rows), origin),
            provenance=provenance,
        )


class _Columns(NamedTuple):
    """Where the columns stand, and how many there are."""

    emotion: int
    pixels: int
    usage: int
    total: int


class _Row(NamedTuple):
    """A row's cells; the pixels still as text."""

    label: int
    split: str
    pixels: bytes


def is_table_header(line: bytes) -> bool:
    """Return whether a file's first line names FER-2013's columns."""
    names = _column_names(line)
    return all(name.lower() in names for name in _COLUMNS)


def read_table(
    stream: IO[bytes], name: str, *, problems: Problems, size: int | None = None
) -> Table:
    """Read a CSV with the columns ``emotion``, ``pixels`` and ``Usage``, in any order.

    Parameters
    ----------
    stream : binary file
        The CSV, at its beginning.
    name : str
        The file's name, for messages.
    problems : Problems
        Takes notice of bad rows.
    size : int, optional
        How many bytes there are, for the progress bar.

    Returns
    -------
    Table
        The good rows.

    Raises
    ------
    DataError
        If a column is missing, or a row is bad and bad rows are to stop the reading.
    """
    columns = _find_columns(stream.readline(_LONGEST_HEADER), name)
    lines = _numbered_lines(stream)
    images = [np.empty((0, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)]
    labels: list[int] = []
    splits: list[str] = []
    numbers: list[int] = []
    progress = tqdm(total=size, desc=f"Reading {name}", unit="B", unit_scale=True, delay=1)
    with progress:
        while chunk := list(islice(lines, _ROWS_AT_ONCE)):
            good, rows, parsed = _read_chunk(chunk, columns, name=name, problems=problems)
            images.append(parsed)
            labels += [row.label for row in rows]
            splits += [row.split for row in rows]
            numbers += good
            progress.update(sum(len(line) for _, line in chunk))
    return Table(
        name=name,
        images=np.concatenate(images),
        labels=np.array(labels, dtype=np.uint8),
        splits=np.array(splits, dtype=np.str_),
        rows=np.array(numbers, dtype=np.intp),
    )


def faces_from_table(table: Table, source: str, *, problems: Problems) -> Faces:
    """Return FER-2013's faces, each in the split that its Usage names.

    Parameters
    ----------
    table : Table
        Its rows; those with emotion 7 are bad.
    source : str
        The name of the file that the user gave.
    problems : Problems
        Takes notice of the bad rows.

    Returns
    -------
    Faces
        The good rows, with origin ``fer2013``.

    Raises
    ------
    DataError
        If a row has emotion 7 and bad rows are to stop the reading.
    """
    known = table.labels < len(EMOTIONS)
    for row in table.rows[~known]:
        problems.report(table.item(row), _unknown_emotion(str(CONTEMPT)))
    provenance = Provenance(source=source, kind="FER-2013 CSV", skipped=problems.skipped)
    return table.faces(known, origin=ORIGIN, provenance=provenance)


def _item(name: str, row: int) -> str:
    return f"{name} row {row}"


def _column_names(header: bytes) -> list[str]:
    text = header.decode("utf-8-sig", errors="replace")
    return [name.strip(_PADDING.decode()).lower() for name in text.split(",")]


def _find_columns(header: bytes, name: str) -> _Columns:
    if not header:
        raise DataError(f"{name} is empty: expected the columns {', '.join(_COLUMNS)}")
    names = _column_names(header)
    missing = [column for column in _COLUMNS if column.lower() not in names]
    if missing:
        shown = header[:80].decode("utf-8", errors="replace").strip()
        raise DataError(
            f"{name} lacks the column {', '.join(missing)}: expected a CSV with the columns "
            f"{', '.join(_COLUMNS)}, but its first line begins {shown!r}"
        )
    emotion, pixels, usage = (names.index(column.lower()) for column in _COLUMNS)
    return _Columns(emotion, pixels, usage, len(names))


def _numbered_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(stream, start=1):
        if not line.isspace():
            yield number, line


def _read_chunk(
    chunk: list[tuple[int, bytes]], columns: _Columns, *, name: str, problems: Problems
) -> tuple[list[int], list[_Row], NDArray[np.uint8]]:
    """Return the numbers, cells and images of the good rows among a few lines."""
    try:
        rows = [_split_row(line, columns) for _, line in chunk]
        images = parse_pixels([row.pixels for row in rows])
        return [number for number, _ in chunk], rows, images
    except BadItemError:
        return _read_chunk_exactly(chunk, columns, name=name, problems=problems)


def _read_chunk_exactly(
    chunk: list[tuple[int, bytes]], columns: _Columns, *, name: str, problems: Problems
) -> tuple[list[int], list[_Row], NDArray[np.uint8]]:
    """Do what `_read_chunk` does row by row, so that each bad one is known."""
    numbers, rows, images = [], [], []
    for number, line in chunk:
        try:
            row = _split_row(line, columns)
            image = parse_one(row.pixels)
        except BadItemError as error:
            # Every line but a file's last ends; where a download broke off, the last does not.
            hint = "" if line.endswith(b"\n") else " (the file ends here: it may be truncated)"
            problems.report(_item(name, number), f"{error}{hint}")
        else:
            numbers.append(number)
            rows.append(row)
            images.append(image)
    return numbers, rows, np.array(images, dtype=np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)


def _split_row(line: bytes, columns: _Columns) -> _Row:
    cells = line.split(b",")
    if len(cells) != columns.total:
        raise BadItemError(f"expected {columns.total} columns, got {len(cells)}")
    emotion = cells[columns.emotion].strip(_PADDING)
    if emotion not in _LABELS:
        raise BadItemError(_unknown_emotion(_shown(emotion)))
    usage = cells[columns.usage].strip(_PADDING)
    if usage not in _USAGES:
        raise BadItemError(f"unknown Usage {_shown(usage)!r}: expected {', '.join(SPLITS)}")
    return _Row(_LABELS[emotion], _USAGES[usage], cells[columns.pixels].strip(_PADDING))


def _unknown_emotion(shown: str) -> str:
    return f"unknown emotion {shown!r}: expected 0 to {len(EMOTIONS) - 1}"


def _shown(cell: bytes) -> str:
    return cell[:40].decode("utf-8", errors="replace")
