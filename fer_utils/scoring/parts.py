"""Score a partition and write its part of the Parquet table."""

import multiprocessing
import os
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fer_utils.paths import atomic_file
from fer_utils.scoring.file_scoring import limited, score_apart, score_files
from fer_utils.scoring.job import Job, Partition, PartReport, Piece, ScoringError
from fer_utils.scoring.plan import ERRORS, MANIFEST, part_path
from fer_utils.video.parquet_table import ParquetTable
from fer_utils.vision.face_table import Row

_ERRORS_SCHEMA = pa.schema([("file", pa.large_string()), ("reason", pa.large_string())])


def score_part(job: Job, partition: Partition, *, isolated: bool = False) -> PartReport:
    """Score the files of a partition and write its part, unless the part already exists.

    Parameters
    ----------
    job : Job
        The run's job.
    partition : Partition
        The files to score.
    isolated : bool
        Whether to score in a separate process, so that a file that crashes the process loses
        only its own results.

    Returns
    -------
    PartReport
        Counts and time.

    Raises
    ------
    ScoringError
        If the results folder or the model on this machine is not that of the run.
    """
    started = time.perf_counter()
    out, files = Path(job.out), len(partition.files)
    manifest = out / MANIFEST
    if not manifest.exists() or manifest.read_text(encoding="utf-8") != job.manifest.to_text():
        raise ScoringError(
            f"{out} on this worker is not the results folder of the run: all workers need the "
            "same file system under the same path"
        )
    if part_path(out, partition.number).exists():
        return PartReport(files=files, errors=count_errors(out, partition.number), seconds=0)
    pieces = score_apart(job, partition) if isolated else score_files(job, partition)
    if multiprocessing.parent_process() is not None and not isolated:
        # Of a worker, which Dask starts again; a file that keeps doing this is then isolated.
        pieces = limited(pieces, partial(os._exit, 1))
    errors = write_part(out, partition, pieces)
    return PartReport(files=files, errors=errors, seconds=time.perf_counter() - started)


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
    with atomic_file(path) as part:
        with ParquetTable(part) as table:
            for piece in pieces:
                file: Row = {"file": _as_text(partition.files[piece.place].name)}
                table.add_rows(file | row for row in piece.rows)
                if piece.problem is not None:
                    errors.append(file | {"reason": _as_text(piece.problem)})
        with atomic_file(out / ERRORS / path.name) as error_table, error_table.open("wb") as stream:
            pq.write_table(pa.Table.from_pylist(errors, _ERRORS_SCHEMA), stream)
            stream.flush()
            os.fsync(stream.fileno())
    return len(errors)


def count_errors(out: Path, number: int) -> int:
    """Return the number of files with an error in an existing part."""
    return pq.read_metadata(out / ERRORS / part_path(out, number).name).num_rows


def _as_text(value: str) -> str:
    """Return valid Unicode, with escapes for bytes that are not UTF-8."""
    data = value.encode("utf-8", "surrogateescape")
    return data.decode("utf-8", "backslashreplace")
