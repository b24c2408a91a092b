import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from jax_backend import JAX

from fer_utils.data.faces import Faces, join_faces
from fer_utils.emotions import EMOTIONS
from fer_utils.litert import ModelError
from fer_utils.model import saving
from fer_utils.model.calibration import Calibration, at_temperature
from fer_utils.model.metrics import compute_metrics
from fer_utils.model.model_files import sha256
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.model.prior import Prior, divide_by
from fer_utils.model.recipes import Recipe
from fer_utils.model.saving import add_exports, make_card, save_model
from fer_utils.model.trained import Trained


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_model_folder_has_five_files_before_the_evaluation(saved_run: ModelFolder) -> None:
    assert sorted(contents(saved_run.path)) == [
        "MODEL_CARD.md",
        "card.json",
        "history.csv",
        "model.keras",
        "model.tflite",
    ]


def test_nothing_is_left_next_to_the_folder(saved_run: ModelFolder) -> None:
    assert [path.name for path in saved_run.path.parent.iterdir()] == ["tiny"]


def test_the_card_describes_input_and_output(saved_run: ModelFolder) -> None:
    assert saved_run.card["labels"] == list(EMOTIONS)
    assert saved_run.card["input"]["shape"] == [48, 48, 1]
    assert saved_run.card["input"]["range"] == [0, 255]
    assert saved_run.card["parameters"] == saved_run.network.count_params()


def test_the_card_describes_the_data(
    saved_run: ModelFolder, faces: Faces, validation: Faces
) -> None:
    data = saved_run.card["data"]
    assert (data["source"], data["kind"], data["notes"]) == ("tiny", "made up", ["for tests"])
    assert data["left_out"] == {"blurred": 3}
    assert data["fingerprint"] == faces.fingerprint()
    assert data["public_test_fingerprint"] == validation.fingerprint()
    assert data["counts"]["PublicTest"] == dict.fromkeys(EMOTIONS, 3)
    assert saved_run.card["balancing"] == {"strategy": "none", "images": 84}


def test_the_card_counts_added_faces_under_balancing_alone(
    trained: Trained, calibration: Calibration, recipe: Recipe, faces: Faces
) -> None:
    """Its data are the originals, so that a model is recognized whatever it was balanced with."""
    added = replace(
        faces.of_split("Training").select(np.arange(10)), is_synthetic=np.ones(10, dtype=bool)
    )
    balanced = join_faces([faces, added])
    balanced = replace(balanced, provenance=replace(faces.provenance, balancing="random"))
    plain, card = (
        make_card(trained, calibration=calibration, recipe=recipe, faces=given, seed=1)
        for given in (faces, balanced)
    )
    assert card["balancing"] == {"strategy": "random", "images": 94}
    assert card["data"] == plain["data"]


def test_the_card_describes_the_training(
    saved_run: ModelFolder, recipe: Recipe, trained: Trained
) -> None:
    training = saved_run.card["training"]
    assert training["recipe"] == json.loads(json.dumps(asdict(recipe)))
    assert (training["seed"], training["precision"]) == (1, "float32")
    assert training["best_epoch"] == trained.best_epoch
    assert training["backend"] == keras.backend.backend()


def test_the_stored_network_is_the_trained_one_at_the_calibrated_temperature(
    saved_run: ModelFolder, trained: Trained, validation: Faces
) -> None:
    expected = at_temperature(trained.probabilities(validation.images), 2.0)
    stored = saved_run.network.predict(validation.images[..., None], verbose=0)
    np.testing.assert_allclose(stored, expected, atol=1e-5)


def test_what_balancing_changed_is_undone_in_the_stored_network(
    trained: Trained,
    calibration: Calibration,
    recipe: Recipe,
    faces: Faces,
    validation: Faces,
    tmp_path: Path,
) -> None:
    prior = Prior(shares=(0.1,) * 6 + (0.4,), learned=(1 / 7,) * 7, balanced_power=0.5)
    card = make_card(
        trained, calibration=calibration, prior=prior, recipe=recipe, faces=faces, seed=1
    )
    model = save_model(tmp_path / "model", trained, card)
    assert model.prior == prior
    probabilities = trained.probabilities(validation.images)
    undone = divide_by(probabilities, [10 / 7] * 6 + [2.5 / 7])
    predicted = model.network.predict(validation.images[..., None], verbose=0)
    np.testing.assert_allclose(predicted, at_temperature(undone, 2.0), rtol=1e-3, atol=1e-6)


