"""Perform the missing runs of a study, in this process or on workers."""

import os
from collections.abc import Callable
from pathlib import Path

from fer_utils import studies
from fer_utils.data.audit import audit, clean
from fer_utils.data.faces import Faces
from fer_utils.studies.study_folder import StudyFolder, prepare_folder
from fer_utils.studies.study_plan import BALANCING, StudyError, StudyRun, StudySettings


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

    # Through the package, which only imports the one that is used: Keras or Dask.
    if missing and (workers or scheduler is not None):
        studies.perform_on_cluster(
            folder, missing, workers=workers, scheduler=scheduler, on_run=count
        )
    else:
        for run in missing:
            studies.perform_run(folder.path, run)
            count()
    return folder
