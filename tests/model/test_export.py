"""The int8 export of a tiny model."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.model import export
from fer_utils.model.classifier import ModelError
from fer_utils.model.export import add_int8_export
from fer_utils.model.metrics import evaluate
from fer_utils.model.model_folder import ModelFolder, open_model, save_metrics, sha256


@pytest.fixture
def folder(saved_run: ModelFolder, tmp_path: Path) -> Path:
    """Give a copy of the model folder, to be changed."""
    return Path(shutil.copytree(saved_run.path, tmp_path / "models" / "tiny"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_int8_export_is_kept_and_used_where_it_is_as_accurate(
    folder: Path, faces: Faces, validation: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_LOST", 1.0)
    model = add_int8_export(folder, faces)
    assert model.fastest_export == "model_int8.tflite"
    assert model.card["sha256"]["model_int8.tflite"] == sha256(folder / "model_int8.tflite")
    exact = model.classifier.predict(validation.images)
    fast = model.open_classifier(fastest=True).predict(validation.images)
    assert 0 < np.abs(fast - exact).max() < 0.1
    found = model.card["int8"]
    accuracies = [
        (said.argmax(axis=1) == validation.labels).mean().item() for said in (fast, exact)
    ]
    assert accuracies == [found["public_test_accuracy"], found["float32_public_test_accuracy"]]
    assert found["same_answers"] == (fast.argmax(axis=1) == exact.argmax(axis=1)).mean()
    assert found["kilobytes"] < model.card["inference"]["kilobytes"]


def test_an_int8_export_that_loses_accuracy_is_dropped(
    folder: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_LOST", 1.0)
    add_int8_export(folder, faces)
    monkeypatch.setattr(export, "MOST_LOST", -1.0)
    model = add_int8_export(folder, faces)
    assert model.fastest_export == "model.tflite"
    assert "model_int8.tflite" not in contents(folder)
    assert not model.card["int8"]["kept"]
    assert "it is not kept" in (folder / "MODEL_CARD.md").read_text()


def test_exporting_keeps_scores_and_the_float32_export(folder: Path, faces: Faces) -> None:
    save_metrics(open_model(folder), {"PrivateTest": evaluate(np.zeros(7, int), np.arange(7))})
    before = contents(folder)
    model = add_int8_export(folder, faces)
    after = contents(folder)
    assert [after[name] for name in ("model.tflite", "metrics.json", "model.keras")] == [
        before[name] for name in ("model.tflite", "metrics.json", "model.keras")
    ]
    assert "PrivateTest was scored once" in after["MODEL_CARD.md"].decode()
    assert model.private_test_scored == 1


def test_other_faces_make_no_int8_export(folder: Path, faces: Faces) -> None:
    before = contents(folder)
    others = faces.select(np.arange(len(faces))[::-1])
    with pytest.raises(ModelError, match="was not chosen on the PublicTest of tiny: give the data"):
        add_int8_export(folder, others)
    assert contents(folder) == before


def test_on_another_backend_the_folder_stays_as_it_is(
    folder: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert add_int8_export(folder, faces).fastest_export == "model.tflite"
    assert contents(folder) == before
