"""Perform the missing runs of a study, on this machine or on a Dask cluster."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from distributed import Future, KilledWorker, as_completed

from fer_utils import studies
from fer_utils.data.audit import audit, clean
from fer_utils.data.faces import Faces
from fer_utils.scoring.cluster import open_client
from fer_utils.studies.study_folder import StudyFolder, prepare_folder
from fer_utils.studies.study_plan import BALANCING, NEEDS, StudyError, StudyRun, StudySettings

_LOG = "log.txt"


def run_study(
    path: str | Path,
    faces: Faces,
    settings: StudySettings,
    runs: list[StudyRun],
    *,
    workers: int = 1,
    scheduler: str | None = None,
    on_progress: Callable[[int, int], None] = lambda done, runs: None,
) -> StudyFolder:
    """Perform the runs of a study that its folder lacks.

    Parameters
    ----------
    path : str or Path
        The study's folder, under the same path for all workers.
    faces : Faces
        Faces as loaded, not cleaned.
    settings : StudySettings
        Output of `fer_utils.studies.settings_for`.
    runs : list of StudyRun
        Output of `fer_utils.studies.plan_runs`.
    workers : int
        Number of simultaneous trainings on this machine, each in its own process and on all
        cores. 0 trains in the current process.
    scheduler : str, optional
        Address of a Dask scheduler whose workers train instead.
    on_progress : callable
        Called with the number of complete runs and their total, at the start and after each run.

    Returns
    -------
    StudyFolder
        The folder, with the metrics of all runs.

    Raises
    ------
    StudyError
        If the folder holds another study, or a run fails; complete runs are kept.
    ConnectionError
        If no scheduler or worker responds, or the connection is lost.
    """
    if workers < 0:
        raise StudyError(f"expected 0 or more workers, got {workers}")
    if settings.study == BALANCING:
        # Here and not in each run, whose peak memory is measured.
        faces = clean(faces, audit(faces))
    folder = prepare_folder(Path(os.path.abspath(path)), faces, settings)
    missing = [run for run in runs if not folder.is_done(run)]
    done = len(runs) - len(missing)
    on_progress(done, len(runs))

    def count() -> None:
        nonlocal done
        done += 1
        on_progress(done, len(runs))

    if missing and (workers or scheduler is not None):
        _perform_on_cluster(folder, missing, workers=workers, scheduler=scheduler, on_run=count)
    else:
        for run in missing:
            # Through the package, so that Keras is only imported in the process that trains.
            studies.perform_run(folder.path, run)
            count()
    return folder


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
    own = StudyFolder(path).of_run(run)
    own.mkdir(parents=True, exist_ok=True)
    program = [sys.executable, "-m", "fer_utils.studies.single_run"]
    with (
        (own / _LOG).open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [*program, str(path), run.method, str(run.seed)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        ) as child,
    ):
        try:
            code = child.wait()
        finally:
            child.kill()
    if code:
        text = (own / _LOG).read_text(encoding="utf-8", errors="replace")
        lines = text.strip().splitlines() or ["no output; check the machine's memory"]
        raise StudyError(f"{run} failed with exit code {code}: {lines[-1]} ({own / _LOG})")


def _perform_on_cluster(
    folder: StudyFolder,
    runs: list[StudyRun],
    *,
    workers: int,
    scheduler: str | None,
    on_run: Callable[[], None],
) -> None:
    with open_client(workers, scheduler) as client:
        futures: dict[StudyRun, Future] = {}
        for place, run in enumerate(runs):
            needed = StudyRun(method=NEEDS.get(run.method, ""), seed=run.seed)
            # Dask performs a task only after the futures among its arguments.
            futures[run] = client.submit(
                _perform, folder.path, run, futures.get(needed), priority=-place, pure=False
            )
        for future in as_completed(list(futures.values())):
            try:
                future.result()
            except KilledWorker as error:
                raise StudyError("workers keep dying: check their memory and logs") from error
            on_run()


def _perform(path: Path, run: StudyRun, needed: None = None) -> None:
    """Perform a run on a worker; `needed` is the result of the run that it builds on."""
    perform_apart(path, run)
