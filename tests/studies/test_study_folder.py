"""A study's folder accepts only the same study, and performs missing runs, which are fakes."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster

from fer_utils import studies
from fer_utils.data.faces import Faces
from fer_utils.studies import study_cluster
from fer_utils.studies.single_run import perform_run
from fer_utils.studies.study_cluster import perform_apart
from fer_utils.studies.study_folder import StudyFolder, prepare_folder, run_study
from fer_utils.studies.study_plan import StudyError, StudyRun, StudySettings, plan_runs

RUN = StudyRun(method="smote", seed=3)
RUNS = plan_runs("balancing", seeds=[0, 1], methods=["none", "smote", "embedding_smote"])
BASE, SMOTE, EMBEDDING = RUNS[:3]


def test_the_folder_returns_faces_and_settings(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path / "study", faces, balancing_settings)
    assert folder.settings == balancing_settings
    assert folder.faces().fingerprint() == faces.fingerprint()
    assert folder.finished() == []


def test_a_run_is_done_once_its_metrics_are_written(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path, faces, balancing_settings)
    folder.of_run(RUN).mkdir(parents=True)
    assert not folder.is_done(RUN)
    folder.write_metrics(RUN, {"seconds": 1})
    folder.write_metrics(StudyRun(method="none", seed=10), {})
    folder.write_metrics(StudyRun(method="none", seed=2), {})
    assert folder.is_done(RUN)
    assert folder.metrics(RUN) == {"seconds": 1}
    assert folder.finished() == [
        StudyRun(method="none", seed=2),
        StudyRun(method="none", seed=10),
        RUN,
    ]


def test_the_same_study_can_be_resumed(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    prepare_folder(tmp_path, faces, balancing_settings)
    renamed = replace(faces, provenance=replace(faces.provenance, source="renamed"))
    prepare_folder(tmp_path, renamed, balancing_settings)


def test_other_settings_are_refused_by_name(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    prepare_folder(tmp_path, faces, balancing_settings)
    other = replace(balancing_settings, recipe=replace(balancing_settings.recipe, updates=9))
    message = r"another study: settings.recipe.updates was 4, now it is 9. Use the same"
    with pytest.raises(StudyError, match=message):
        prepare_folder(tmp_path, faces, other)


def test_other_faces_are_refused(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    prepare_folder(tmp_path, faces, balancing_settings)
    fewer = faces.select(np.arange(1, len(faces)))
    with pytest.raises(StudyError, match="another study: data was"):
        prepare_folder(tmp_path, fewer, balancing_settings)


def test_a_folder_of_other_files_is_refused(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(StudyError, match=r"holds other files, such as thesis\.txt"):
        prepare_folder(tmp_path, faces, balancing_settings)


def test_a_study_stopped_before_its_manifest_starts_over(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    faces.save(tmp_path / "faces.npz")
    (tmp_path / ".faces.1234.npz").touch()
    assert prepare_folder(tmp_path, faces, balancing_settings).settings == balancing_settings


def test_a_folder_without_a_study_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"has no study\.json: run the study first"):
        StudyFolder(tmp_path).manifest()


def test_damaged_metrics_are_reported(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path, faces, balancing_settings)
    folder.write_metrics(RUN, {})
    (folder.of_run(RUN) / "metrics.json").write_text("{", encoding="utf-8")
    with pytest.raises(StudyError, match=r"metrics\.json is damaged .* run the study again"):
        folder.metrics(RUN)


def test_the_manifest_is_written_last(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path, faces, balancing_settings)
    stored = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))
    assert stored == folder.manifest()
    assert stored["data"] == faces.fingerprint()
    assert (tmp_path / "faces.npz").is_file()


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
