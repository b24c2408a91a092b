"""Plan a scoring run, distribute the missing parts to workers, and summarize the results."""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from distributed import Client, Future, KilledWorker, as_completed

from fer_utils.paths import SHIPPED_MODEL
from fer_utils.scoring.cluster import CONNECTION_LOST, open_client
from fer_utils.scoring.file_scoring import identify_model
from fer_utils.scoring.job import Job, Partition, PartReport, ScoringError, ScoringSettings
from fer_utils.scoring.parts import count_errors, score_part
from fer_utils.scoring.plan import finished_parts, locked, prepare, read_plan, remove_leftovers

PARTITION = 500
# One being scored and one waiting, so that no worker is ever idle.
_IN_FLIGHT_PER_THREAD = 2
# Of a partition in separate processes: it may wait on workers that other partitions kill.
_MOST_TRIES = 4


@dataclass(frozen=True, kw_only=True)
class ScoringSummary:
    """Figures of a complete run.

    Attributes
    ----------
    files, errors : int
        Number of input files, and of those that could not be scored completely.
    parts, parts_before : int
        Number of parts of the table, and of those that already existed.
    seconds : float
        Duration of this run.
    worker_seconds : float
        Total time that its workers spent scoring.
    """

    files: int
    errors: int
    parts: int
    parts_before: int
    seconds: float
    worker_seconds: float


def score(
    inputs: str | Path,
    out: str | Path,
    *,
    model: str | Path = SHIPPED_MODEL,
    faces: str = "all",
    rate: float | None = None,
    partition: int = PARTITION,
    workers: int = 1,
    scheduler: str | None = None,
    restart: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, files: None,
) -> ScoringSummary:
    """Score pictures and videos into one table, or resume an interrupted run.

    Parameters
    ----------
    inputs : str or Path
        A folder, or a text list with one path per line.
    out : str or Path
        A folder that `pandas.read_parquet` reads as one table: ``file``, then the columns
        `fer_utils.vision.face_table.COLUMNS`. Its subfolder ``_errors`` is a table with the
        columns ``file`` and ``reason``.
    model : str or Path
        A model folder.
    faces : str
        Which faces to find, one of `fer_utils.vision.detector.FACES`.
    rate : float, optional
        Frames to analyze per second of video; every frame by default.
    partition : int
        Pictures that a worker takes at a time.
    workers : int
        Processes on this machine; 0 scores in the current process, which a bad file may crash.
    scheduler : str, optional
        Address of a Dask scheduler whose workers score instead.
    restart : bool
        Whether to delete the results of an earlier run and start over.
    on_progress : callable
        Called with the number of finished files and their total, at the start and after each
        part.

    Returns
    -------
    ScoringSummary
        Figures of the complete table.

    Raises
    ------
    ScoringError
        If there is nothing to score, the folder holds other results, or another run uses it.
    ConnectionError
        If no scheduler or worker responds, or the connection is lost; finished parts are kept.

    Examples
    --------
    >>> score("photos", "results.parquet", workers=4).errors  # doctest: +SKIP
    3
    """
    started = time.perf_counter()
    if workers < 0:
        raise ScoringError(f"expected 0 or more workers, got {workers}")
    out = Path(os.path.abspath(out))
    path = os.path.abspath(inputs)
    checksum, uncertain_below = identify_model(model)
    settings = ScoringSettings(
        inputs=path,
        root=path if os.path.isdir(path) else os.getcwd(),
        partition=partition,
        model=checksum,
        uncertain_below=uncertain_below,
        faces=faces,
        rate=rate,
    )
    with locked(out):
        manifest = prepare(out, settings, restart=restart)
        job = Job(out=str(out), model=os.path.abspath(model), manifest=manifest)
        before = finished_parts(out)
        done = sum(len(part.files) for part in read_plan(out) if part.number in before)
        errors = sum(count_errors(out, number) for number in before)
        worker_seconds = 0.0
        on_progress(done, manifest.files)
        # Closed explicitly, so that an interruption stops the workers at once.
        with closing(_score_missing(job, before, workers=workers, scheduler=scheduler)) as reports:
            for report in reports:
                done += report.files
                errors += report.errors
                worker_seconds += report.seconds
                on_progress(done, manifest.files)
        remove_leftovers(out)
    return ScoringSummary(
        files=manifest.files,
        errors=errors,
        parts=manifest.parts,
        parts_before=len(before),
        seconds=time.perf_counter() - started,
        worker_seconds=worker_seconds,
    )


def _score_missing(
    job: Job, finished: set[int], *, workers: int, scheduler: str | None
) -> Generator[PartReport, None, None]:
    """Score the parts that are missing, and yield their reports in any order."""
    if len(finished) == job.manifest.parts:
        return
    missing = (part for part in read_plan(Path(job.out)) if part.number not in finished)
    if scheduler is None and workers == 0:
        yield from (score_part(job, partition) for partition in missing)
        return
    with open_client(workers, scheduler) as client:
        yield from _score_on_workers(client, job, missing)


def _score_on_workers(
    client: Client, job: Job, partitions: Iterator[Partition]
) -> Iterator[PartReport]:
    """Score partitions on the workers of a client, and survive workers that die.

    A partition whose worker dies is scored again in separate processes, so that only a file that
    causes crashes is lost. Other schedulers than ours may first try other workers.
    """
    futures = as_completed()
    submitted: dict[Future, tuple[Partition, int]] = {}

    def submit(partition: Partition, *, tries: int = 0) -> None:
        future = client.submit(score_part, job, partition, isolated=tries > 0, pure=False)
        submitted[future] = partition, tries
        futures.add(future)

    def fill() -> None:
        try:
            threads = sum(client.nthreads().values())
        except OSError as error:
            raise ConnectionError(CONNECTION_LOST) from error
        free = _IN_FLIGHT_PER_THREAD * max(1, threads) - len(submitted)
        for partition in islice(partitions, max(0, free)):
            submit(partition)

    fill()
    for future in futures:
        partition, tries = submitted.pop(future)
        try:
            yield future.result()
        except KilledWorker as error:
            if tries == _MOST_TRIES:
                raise ScoringError(
                    "workers keep dying, whichever file they score: check their memory and logs"
                ) from error
            submit(partition, tries=tries + 1)
        fill()
