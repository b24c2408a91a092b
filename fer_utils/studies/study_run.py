"""A whole study: plan, perform what is missing, on this machine or on a cluster."""

import os
from collections.abc import Callable
from pathlib import Path

from fer_utils.data.audit import audit, clean
from fer_utils.data.faces import Faces
from fer_utils.studies.run_process import perform_apart, perform_run
from fer_utils.studies.study_folder import StudyFolder, prepare_folder
from fer_utils.studies.study_plan import BALANCING, NEEDS, StudyError, StudyRun, StudySettings


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
    """Perform the runs of a study that are missing in its folder.

    Parameters
    ----------
    path : str or Path
        The study's folder, the same path for all workers.
    faces : Faces
        As loaded, not cleaned.
    settings : StudySettings
        Of `fer_utils.studies.study_plan.settings_for`.
    runs : list of StudyRun
        Of `fer_utils.studies.study_plan.plan_runs`.
    workers : int
        Trainings at a time on this machine, each in a process of its own; a training uses all
        cores. 0 performs them in this process.
    scheduler : str, optional
        Address of a Dask scheduler whose workers perform the runs instead.
    on_progress : callable
        Called with the complete runs and their total at the start and after each run.

    Returns
    -------
    StudyFolder
        With the metrics of all runs.

    Raises
    ------
    StudyError
        If the folder holds another study, or a run fails; what is complete stays.
    ConnectionError
        If no scheduler or no worker answers, or the scheduler is lost.
    """
    if workers < 0:
        raise StudyError(f"expected 0 or more workers, got {workers}")
    if settings.study == BALANCING:
        # Once for all: what the audit takes is no memory of a run.
        faces = clean(faces, audit(faces))
    folder = prepare_folder(Path(os.path.abspath(path)), faces, settings)
    missing = [run for run in runs if not folder.is_done(run)]
    done = len(runs) - len(missing)
    on_progress(done, len(runs))

    def count() -> None:
        nonlocal done
        done += 1
        on_progress(done, len(runs))

    if not missing:
        return folder
    if scheduler is None and workers == 0:
        for run in missing:
            perform_run(folder.path, run)
            count()
        return folder
    _perform_on_cluster(folder, missing, workers=workers, scheduler=scheduler, on_run=count)
    return folder


def _perform_on_cluster(
    folder: StudyFolder,
    runs: list[StudyRun],
    *,
    workers: int,
    scheduler: str | None,
    on_run: Callable[[], None],
) -> None:
    from distributed import Future, KilledWorker, as_completed

    from fer_utils.scoring.cluster import open_client

    with open_client(workers, scheduler) as client:
        futures: dict[StudyRun, Future] = {}
        for place, run in enumerate(runs):
            needed = StudyRun(method=NEEDS.get(run.method, ""), seed=run.seed)
            # A future among the arguments makes Dask wait for the run it stands for.
            futures[run] = client.submit(
                _perform, folder.path, run, futures.get(needed), priority=-place, pure=False
            )
        for future in as_completed(list(futures.values())):
            try:
                future.result()
            except KilledWorker as error:
                raise StudyError(
                    "workers die again and again: look at their memory and logs"
                ) from error
            on_run()


def _perform(path: Path, run: StudyRun, needed: None = None) -> None:
    """Perform a run on a worker, after the one it needs."""
    perform_apart(path, run)
