"""Model folders."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer_utils.data.balancing import Balanced
from fer_utils.data.records import Faces
from fer_utils.labels import EMOTIONS
from fer_utils.model import artifacts
from fer_utils.model.artifacts import ModelFolder, load_run, save_metrics, save_run
from fer_utils.model.classifier import ModelError
from fer_utils.model.evaluation import evaluate
from fer_utils.model.recipes import Recipe
from fer_utils.model.training import Trained

SCORES = {"PublicTest": evaluate(np.array([0, 3, 3]), np.array([0, 3, 4]))}


@pytest.fixture
def folder(saved_run: ModelFolder, tmp_path: Path) -> Path:
    """Give a copy of the model folder, to be changed."""
    return Path(shutil.copytree(saved_run.path, tmp_path / "models" / "tiny"))


def change_card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "card.json").read_text())
    change(card)
    (folder / "card.json").write_text(json.dumps(card))


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


def test_the_evaluation_adds_its_metrics(folder: Path) -> None:
    before = set(contents(folder))
    save_metrics(load_run(folder), SCORES)
    assert set(contents(folder)) - before == {"metrics.json"}


def test_nothing_is_left_beside_the_folder(saved_run: ModelFolder) -> None:
    assert [path.name for path in saved_run.path.parent.iterdir()] == ["tiny"]


def test_metrics_come_back(folder: Path) -> None:
    save_metrics(load_run(folder), SCORES)
    stored = load_run(folder).evaluations()
    assert list(stored) == ["PublicTest"]
    assert stored["PublicTest"].to_dict() == SCORES["PublicTest"].to_dict()


def test_there_are_no_metrics_before_an_evaluation(saved_run: ModelFolder) -> None:
    assert saved_run.evaluations() == {}


def test_metrics_bring_the_model_card_up_to_date(folder: Path) -> None:
    assert "Not evaluated yet." in (folder / "MODEL_CARD.md").read_text()
    save_metrics(load_run(folder), SCORES)
    assert "| PublicTest | 3 | 66.7% (" in (folder / "MODEL_CARD.md").read_text()


def test_the_card_says_what_the_model_takes_and_gives(saved_run: ModelFolder) -> None:
    assert saved_run.card["labels"] == list(EMOTIONS)
    assert saved_run.card["input"]["shape"] == [48, 48, 1]
    assert saved_run.card["input"]["range"] == [0, 255]
    assert saved_run.card["parameters"] == saved_run.network.count_params()


def test_the_card_says_what_the_model_learned_from(
    saved_run: ModelFolder, faces: Faces, validation: Faces
) -> None:
    data = saved_run.card["data"]
    assert (data["source"], data["kind"], data["notes"]) == ("tiny", "made up", ["for tests"])
    assert data["left_out"] == {"blurred": 3}
    assert data["fingerprint"] == faces.fingerprint()
    assert data["public_test_fingerprint"] == validation.fingerprint()
    assert data["counts"]["PublicTest"] == dict.fromkeys(EMOTIONS, 3)
    assert saved_run.card["balancing"] == {"strategy": "none", "images": 84}


def test_the_card_says_how_the_model_was_trained(
    saved_run: ModelFolder, recipe: Recipe, trained: Trained
) -> None:
    training = saved_run.card["training"]
    assert training["recipe"] == json.loads(json.dumps(asdict(recipe)))
    assert (training["seed"], training["precision"]) == (1, "float32")
    assert training["best_epoch"] == trained.best_epoch
    assert training["backend"] == keras.backend.backend()


def test_the_stored_network_is_the_trained_one(saved_run: ModelFolder, trained: Trained) -> None:
    pairs = zip(saved_run.network.get_weights(), trained.network.get_weights(), strict=True)
    assert all(np.array_equal(stored, original) for stored, original in pairs)


def test_the_stored_network_has_no_optimizer_state(saved_run: ModelFolder) -> None:
    with zipfile.ZipFile(saved_run.path / "model.keras") as stored:
        assert not json.loads(stored.read("config.json"))["compile_config"]
        assert b"optimizer" not in stored.read("model.weights.h5")


def test_the_history_comes_back(saved_run: ModelFolder, trained: Trained) -> None:
    assert saved_run.history["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(saved_run.history, trained.history)


@pytest.mark.parametrize("broken", ["describe_model", "_sha256"])
def test_a_failing_save_leaves_the_old_folder_whole(
    folder: Path,
    trained: Trained,
    recipe: Recipe,
    balanced: Balanced,
    faces: Faces,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError("disk full")

    def save_nothing(*arguments: object, **options: object) -> None:
        Path(str(arguments[1])).write_bytes(b"half")

    before = contents(folder)
    monkeypatch.setattr(keras.Model, "export", save_nothing)
    monkeypatch.setattr(artifacts, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        save_run(folder, trained, recipe=recipe, balanced=balanced, faces=faces, seed=2)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_an_untouched_folder_loads(folder: Path) -> None:
    assert load_run(str(folder)).path == folder


def test_a_changed_export_is_refused(folder: Path) -> None:
    data = bytearray((folder / "model.tflite").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.tflite").write_bytes(data)
    with pytest.raises(ModelError, match=r"model\.tflite is not the file that card\.json"):
        load_run(folder)


def test_a_truncated_network_is_refused(folder: Path) -> None:
    data = (folder / "model.keras").read_bytes()
    (folder / "model.keras").write_bytes(data[:-100])
    with pytest.raises(ModelError, match=r"model\.keras is not the file that card\.json"):
        load_run(folder)


@pytest.mark.parametrize("name", ["model.keras", "model.tflite"])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing: train the model again"):
        load_run(folder)


def test_a_folder_without_a_card_is_no_model_folder(folder: Path) -> None:
    (folder / "card.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"no model folder \(it has no card\.json\)"):
        load_run(folder)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model folder"):
        load_run(tmp_path / "none")


@pytest.mark.parametrize("text", ["", '{"labels": [', "[]", "null", "{}", '{"labels": []}'])
def test_a_damaged_card_is_refused(folder: Path, text: str) -> None:
    (folder / "card.json").write_text(text)
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        load_run(folder)


@pytest.mark.parametrize("checksums", [[], {}, {"model.keras": "0"}, None])
def test_a_card_without_checksums_is_refused(folder: Path, checksums: object) -> None:
    change_card(folder, lambda card: card.update(sha256=checksums))
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        load_run(folder)


def test_labels_in_another_order_are_refused(folder: Path) -> None:
    change_card(folder, lambda card: card["labels"].sort())
    with pytest.raises(ModelError, match=r"predicts \['angry', 'disgust', 'fear', 'happy', 'neut"):
        load_run(folder)


def test_a_network_that_holds_python_code_is_refused(folder: Path) -> None:
    inputs = keras.Input((48, 48, 1))
    outputs = keras.layers.Lambda(lambda x: x + 1)(inputs)
    keras.Model(inputs, outputs).save(folder / "model.keras")
    checksum = hashlib.sha256((folder / "model.keras").read_bytes()).hexdigest()
    change_card(folder, lambda card: card["sha256"].update({"model.keras": checksum}))
    model = load_run(folder)
    with pytest.raises(ValueError, match=r"Lambda.*(unsafe|disallowed)"):
        _ = model.network
