"""Evaluate a model on any faces."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import nbformat
import numpy as np
import pytest
from skimage.data import astronaut

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import DataError, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import load_metrics
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.runs import evaluation_report
from fer_utils.runs.evaluation_report import evaluate_model, keep_out
from fer_utils.runs.pipeline import NotebookRun


@pytest.fixture
def model(finished_run: NotebookRun, tmp_path: Path) -> ModelFolder:
    """Give a copy of the model folder, to be changed."""
    return open_model(shutil.copytree(finished_run.model, tmp_path / "model"))


def pictures(folder: Path, emotions: tuple[str, ...], *, each: int) -> Path:
    """Write drawn faces into class folders of some emotions."""
    faces = draw_faces(300, seed=3)
    for emotion in emotions:
        for image in faces.images[faces.labels == EMOTIONS.index(emotion)][:each]:
            path = folder / emotion / f"{len(list(folder.rglob('*.png')))}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), image)
    return folder


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_few_pictures_of_some_emotions_give_a_whole_report(
    model: ModelFolder, tmp_path: Path
) -> None:
    mine = pictures(tmp_path / "mine", ("happy", "sad", "fear"), each=2)
    before = {path.name: path.read_bytes() for path in model.path.iterdir()}
    report = evaluate_model(model.path, str(mine), tmp_path / "report")
    assert files_of(report.folder) == [
        "04_evaluate.ipynb",
        "07_explain.ipynb",
        "comparison.csv",
        "doubtful_labels.csv",
        "metrics.json",
        "report.html",
        "robustness.csv",
    ]
    scores = load_metrics(report.metrics)
    assert {name: score.count for name, score in scores.items()} == {"PublicTest": 6}
    page = report.page.read_text(encoding="utf-8")
    assert "<title>model on mine</title>" in page
    assert "was trained on none of these faces" in page
    assert "These are faces of real people" in page
    assert "7. Why does it say that?" in page
    assert "Exercise" not in page
    assert "You against the network" not in page
    # The model's own scores, on other faces, stay as they are.
    assert {path.name: path.read_bytes() for path in model.path.iterdir()} == before


def test_the_8_bit_export_of_an_installed_package_is_evaluated(tmp_path: Path) -> None:
    model = tmp_path / "fer2013"
    model.mkdir()
    for name in ("model_int8.tflite", "card.json", "metrics.json"):
        shutil.copy(SHIPPED_MODEL / name, model)
    mine = pictures(tmp_path / "mine", ("happy", "sad", "fear"), each=2)
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    report = evaluate_model(model, str(mine), tmp_path / "report")
    assert load_metrics(report.metrics)["PublicTest"].count == 6
    note = "fer2013 has no Keras network here: its 8-bit export is evaluated"
    assert report.faces.provenance.describe().splitlines()[1] == note
    page = report.page.read_text(encoding="utf-8")
    assert note in page
    assert "Which parts of a face" in page
    assert "Grad-CAM" not in page
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Catch what the notebooks would be given, and leave empty ones instead."""
    given: dict[str, Any] = {"notebooks": [], "cells": []}

    def execute(notebook: Path, executed: Path, parameters: dict[str, Any], **_: Any) -> None:
        given["notebooks"].append(notebook.name)
        given["cells"] += [cell.source for cell in nbformat.read(notebook, as_version=4).cells]
        given.update(parameters, faces=Faces.load(parameters["faces_path"]))
        nbformat.write(nbformat.v4.new_notebook(), executed)

    monkeypatch.setattr(evaluation_report, "execute_notebook", execute)
    return given


def test_the_notebooks_get_the_cleaned_faces_and_leave_none_behind(
    model: ModelFolder, face_folder: Path, tmp_path: Path, seen: dict[str, Any]
) -> None:
    report = evaluate_model(model.path, str(face_folder), tmp_path / "report", show_faces=True)
    assert seen["notebooks"] == ["04_evaluate.ipynb", "07_explain.ipynb"]
    assert seen["show_faces"] is True
    assert (seen["model_path"], seen["evaluation_path"]) == (str(model.path), str(report.folder))
    assert not Path(seen["faces_path"]).exists()
    # The model's own faces keep their splits.
    assert model.was_chosen_on(seen["faces"])
    assert seen["faces"].fingerprint() == model.card["data"]["fingerprint"]
    assert report.updates_model


