"""Score a partition on a worker and write its part of the table."""

import time
from pathlib import Path

from fer_utils.scoring.file_scoring import score_files
from fer_utils.scoring.isolation import score_apart
from fer_utils.scoring.job import Job, Partition, PartReport, ScoringError
from fer_utils.scoring.parts import count_errors, write_part
from fer_utils.scoring.plan import MANIFEST, part_path


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
    out = Path(job.out)
    _check_folder(job, out)
    files = len(partition.files)
    if part_path(out, partition.number).exists():
        return PartReport(files=files, errors=count_errors(out, partition.number), seconds=0)
    pieces = score_apart(job, partition) if isolated else score_files(job, partition)
    errors = write_part(out, partition, pieces)
    return PartReport(files=files, errors=errors, seconds=time.perf_counter() - started)


def _check_folder(job: Job, out: Path) -> None:
    try:
        matches = (out / MANIFEST).read_text(encoding="utf-8") == job.manifest.to_text()
    except FileNotFoundError:
        matches = False
    if not matches:
        raise ScoringError(
            f"{out} on this worker is not the results folder of the run: all workers need the "
            "same file system under the same path"
        )
