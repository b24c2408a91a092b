"""A study's folder accepts only the same study."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.studies.study_folder import open_folder, prepare_folder
from fer_utils.studies.study_plan import (
    StudyError,
    StudyRun,
    StudySettings,
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


def test_the_manifest_is_written_last(
    faces: Faces, balancing_settings: StudySettings, tmp_path: Path
) -> None:
    folder = prepare_folder(tmp_path, faces, balancing_settings)
    stored = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))
    assert stored == folder.manifest()
    assert stored["data"] == faces.fingerprint()
    assert (tmp_path / "faces.npz").is_file()
