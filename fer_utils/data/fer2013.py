"""Read a CSV with the columns of FER-2013: FER-2013 itself, or CK+.

References
----------
Goodfellow, I. J. et al. (2013). Challenges in representation learning: a report on three machine
learning contests. ICONIP 2013. https://arxiv.org/abs/1307.0414

Lucey, P. et al. (2010). The extended Cohn-Kanade dataset (CK+): a complete dataset for action unit
and emotion-specified expression. CVPR Workshops 2010. https://doi.org/10.1109/CVPRW.2010.5543262
"""

import warnings
from collections.abc import Iterator
from typing import IO, NamedTuple

import numpy as np
from tqdm import tqdm

from fer_utils.data.faces import IMAGE_SIZE, SPLITS, DataError, Faces, Images
from fer_utils.data.provenance import BadItemError, Problems, Provenance
from fer_utils.emotions import EMOTIONS
from fer_utils.paths import printable

FER2013_ORIGIN = "fer2013"
CKPLUS_ORIGIN = "ckplus"
CKPLUS_TABLE_KIND = "CK+ CSV"

_COLUMNS = ("emotion", "pixels", "Usage")
_CONTEMPT = len(EMOTIONS)
_CONTEMPT_SHARE_OF_CKPLUS = 0.01
_LABELS = {str(label).encode(): label for label in range(_CONTEMPT + 1)}
_USAGES = {split.encode(): split for split in SPLITS}
_PADDING = b" \t\r\n\"'"
_LONGEST_HEADER = 4096
_LONGEST_ROW = 1 << 16
_PIXELS = IMAGE_SIZE * IMAGE_SIZE


class _Row(NamedTuple):
    """A good row; the label 7 is contempt."""

    name: str
    label: int
    image: Images
    split: str


def is_table_header(line: bytes) -> bool:
    """Return whether the first line of a file has the column names of FER-2013."""
    return {name.lower() for name in _COLUMNS} <= set(_column_names(line))


def read_table(
    stream: IO[bytes], name: str, *, source: str, problems: Problems, size: int | None = None
) -> Faces:
    """Read a CSV with the columns ``emotion``, ``pixels``, and ``Usage``, in any order.

    It is CK+ if its name starts with "ck" or at least 1% of its rows have the emotion 7, contempt;
    these are then left out. In FER-2013, such a row is bad.

    Parameters
    ----------
    stream : binary file
        The CSV, at its start.
    name : str
        The file name.
    source : str
        The name of the file or folder that the user passed.
    problems : Problems
        Collects bad rows.
    size : int, optional
        The size in bytes, for the progress bar.

    Returns
    -------
    Faces
        The good rows, split according to the Usage column, with origin ``fer2013`` or ``ckplus``.
        Their names are their row numbers; row 1 is the first line after the header.

    Raises
    ------
    DataError
        If a column is missing, a row has no end, or a row is bad and ``on_error="raise"``.
    """
    rows = list(_read_rows(stream, name, problems, size))
    contempt = [row.name for row in rows if row.label == _CONTEMPT]
    rows = [row for row in rows if row.label != _CONTEMPT]
    # A single bad row with emotion 7 in another file does not make it CK+.
    share = len(contempt) / max(1, len(contempt) + len(rows))
    if name.lower().startswith("ck") or share >= _CONTEMPT_SHARE_OF_CKPLUS:
        origin = CKPLUS_ORIGIN
        provenance = Provenance(
            source=source,
            kind=CKPLUS_TABLE_KIND,
            notes=("the file does not name subjects: the same person may be in several splits",),
            left_out={"contempt": len(contempt)} if contempt else {},
            skipped=problems.skipped,
        )
    else:
        origin = FER2013_ORIGIN
        for row_name in contempt:
            problems.report(row_name, _unknown_emotion(str(_CONTEMPT)))
        provenance = Provenance(source=source, kind="FER-2013 CSV", skipped=problems.skipped)
    images = np.array([row.image for row in rows], dtype=np.uint8)
    return Faces(
        images=images.reshape(-1, IMAGE_SIZE, IMAGE_SIZE),
        labels=np.array([row.label for row in rows], dtype=np.uint8),
        splits=np.array([row.split for row in rows], dtype=np.str_),
        names=np.array([row.name for row in rows], dtype=np.str_),
        origins=np.full(len(rows), origin),
        provenance=provenance,
    )


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


def _column_names(header: bytes) -> list[str]:
    text = header.decode("utf-8-sig", errors="replace")
    return [name.strip(_PADDING.decode()).lower() for name in text.split(",")]


def _find_columns(header: bytes, name: str) -> tuple[list[int], int]:
    """Return the positions of `_COLUMNS`, and the number of columns."""
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
    return [names.index(column.lower()) for column in _COLUMNS], len(names)


def _read_rows(
    stream: IO[bytes], name: str, problems: Problems, size: int | None
) -> Iterator[_Row]:
    """Read the good rows, including those with contempt."""
    places, width = _find_columns(stream.readline(_LONGEST_HEADER), name)
    title = f"Reading {printable(name)}"
    with tqdm(total=size, desc=title, unit="B", unit_scale=True, delay=1) as progress:
        for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_ROW), b""), start=1):
            if len(line) == _LONGEST_ROW:
                raise DataError(
                    f"{name} row {number} has {_LONGEST_ROW} characters or more, but a row of "
                    "FER-2013 has at most 10,000: give a CSV with one face per line"
                )
            progress.update(len(line))
            if line.isspace():
                continue
            row_name = f"{name} row {number}"
            try:
                cells = line.split(b",")
                if len(cells) != width:
                    raise BadItemError(f"expected {width} columns, got {len(cells)}")
                yield _parse_row(row_name, *(cells[place].strip(_PADDING) for place in places))
            except BadItemError as error:
                # Only the last line of a file may lack a line end, as in a broken-off download.
                hint = "" if line.endswith(b"\n") else " (the file ends here: it may be truncated)"
                problems.report(row_name, f"{error}{hint}")


def _parse_row(name: str, emotion: bytes, pixels: bytes, usage: bytes) -> _Row:
    if emotion not in _LABELS:
        raise BadItemError(_unknown_emotion(_shown(emotion)))
    if usage not in _USAGES:
        raise BadItemError(f"unknown Usage {_shown(usage)!r}: expected {', '.join(SPLITS)}")
    return _Row(name, _LABELS[emotion], parse_pixels(pixels), _USAGES[usage])


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
        if not word.removeprefix(b"-").isdigit():
            return BadItemError(
                f"expected pixel values as whole numbers from 0 to 255, got {_shown(word[:20])!r}"
            )
        if len(word) > 20 or not 0 <= int(word) <= 255:
            return BadItemError(f"expected pixel values from 0 to 255, got {_shown(word[:20])}")
    return BadItemError("expected pixel values without a sign")
