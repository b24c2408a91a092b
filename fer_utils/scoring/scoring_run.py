"""Plan a scoring run, score the missing parts, and summarize the results."""

import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fer_utils.paths import SHIPPED_MODEL
from fer_utils.scoring.dispatch import score_on_cluster
from fer_utils.scoring.file_scoring import identify_model
from fer_utils.scoring.job import Job, Partition, PartReport, ScoringError, ScoringSettings
from fer_utils.scoring.parts import count_errors
from fer_utils.scoring.plan import finished_parts, prepare, read_plan, remove_leftovers
from fer_utils.scoring.worker import score_part
from fer_utils.vision.detector import DETECTORS

PARTITION = 500


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
    detector: str = "blazeface",
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
    detector : str
        One of `fer_utils.vision.detector.DETECTORS`.
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
        If there is nothing to score, or the folder holds other results.
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
    settings = _settings(inputs, model, detector=detector, rate=rate, partition=partition)
    manifest = prepare(out, settings, restart=restart)
    job = Job(out=str(out), model=os.path.abspath(model), manifest=manifest)
    before = finished_parts(out)
    tally = _Tally(manifest.files, on_progress)
    for part in read_plan(out) if before else ():
        if part.number in before:
            errors = count_errors(out, part.number)
            tally.add(PartReport(files=len(part.files), errors=errors, seconds=0))
    tally.show()
    if len(before) < manifest.parts:
        missing = (part for part in read_plan(out) if part.number not in before)
        _score_parts(job, missing, workers=workers, scheduler=scheduler, on_part=tally.add_and_show)
    remove_leftovers(out)
    return ScoringSummary(
        files=manifest.files,
        errors=tally.errors,
        parts=manifest.parts,
        parts_before=len(before),
        seconds=time.perf_counter() - started,
        worker_seconds=tally.seconds,
    )


class _Tally:
    """The sum of all reports, shown as progress."""

    def __init__(self, files: int, on_progress: Callable[[int, int], None]) -> None:
        self._files, self._on_progress = files, on_progress
        self.done = self.errors = 0
        self.seconds = 0.0

    def add(self, report: PartReport) -> None:
        self.done += report.files
        self.errors += report.errors
        self.seconds += report.seconds

    def show(self) -> None:
        self._on_progress(self.done, self._files)

    def add_and_show(self, report: PartReport) -> None:
        self.add(report)
        self.show()


def _settings(
    inputs: str | Path,
    model: str | Path,
    *,
    detector: str,
    rate: float | None,
    partition: int,
) -> ScoringSettings:
    if partition < 1:
        raise ScoringError(f"expected a partition of 1 or more pictures, got {partition}")
    if detector not in DETECTORS:
        raise ScoringError(f"unknown detector {detector!r}: expected one of {DETECTORS}")
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ScoringError(f"expected a rate above 0 frames per second, got {rate}")
    path = os.path.abspath(inputs)
    checksum, uncertain_below = identify_model(model)
    return ScoringSettings(
        inputs=path,
        root=path if os.path.isdir(path) else os.getcwd(),
        partition=partition,
        model=checksum,
        uncertain_below=uncertain_below,
        detector=detector,
        rate=rate,
    )


def _score_parts(
    job: Job,
    partitions: Iterable[Partition],
    *,
    workers: int,
    scheduler: str | None,
    on_part: Callable[[PartReport], None],
) -> None:
    if scheduler is None and workers == 0:
        for partition in partitions:
            on_part(score_part(job, partition))
        return
    score_on_cluster(job, partitions, workers=workers, scheduler=scheduler, on_part=on_part)
