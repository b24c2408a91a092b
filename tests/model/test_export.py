from pathlib import Path

import keras
import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.model import export
from fer_utils.model.classifier import ModelError
from fer_utils.model.export import add_exports
from fer_utils.model.metrics import compute_metrics
from fer_utils.model.model_folder import ModelFolder, open_model, sha256


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_int8_export_is_kept_and_used_if_it_is_as_accurate(
    folder: Path, faces: Faces, validation: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_LOST", 1.0)
    model = add_exports(folder, faces)
    assert model.fastest_export == "model_int8.tflite"
    assert model.card["sha256"]["model_int8.tflite"] == sha256(folder / "model_int8.tflite")
    exact = model.classifier.predict(validation.images)
    fast = model.open_classifier(fastest=True).predict(validation.images)
    assert 0 < np.abs(fast - exact).max() < 0.1
    found = model.card["int8"]
    accuracies = [
        (part.argmax(axis=1) == validation.labels).mean().item() for part in (fast, exact)
    ]
    assert accuracies == [found["public_test_accuracy"], found["float32_public_test_accuracy"]]
    assert found["same_answers"] == (fast.argmax(axis=1) == exact.argmax(axis=1)).mean()
    assert found["kilobytes"] < model.card["inference"]["kilobytes"]


def test_an_int8_export_that_loses_accuracy_is_dropped(
    folder: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_LOST", 1.0)
    add_exports(folder, faces)
    monkeypatch.setattr(export, "MOST_LOST", -1.0)
    model = add_exports(folder, faces)
    assert model.fastest_export == "model.tflite"
    assert "model_int8.tflite" not in contents(folder)
    assert not model.card["int8"]["kept"]
    assert "(not kept)" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_exporting_keeps_scores_and_the_float32_export(folder: Path, faces: Faces) -> None:
    scores = compute_metrics(np.zeros(7, int), np.arange(7))
    open_model(folder).write_metrics({"PrivateTest": scores})
    before = contents(folder)
    model = add_exports(folder, faces)
    after = contents(folder)
    assert [after[name] for name in ("model.tflite", "metrics.json", "model.keras")] == [
        before[name] for name in ("model.tflite", "metrics.json", "model.keras")
    ]
    assert "PrivateTest was scored once" in after["MODEL_CARD.md"].decode()
    assert model.private_test_scored == 1


def test_other_faces_make_no_int8_export(folder: Path, faces: Faces) -> None:
    before = contents(folder)
    others = faces.select(np.arange(len(faces))[::-1])
    with pytest.raises(ModelError, match="was not chosen on the PublicTest of tiny: pass the data"):
        add_exports(folder, others)
    assert contents(folder) == before


def test_only_tensorflow_can_export(
    folder: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for given in (None, faces):
        with pytest.raises(ModelError, match="needs Keras on TensorFlow, got jax"):
            add_exports(folder, given)
    assert contents(folder) == before


def test_without_faces_a_folder_that_has_its_export_stays_the_same(folder: Path) -> None:
    before = contents(folder)
    assert add_exports(folder).fastest_export == "model.tflite"
    assert contents(folder) == before


def test_the_export_predicts_the_same_as_the_network(
    saved_run: ModelFolder, validation: Faces
) -> None:
    stored = saved_run.network.predict(validation.images[..., None], verbose=0)
    exported = saved_run.classifier.predict(validation.images)
    np.testing.assert_allclose(exported, stored, atol=1e-5)


def test_the_card_has_the_size_and_the_time_of_the_export(saved_run: ModelFolder) -> None:
    kilobytes = (saved_run.path / "model.tflite").stat().st_size / 1024
    assert saved_run.card["inference"]["kilobytes"] == round(kilobytes)
    assert 0 < saved_run.card["inference"]["milliseconds"] < 1000


@pytest.mark.parametrize("broken", ["write_card", "sha256"])
def test_a_failing_export_leaves_the_old_folder_whole(
    folder: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError("disk full")

    before = contents(folder)
    monkeypatch.setattr(export, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        add_exports(folder, faces)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
