"""Write observations to Parquet files in constant memory; needs pyarrow."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fer_utils.video.sinks import OutputFile
from fer_utils.vision.face_table import FILE_COLUMNS, Row, as_table, frame_rows
from fer_utils.vision.observation import Observation

# Rows per row group, so that memory does not grow with the length of a video.
_ROWS_AT_ONCE = 20_000


class ParquetTable(OutputFile):
    """A Parquet file with a row for each frame and face, safely on disk once it is finished.

    Parameters
    ----------
    path : Path
        The file to write.
    columns : sequence of str
        Any of `fer_utils.vision.face_table.FILE_COLUMNS`; the schema depends on nothing else.
    """

    def __init__(self, path: Path, columns: Sequence[str] = FILE_COLUMNS) -> None:
        self._columns = columns
        self._schema = parquet_schema(columns)
        self._rows: list[Row] = []
        self._stream = path.open("wb")
        self._writer = pq.ParquetWriter(self._stream, self._schema)

    def add(self, observation: Observation) -> None:
        """Add the faces of a frame or picture."""
        self.add_rows(frame_rows(observation))

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add rows by the columns of the file; values that they lack are missing."""
        self._rows += rows
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._write()

    def finish(self) -> None:
        """Write what is missing; nothing can be added afterwards."""
        if self._rows:
            self._write()
        self._writer.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file, finished or not."""
        self._writer.close()
        self._stream.close()

    def _write(self) -> None:
        table = as_table(self._rows, self._columns)
        self._writer.write_table(pa.Table.from_pandas(table, self._schema, preserve_index=False))
        self._rows = []


def parquet_schema(columns: Sequence[str] = FILE_COLUMNS) -> pa.Schema:
    """Return the schema of `ParquetTable`, with pandas' dtypes in its metadata."""
    return pa.Schema.from_pandas(as_table([], columns), preserve_index=False)
