"""Write the results of a partition as one Parquet part of the table."""

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fer_utils.paths import atomic_file
from fer_utils.scoring.job import Partition, Piece
from fer_utils.scoring.plan import ERRORS, part_path
from fer_utils.video.parquet_table import ParquetTable
from fer_utils.vision.face_table import Row

_ERRORS_SCHEMA = pa.schema([("file", pa.large_string()), ("reason", pa.large_string())])


def write_part(out: Path, partition: Partition, pieces: Iterable[Piece]) -> int:
    """Write the part of a partition and its errors.

    The part gets its final name last: if it exists, it is complete, and so are its errors.

    Parameters
    ----------
    out : Path
        The results folder.
    partition : Partition
        The scored files.
    pieces : iterable of Piece
        In the order of the partition's files; consumed one by one.

    Returns
    -------
    int
        Number of files with an error.
    """
    path = part_path(out, partition.number)
    errors: list[Row] = []
    with atomic_file(path) as temporary:
        with ParquetTable(temporary) as table:
            for piece in pieces:
                file: Row = {"file": _as_text(partition.files[piece.place].name)}
                table.add_rows(file | row for row in piece.rows)
                if piece.problem is not None:
                    errors.append(file | {"reason": _as_text(piece.problem)})
        _write_errors(out / ERRORS / path.name, errors)
    return len(errors)


def count_errors(out: Path, number: int) -> int:
    """Return the number of files with an error in an existing part."""
    return pq.read_metadata(out / ERRORS / part_path(out, number).name).num_rows


def _write_errors(path: Path, errors: list[Row]) -> None:
    with atomic_file(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(pa.Table.from_pylist(errors, _ERRORS_SCHEMA), stream)
        stream.flush()
        os.fsync(stream.fileno())


def _as_text(value: str) -> str:
    """Return valid Unicode, with escapes for bytes that are not UTF-8."""
    data = value.encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "backslashreplace")
