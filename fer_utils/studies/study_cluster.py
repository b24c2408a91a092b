"""Perform the runs of a study on Dask workers, each in a process of its own."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

from distributed import Future, KilledWorker, as_completed

from fer_utils.scoring.cluster import open_client
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import NEEDS, StudyError, StudyRun


def perform_on_cluster(
    path: Path, runs: list[StudyRun], *, workers: int, scheduler: str | None
) -> Generator[None, None, None]:
    """Perform runs on Dask workers, each in a process of its own.

    Parameters
    ----------
    path : Path
        The folder of a prepared study.
    runs : list of StudyRun
        The missing runs; each comes after the run that it builds on.
    workers : int
        Number of simultaneous trainings on this machine if there is no scheduler.
    scheduler : str or None
        Address of a Dask scheduler.

    Yields
    ------
    None
        After each run.

    Raises
    ------
    StudyError
        If a run fails, or workers keep dying.
    ConnectionError
        If no scheduler or worker responds, or the connection is lost.
    """
    with open_client(workers, scheduler) as client:
        futures: dict[StudyRun, Future] = {}
        for place, run in enumerate(runs):
            needed = StudyRun(method=NEEDS.get(run.method, ""), seed=run.seed)
            # Dask performs a task only after the futures among its arguments.
            futures[run] = client.submit(
                _perform, path, run, futures.get(needed), priority=-place, pure=False
            )
        for future in as_completed(list(futures.values())):
            try:
                yield future.result()
            except KilledWorker as error:
                raise StudyError("workers keep dying: check their memory and logs") from error


def perform_apart(path: Path, run: StudyRun) -> None:
    """Perform a run in a separate process, with its output in ``log.txt`` in the run's folder.

    The process is started with ``python -m`` because a Dask worker may not be allowed to have
    children of `multiprocessing`.

    Parameters
    ----------
    path : Path
        The folder of a prepared study.
    run : StudyRun
        A run of the study; any run that it builds on is complete.

    Raises
    ------
    StudyError
        If the process fails; the message includes the last line of the log.
    """
    log_path = StudyFolder(path).of_run(run) / "log.txt"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    program = [sys.executable, "-m", "fer_utils.studies.single_run"]
    command = [*program, str(path), run.method, str(run.seed)]
    with (
        log_path.open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as child,
    ):
        try:
            code = child.wait()
        finally:
            child.kill()
    if code:
        text = log_path.read_text(encoding="utf-8", errors="replace")
        lines = text.strip().splitlines() or ["no output; check the machine's memory"]
        raise StudyError(f"{run} failed with exit code {code}: {lines[-1]} ({log_path})")


def _perform(path: Path, run: StudyRun, needed: None = None) -> None:
    """Perform a run on a worker; `needed` is the result of the run that it builds on."""
    perform_apart(path, run)
