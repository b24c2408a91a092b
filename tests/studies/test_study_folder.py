"""Runs are planned, and a study's folder accepts only the same study."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.studies.study_folder import open_folder, prepare_folder
from fer_utils.studies.study_plan import (
    A_RECIPE,
    METHODS,
    StudyError,
    StudyRun,
    StudySettings,
    plan_runs,
    settings_for,
)

RUN = StudyRun(method="smote", seed=3)


def test_the_folder_returns_faces_and_settings(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path / "study", faces, balancing_settings)
    assert folder.settings == balancing_settings
    assert folder.faces().fingerprint() == faces.fingerprint()
    assert folder.finished() == []
    assert open_folder(tmp_path / "study") == folder


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
        open_folder(tmp_path)


def test_damaged_metrics_are_reported(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path, faces, balancing_settings)
    folder.write_metrics(RUN, {})
    (folder.of_run(RUN) / "metrics.json").write_text("{", encoding="utf-8")
    with pytest.raises(StudyError, match=r"metrics\.json is damaged .* run the study again"):
        folder.metrics(RUN)


def test_runs_are_ordered_by_seed() -> None:
    runs = plan_runs("balancing", seeds=[1, 0])
    assert len(runs) == 2 * 8
    assert [run.method for run in runs[:8]] == list(METHODS["balancing"])
    assert [run.seed for run in runs] == [1] * 8 + [0] * 8


def test_a_method_that_builds_on_another_adds_it() -> None:
    runs = plan_runs("balancing", seeds=[5], methods=["embedding_smote"])
    assert runs == [StudyRun(method="none", seed=5), StudyRun(method="embedding_smote", seed=5)]


@pytest.mark.parametrize(
    ("seeds", "methods", "message"),
    [
        ([], None, r"one or more seeds, each 0 or greater, got \[\]"),
        ([-1], None, r"got \[-1\]"),
        ([0], ["adasyn"], "unknown method adasyn: expected none, random, smote"),
    ],
)
def test_an_invalid_plan_is_refused(seeds: list, methods: list, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        plan_runs("balancing", seeds=seeds, methods=methods)


def test_every_method_gets_the_same_number_of_updates() -> None:
    recipe = settings_for("balancing").recipe
    assert recipe.passes * 100 > recipe.updates * recipe.batch_size
    assert recipe.patience == recipe.epochs


def test_a_study_can_be_scaled_down() -> None:
    scaled = settings_for("reproduce", updates=3, epochs_a=2, epochs_b=500)
    assert (scaled.recipe.updates, scaled.recipe.epochs, scaled.recipe.patience) == (3, 3, 3)
    assert scaled.a == replace(A_RECIPE, epochs=2)
    assert scaled.b.epochs == 100


@pytest.mark.parametrize("scale", [{"updates": 0}, {"epochs_a": 0}, {"epochs_b": -1}])
def test_nothing_to_train_is_refused(scale: dict) -> None:
    with pytest.raises(StudyError, match="expected 1 or more updates and epochs, got"):
        settings_for("reproduce", **scale)


def test_an_unknown_study_is_refused() -> None:
    with pytest.raises(StudyError, match="unknown study 'sleep': expected one of reproduce"):
        settings_for("sleep")


def test_the_manifest_is_written_last(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path, faces, balancing_settings)
    stored = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))
    assert stored == folder.manifest()
    assert stored["data"] == faces.fingerprint()
    assert (tmp_path / "faces.npz").is_file()