def test_the_card_describes_the_calibration(
    saved_run: ModelFolder, calibration: Calibration
) -> None:
    assert saved_run.card["calibration"] == asdict(calibration)


def test_the_stored_network_has_no_optimizer_state(saved_run: ModelFolder) -> None:
    with zipfile.ZipFile(saved_run.path / "model.keras") as stored:
        assert not json.loads(stored.read("config.json"))["compile_config"]
        assert b"optimizer" not in stored.read("model.weights.h5")


def test_the_history_comes_back(saved_run: ModelFolder, trained: Trained) -> None:
    assert saved_run.history["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(saved_run.history, trained.history)


@pytest.mark.parametrize("broken", ["write_card", "sha256"])
def test_a_failing_save_leaves_the_old_folder_whole(
    folder: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError("disk full")

    before, card = contents(folder), open_model(folder).card
    monkeypatch.setattr(saving, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        save_model(folder, trained, card)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


WITHOUT_TENSORFLOW = """
import sys

class NoTensorFlow:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "tensorflow":
            raise ImportError(name)

sys.meta_path.insert(0, NoTensorFlow())
import numpy as np
from fer_utils.data.faces import Faces
from fer_utils.data.provenance import Provenance
from fer_utils.model.prior import Prior, divide_by
from fer_utils.model.recipes import Recipe
from fer_utils.model.training import train_model

images = np.random.default_rng(0).integers(0, 256, (16, 48, 48), dtype=np.uint8)
labels = np.arange(16, dtype=np.uint8) % 7
splits = np.repeat(["Training", "PublicTest"], 8)
faces = Faces(images, labels, splits, splits, splits, Provenance("noise", "made up"))
recipe = Recipe(updates=1, passes=8, epochs=1, patience=1, batch_size=4, widths=(4,), blocks=(1,))
model = train_model(faces, recipe, path=sys.argv[1])
np.save(sys.argv[2], model.network.predict(images[..., None], verbose=0))
np.save(sys.argv[3], images)
"""


@pytest.fixture(scope="session")
def made_without_tensorflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a model trained on JAX, its faces, and its predictions."""
    folder = tmp_path_factory.mktemp("jax")
    paths = [str(folder / name) for name in ("model", "probabilities.npy", "images.npy")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, *paths],
        env=os.environ | JAX,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_jax_trains_and_saves_without_tensorflow(made_without_tensorflow: Path) -> None:
    model = open_model(made_without_tensorflow / "model")
    assert model.card["training"]["backend"] == "jax"
    assert "inference" not in model.card
    assert sorted(contents(model.path)) == [
        "MODEL_CARD.md",
        "card.json",
        "history.csv",
        "model.keras",
    ]
    assert not (made_without_tensorflow / "model.checkpoints").exists()


def test_a_model_from_jax_is_exported_later(made_without_tensorflow: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made_without_tensorflow / "model", tmp_path / "model")
    model = add_exports(folder)
    before, after = (
        json.loads((path / "card.json").read_text(encoding="utf-8"))
        for path in (made_without_tensorflow / "model", folder)
    )
    assert after | {"sha256": before["sha256"]} == before | {"inference": after["inference"]}
    probabilities = np.load(made_without_tensorflow / "probabilities.npy")
    predicted = model.classifier.predict(np.load(made_without_tensorflow / "images.npy"))
    np.testing.assert_allclose(predicted, probabilities, atol=1e-4)


def test_the_int8_export_is_kept_and_used_if_it_is_as_accurate(
    folder: Path, faces: Faces, validation: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "MOST_LOST", 1.0)
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
    monkeypatch.setattr(saving, "MOST_LOST", 1.0)
    add_exports(folder, faces)
    monkeypatch.setattr(saving, "MOST_LOST", -1.0)
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
    monkeypatch.setattr(saving, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        add_exports(folder, faces)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
