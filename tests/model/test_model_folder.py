"""Model folders."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from fer_utils.data.faces import Faces
from fer_utils.model.classifier import ModelError
from fer_utils.model.metrics import evaluate
from fer_utils.model.model_folder import (
    ModelFolder,
    load_evaluations,
    open_model,
    save_metrics,
    save_results,
)

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


def test_the_evaluation_adds_its_metrics(folder: Path) -> None:
    before = set(contents(folder))
    save_metrics(open_model(folder), SCORES)
    assert set(contents(folder)) - before == {"metrics.json"}


def test_metrics_come_back(folder: Path) -> None:
    save_metrics(open_model(folder), SCORES)
    stored = open_model(folder).evaluations()
    assert list(stored) == ["PublicTest"]
    assert stored["PublicTest"].to_dict() == SCORES["PublicTest"].to_dict()


def test_every_scoring_of_private_test_is_counted(folder: Path) -> None:
    assert open_model(folder).private_test_scored == 0
    save_metrics(open_model(folder), SCORES)
    assert open_model(folder).private_test_scored == 0
    for _ in range(2):
        save_metrics(open_model(folder), {"PrivateTest": SCORES["PublicTest"]})
    assert open_model(folder).private_test_scored == 2
    assert "PrivateTest was scored 2 times" in (folder / "MODEL_CARD.md").read_text()


def test_there_are_no_metrics_before_an_evaluation(saved_run: ModelFolder) -> None:
    assert saved_run.evaluations() == {}


def test_results_go_into_a_folder_of_their_own(tmp_path: Path) -> None:
    table = pd.DataFrame({"accuracy": [0.5]}, index=["this model"])
    save_results(tmp_path / "new", SCORES, {"comparison": table})
    assert set(contents(tmp_path / "new")) == {"metrics.json", "comparison.csv"}
    back = load_evaluations(tmp_path / "new" / "metrics.json")
    assert back["PublicTest"].to_dict() == SCORES["PublicTest"].to_dict()
    assert (tmp_path / "new" / "comparison.csv").read_text() == ",accuracy\nthis model,0.5\n"


def test_a_model_knows_the_faces_it_was_chosen_on(saved_run: ModelFolder, faces: Faces) -> None:
    assert saved_run.was_chosen_on(faces)
    assert saved_run.was_chosen_on(faces.of_split("PublicTest"))
    assert not saved_run.was_chosen_on(faces.select(np.arange(len(faces)) != 12))
    assert not saved_run.was_chosen_on(faces.of_split("PrivateTest"))


def test_metrics_bring_the_model_card_up_to_date(folder: Path) -> None:
    assert "Not evaluated yet." in (folder / "MODEL_CARD.md").read_text()
    save_metrics(open_model(folder), SCORES)
    assert "| PublicTest | 3 | 66.7% (" in (folder / "MODEL_CARD.md").read_text()


def test_an_untouched_folder_loads(folder: Path) -> None:
    assert open_model(str(folder)).path == folder


def test_a_changed_export_is_refused(folder: Path) -> None:
    data = bytearray((folder / "model.tflite").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.tflite").write_bytes(data)
    with pytest.raises(ModelError, match=r"model\.tflite is not the file that card\.json"):
        open_model(folder)


def test_a_truncated_network_is_refused(folder: Path) -> None:
    data = (folder / "model.keras").read_bytes()
    (folder / "model.keras").write_bytes(data[:-100])
    with pytest.raises(ModelError, match=r"model\.keras is not the file that card\.json"):
        open_model(folder)


@pytest.mark.parametrize("name", ["model.keras", "model.tflite"])
def test_a_missing_file_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing: train the model again"):
        open_model(folder)


def test_a_folder_without_a_card_is_no_model_folder(folder: Path) -> None:
    (folder / "card.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"no model folder \(it has no card\.json\)"):
        open_model(folder)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model folder"):
        open_model(tmp_path / "none")


@pytest.mark.parametrize("text", ["", '{"labels": [', "[]", "null", "{}", '{"labels": []}'])
def test_a_damaged_card_is_refused(folder: Path, text: str) -> None:
    (folder / "card.json").write_text(text)
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        open_model(folder)


@pytest.mark.parametrize("checksums", [[], {}, {"model.tflite": "0"}, None])
def test_a_card_without_checksums_is_refused(folder: Path, checksums: object) -> None:
    change_card(folder, lambda card: card.update(sha256=checksums))
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        open_model(folder)


def test_labels_in_another_order_are_refused(folder: Path) -> None:
    change_card(folder, lambda card: card["labels"].sort())
    with pytest.raises(ModelError, match=r"predicts \['angry', 'disgust', 'fear', 'happy', 'neut"):
        open_model(folder)


def test_a_network_that_holds_python_code_is_refused(folder: Path) -> None:
    inputs = keras.Input((48, 48, 1))
    outputs = keras.layers.Lambda(lambda x: x + 1)(inputs)
    keras.Model(inputs, outputs).save(folder / "model.keras")
    checksum = hashlib.sha256((folder / "model.keras").read_bytes()).hexdigest()
    change_card(folder, lambda card: card["sha256"].update({"model.keras": checksum}))
    model = open_model(folder)
    with pytest.raises(ValueError, match=r"Lambda.*(unsafe|disallowed)"):
        _ = model.network


def test_a_folder_without_an_export_says_how_to_make_one(folder: Path) -> None:
    change_card(folder, lambda card: card["sha256"].pop("model.tflite"))
    with pytest.raises(ModelError, match=r"holds no model\.tflite yet: run fer-utils export"):
        _ = open_model(folder).classifier
