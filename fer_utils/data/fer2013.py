"""Read the CSV of FER-2013, and other files with its columns.

References
----------
Goodfellow, I. J. et al. (2013). Challenges in representation learning: a report on three machine
learning contests. ICONIP 2013. https://arxiv.org/abs/1307.0414
"""

import warnings
from dataclasses import dataclass
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.faces import IMAGE_SIZE, SPLITS, DataError, Faces, Images, Labels
from fer_utils.data.provenance import BadItemError, Problems, Provenance
from fer_utils.emotions import EMOTIONS

FER2013_ORIGIN = "fer2013"
CONTEMPT = len(EMOTIONS)

_COLUMNS = ("emotion", "pixels", "Usage")
_LABELS = {str(label).encode(): label for label in range(CONTEMPT + 1)}
_USAGES = {split.encode(): split for split in SPLITS}
_PADDING = b" \t\r\n\"'"
_LONGEST_HEADER = 4096
_PIXELS = IMAGE_SIZE * IMAGE_SIZE


@dataclass(frozen=True)
class Table:
    """The good rows of a CSV.

    Attributes
    ----------
    name : str
        The file name.
    images : ndarray of uint8, shape (n, 48, 48)
        The pixels.
    labels : ndarray of uint8, shape (n,)
        0 to 7; the caller decides whether 7 means contempt (CK+) or is an error.
    splits : ndarray of str, shape (n,)
        The Usage column.
    rows : ndarray of int, shape (n,)
        The row numbers; row 1 is the first line after the header.
    """

    name: str
    images: Images
    labels: Labels
    splits: NDArray[np.str_]
    rows: NDArray[np.intp]

    def item(self, row: int) -> str:
        """Return the name of a row for messages."""
        return _item(self.name, row)

    def faces(self, which: NDArray[np.bool_], *, origin: str, provenance: Provenance) -> Faces:
        """Return the rows selected by a mask of shape (n,); their labels must be 0 to 6."""
        rows = self.rows[which].tolist()
        return Faces(
            images=self.images[which],
            labels=self.labels[which],
            splits=self.splits[which],
            names=np.array([self.item(row) for row in rows], dtype=np.str_),
            origins=np.full(len(rows), origin),
            provenance=provenance,
        )


class _Columns(NamedTuple):
    """The positions of the columns, and the number of columns."""

    emotion: int
    pixels: int
    usage: int
    total: int


def is_table_header(line: bytes) -> bool:
    """Return whether the first line of a file has the column names of FER-2013."""
    names = _column_names(line)
    return all(name.lower() in names for name in _COLUMNS)


def read_table(
    stream: IO[bytes], name: str, *, problems: Problems, size: int | None = None
) -> Table:
    """Read a CSV with the columns ``emotion``, ``pixels``, and ``Usage``, in any order.

    Parameters
    ----------
    stream : binary file
        The CSV, at its start.
    name : str
        The file name, for messages.
    problems : Problems
        Collects bad rows.
    size : int, optional
        The size in bytes, for the progress bar.

    Returns
    -------
    Table
        The good rows.

    Raises
    ------
    DataError
        If a column is missing, or a row is bad and ``on_error="raise"``.
    """
    columns = _find_columns(stream.readline(_LONGEST_HEADER), name)
    images: list[Images] = []
    labels: list[int] = []
    splits: list[str] = []
    rows: list[int] = []
    with tqdm(total=size, desc=f"Reading {name}", unit="B", unit_scale=True, delay=1) as progress:
        for row, line in enumerate(stream, start=1):
            progress.update(len(line))
            if line.isspace():
                continue
            try:
                label, image, split = _parse_row(line, columns)
            except BadItemError as error:
                # Only the last line of a file may lack a line end, as in a broken-off download.
                hint = "" if line.endswith(b"\n") else " (the file ends here: it may be truncated)"
                problems.report(_item(name, row), f"{error}{hint}")
                continue
            labels.append(label)
            images.append(image)
            splits.append(split)
            rows.append(row)
    return Table(
        name=name,
        images=np.array(images, dtype=np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE),
        labels=np.array(labels, dtype=np.uint8),
        splits=np.array(splits, dtype=np.str_),
        rows=np.array(rows, dtype=np.intp),
    )


