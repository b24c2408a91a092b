"""Write the results of a partition as one Parquet part of the table."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fer_utils.paths import atomic_file
from fer_utils.scoring.job import Partition, Piece
from fer_utils.scoring.plan import ERRORS, part_path
from fer_utils.vision.face_table import COLUMNS, Row, as_table

# Rows per row group, so that memory does not grow with the length of a video.
_ROWS_AT_ONCE = 20_000


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
    with _new_parquet(path, SCHEMA) as write:
        rows: list[Row] = []
        for piece in pieces:
            file: Row = {"file": _as_text(partition.files[piece.place].name)}
            rows += [file | row for row in piece.rows]
            if piece.problem is not None:
                errors.append(file | {"reason": _as_text(piece.problem)})
            if len(rows) >= _ROWS_AT_ONCE:
                write(_as_arrow(rows))
                rows = []
        write(_as_arrow(rows))
        with _new_parquet(out / ERRORS / path.name, ERRORS_SCHEMA) as write_errors:
            write_errors(pa.Table.from_pylist(errors, ERRORS_SCHEMA))
    return len(errors)


def count_errors(out: Path, number: int) -> int:
    """Return the number of files with an error in an existing part."""
    return pq.read_metadata(out / ERRORS / part_path(out, number).name).num_rows


def _as_arrow(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pandas(_as_typed_table(rows), SCHEMA, preserve_index=False)


def _as_typed_table(rows: list[Row]) -> pd.DataFrame:
    """Return rows as a table whose types are the same for pictures, which have no frame or time."""
    table = as_table(rows, ("file", *COLUMNS))
    return table.astype({"file": "string", "frame": "Int64", "time": "float64"})


# Every part has the same types, whatever was found, and pandas' own names for them.
SCHEMA = pa.Schema.from_pandas(_as_typed_table([]), preserve_index=False)
ERRORS_SCHEMA = pa.schema([("file", pa.large_string()), ("reason", pa.large_string())])


@contextmanager
def _new_parquet(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that adds rows to a file; the file appears when they are safely on disk."""
    with atomic_file(path) as temporary, temporary.open("wb") as stream:
        with pq.ParquetWriter(stream, schema) as writer:
            yield writer.write_table
        stream.flush()
        os.fsync(stream.fileno())


def _as_text(value: str) -> str:
    """Return a name as valid Unicode, with escapes for bytes that are no UTF-8."""
    data = value.encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "backslashreplace")