def test_a_model_without_its_keras_network_is_not_updated(
    model: ModelFolder, face_folder: Path, tmp_path: Path, seen: dict[str, Any]
) -> None:
    (model.path / "model.keras").unlink()
    report = evaluate_model(model.path, str(face_folder), tmp_path / "report")
    assert model.was_chosen_on(seen["faces"])
    assert not report.updates_model
    assert seen["cells"]
    assert not any("was_chosen_on" in source or "grad" in source for source in seen["cells"])
    assert report.faces.provenance.notes[0].endswith("its float32 export is evaluated")


def test_copies_stay_in_a_set_that_was_not_learned_from(
    model: ModelFolder, tmp_path: Path, seen: dict[str, Any]
) -> None:
    mine = pictures(tmp_path / "mine", ("happy", "sad"), each=3)
    first = sorted((mine / "happy").iterdir())[0]
    shutil.copy(first, mine / "sad" / "copy.png")
    evaluate_model(model.path, str(mine), tmp_path / "report")
    assert len(seen["faces"]) == 7
    assert set(seen["faces"].splits) == {"PublicTest"}
    assert seen["faces"].has_conflicting_copy.sum() == 2


def test_a_source_of_training_faces_alone_is_refused(
    model: ModelFolder, tmp_path: Path, seen: dict[str, Any]
) -> None:
    train = pictures(tmp_path / "mine" / "train", ("happy",), each=2)
    with pytest.raises(DataError, match="all 2 faces of mine are in Training"):
        evaluate_model(model.path, str(train.parent), tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_faces_are_found_in_photographs_where_that_is_asked_for(
    model: ModelFolder, tmp_path: Path, seen: dict[str, Any]
) -> None:
    photograph = tmp_path / "mine" / "happy" / "astronaut.png"
    photograph.parent.mkdir(parents=True)
    cv2.imwrite(str(photograph), astronaut()[..., ::-1])
    evaluate_model(model.path, str(tmp_path / "mine"), tmp_path / "report")
    whole = seen["faces"].images
    evaluate_model(model.path, str(tmp_path / "mine"), tmp_path / "report", find_faces=True)
    assert seen["faces"].images.shape == whole.shape == (1, 48, 48)
    assert (seen["faces"].images != whole).any()
    with pytest.raises(DataError, match="zip of pictures to find faces in, got 'synthetic'"):
        evaluate_model(model.path, "synthetic", tmp_path / "report", find_faces=True)


@pytest.fixture
def drawn() -> Faces:
    return draw_faces(162)


def of_kind(faces: Faces, kind: str, *, source: str, notes: tuple[str, ...] = ()) -> Faces:
    return replace(
        faces, provenance=replace(faces.provenance, kind=kind, source=source, notes=notes)
    )


def test_all_faces_of_a_strange_folder_are_kept_out(model: ModelFolder, drawn: Faces) -> None:
    notes = ("split about 80/10/10 by subject, seed 0", "CK+48 has no neutral images")
    kept_out = keep_out(of_kind(drawn, "CK+48 folders", source="CK+48", notes=notes), model)
    assert set(kept_out.splits) == {"PublicTest"}
    assert kept_out.provenance.notes == (
        "model was trained on none of these faces: all count as PublicTest",
        "CK+48 has no neutral images",
    )
    assert set(drawn.splits) == {"Training", "PublicTest", "PrivateTest"}


@pytest.mark.parametrize(
    "change",
    [
        lambda faces, own: of_kind(faces, "train and test folders", source="other.zip"),
        lambda faces, own: of_kind(faces, "class folders", source=own),
        lambda faces, own: of_kind(faces, "class folders", source=f"CK+48 + {own}"),
    ],
)
def test_splits_are_kept_where_the_model_may_have_learned_from_some(
    model: ModelFolder, drawn: Faces, change: Callable[[Faces, str], Faces]
) -> None:
    faces = change(drawn, model.card["data"]["source"])
    assert keep_out(faces, model) is faces


def test_what_a_model_learned_from_may_be_several_sources(model: ModelFolder, drawn: Faces) -> None:
    card = json.loads(json.dumps(model.card))
    card["data"]["source"] = "fer2013.zip + CK+48"
    joined = ModelFolder(model.path, card)
    faces = of_kind(drawn, "CK+48 folders", source="CK+48")
    assert keep_out(faces, joined) is faces
    assert np.all(keep_out(faces, model).splits == "PublicTest")