def faces_of_fer2013(table: Table, source: str, *, problems: Problems) -> Faces:
    """Return the faces of FER-2013, split according to the Usage column.

    Parameters
    ----------
    table : Table
        The rows; those with emotion 7 are bad.
    source : str
        The name of the file that the user passed.
    problems : Problems
        Collects bad rows.

    Returns
    -------
    Faces
        The good rows, with origin ``fer2013``.

    Raises
    ------
    DataError
        If a row has emotion 7 and ``on_error="raise"``.
    """
    known = table.labels < len(EMOTIONS)
    for row in table.rows[~known]:
        problems.report(table.item(row), _unknown_emotion(str(CONTEMPT)))
    provenance = Provenance(source=source, kind="FER-2013 CSV", skipped=problems.skipped)
    return table.faces(known, origin=FER2013_ORIGIN, provenance=provenance)


def parse_pixels(cell: bytes) -> Images:
    """Return the image of a CSV cell.

    Parameters
    ----------
    cell : bytes
        2304 integers from 0 to 255, separated by white space, row by row.

    Returns
    -------
    ndarray of uint8, shape (48, 48)
        The image.

    Raises
    ------
    BadItemError
        If there are more or fewer values, or one is not an integer from 0 to 255.
    """
    # NumPy would take "1+2" for two values.
    if b"+" in cell or b"-" in cell:
        raise _explain_pixels(cell)
    try:
        with warnings.catch_warnings():
            # NumPy only warns where the text does not continue with an integer.
            warnings.simplefilter("error", DeprecationWarning)
            values = np.fromstring(cell, dtype=np.int64, sep=" ")
    except (DeprecationWarning, ValueError) as error:
        raise _explain_pixels(cell) from error
    if len(values) != _PIXELS or values.max() > 255:
        raise _explain_pixels(cell)
    return values.astype(np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)


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


def _parse_row(line: bytes, columns: _Columns) -> tuple[int, Images, str]:
    """Return the label, the image, and the split of a row."""
    cells = line.split(b",")
    if len(cells) != columns.total:
        raise BadItemError(f"expected {columns.total} columns, got {len(cells)}")
    emotion = cells[columns.emotion].strip(_PADDING)
    if emotion not in _LABELS:
        raise BadItemError(_unknown_emotion(_shown(emotion)))
    usage = cells[columns.usage].strip(_PADDING)
    if usage not in _USAGES:
        raise BadItemError(f"unknown Usage {_shown(usage)!r}: expected {', '.join(SPLITS)}")
    image = parse_pixels(cells[columns.pixels].strip(_PADDING))
    return _LABELS[emotion], image, _USAGES[usage]


def _unknown_emotion(shown: str) -> str:
    return f"unknown emotion {shown!r}: expected 0 to {len(EMOTIONS) - 1}"


def _shown(cell: bytes) -> str:
    return cell[:40].decode("utf-8", errors="replace")


def _explain_pixels(cell: bytes) -> BadItemError:
    """Return an error that names the first bad value."""
    words = cell.split()
    if len(words) != _PIXELS:
        return BadItemError(
            f"expected {_PIXELS} pixel values ({IMAGE_SIZE}x{IMAGE_SIZE}), got {len(words)}"
        )
    for word in words:
        shown = word[:20].decode("utf-8", errors="replace")
        if not word.removeprefix(b"-").isdigit():
            return BadItemError(
                f"expected pixel values as whole numbers from 0 to 255, got {shown!r}"
            )
        if len(word) > 20 or not 0 <= int(word) <= 255:
            return BadItemError(f"expected pixel values from 0 to 255, got {shown}")
    return BadItemError("expected pixel values without a sign")
