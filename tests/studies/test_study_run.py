"""A study performs its missing runs in order; the runs are fakes here."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from distributed import LocalCluster

from fer_utils import studies
from fer_utils.data.faces import Faces
from fer_utils.studies import study_cluster
from fer_utils.studies.single_run import perform_run
from fer_utils.studies.study_cluster import perform_apart
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyError, StudyRun, StudySettings, plan_runs
from fer_utils.studies.study_run import run_study

RUNS = plan_runs("balancing", seeds=[0, 1], methods=["none", "smote", "embedding_smote"])
BASE, SMOTE, EMBEDDING = RUNS[:3]


@pytest.fixture
def performed(monkeypatch: pytest.MonkeyPatch) -> list[StudyRun]:
    """Replace every run by a fake; return the list of performed runs."""
    seen: list[StudyRun] = []

    def perform(path: Path, run: StudyRun) -> None:
        folder = StudyFolder(path)
        if run.method == BASE.method:
            time.sleep(0.2)  # Runs that do not wait for it start too early.
        if run.method == EMBEDDING.method:
            assert folder.is_done(StudyRun(method=BASE.method, seed=run.seed))
        seen.append(run)
        folder.write_metrics(run, {"seed": run.seed})

    monkeypatch.setattr(studies, "perform_run", perform)
    monkeypatch.setattr(study_cluster, "perform_apart", perform)
    return seen


def test_every_run_is_performed_once_in_order(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path, performed: list[StudyRun]
) -> None:
    steps = []
    folder = run_study(
        tmp_path,
        faces,
        balancing_settings,
        RUNS,
        workers=0,
        on_progress=lambda done, runs: steps.append((done, runs)),
    )
    assert performed == RUNS
    assert all(folder.is_done(run) for run in RUNS)
    assert steps == [(done, 6) for done in range(7)]


def test_a_restart_performs_only_missing_runs(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path, performed: list[StudyRun]
) -> None:
    folder = run_study(tmp_path, faces, balancing_settings, RUNS, workers=0)
    performed.clear()
    run_study(tmp_path, faces, balancing_settings, RUNS, workers=0)
    assert performed == []
    (folder.of_run(SMOTE) / "metrics.json").unlink()
    steps = []
    run_study(
        tmp_path,
        faces,
        balancing_settings,
        RUNS,
        workers=0,
        on_progress=lambda done, runs: steps.append((done, runs)),
    )
    assert performed == [SMOTE]
    assert steps == [(5, 6), (6, 6)]


def test_workers_of_a_scheduler_perform_the_runs(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path, performed: list[StudyRun]
) -> None:
    """Two at a time; a run that builds on another one waits for it."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        scheduler = cluster.scheduler_address
        run_study(tmp_path, faces, balancing_settings, RUNS, scheduler=scheduler)
    assert sorted(map(str, performed)) == sorted(map(str, RUNS))


def test_a_failing_run_stops_the_study_and_complete_runs_are_kept(
    faces: Faces,
    balancing_settings: StudySettings,
    tmp_path: Path,
    performed: list[StudyRun],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    succeed = studies.perform_run

    def fail(path: Path, run: StudyRun) -> None:
        if run == SMOTE:
            raise StudyError("no memory")
        succeed(path, run)

    monkeypatch.setattr(studies, "perform_run", fail)
    with pytest.raises(StudyError, match="no memory"):
        run_study(tmp_path, faces, balancing_settings, RUNS, workers=0)
    assert StudyFolder(tmp_path).finished() == [BASE]


def test_a_negative_number_of_workers_is_refused(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    with pytest.raises(StudyError, match="0 or more workers, got -1"):
        run_study(tmp_path, faces, balancing_settings, RUNS, workers=-1)


def test_a_run_that_is_done_is_not_performed_again(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path, performed: list[StudyRun]
) -> None:
    """Not in a separate process either, which ends despite the thread that waits for its parent."""
    folder = run_study(tmp_path, faces, balancing_settings, [BASE], workers=0)
    perform_run(tmp_path, BASE)
    perform_apart(tmp_path, BASE)
    assert folder.metrics(BASE) == {"seed": 0}


def test_planning_a_study_needs_neither_keras_nor_dask() -> None:
    code = (
        "import sys; from fer_utils.studies import Results, collect, plan_runs, run_study;"
        "print({'tensorflow', 'keras', 'sklearn', 'dask', 'distributed'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
