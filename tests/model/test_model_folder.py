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
from fer_utils.litert import ModelError
from fer_utils.model.calibration import Calibration
from fer_utils.model.metrics import compute_metrics, load_metrics
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.model.prior import PriorName
from fer_utils.paths import SHIPPED_MODEL

SCORES = {"PublicTest": compute_metrics(np.array([0, 3, 3]), np.array([0, 3, 4]))}


def change_card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    change(card)
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_evaluation_adds_its_metrics(folder: Path) -> None:
    before = set(contents(folder))
    open_model(folder).write_metrics(SCORES)
    assert set(contents(folder)) - before == {"metrics.json"}


def test_metrics_come_back(folder: Path) -> None:
    open_model(folder).write_metrics(SCORES)
    stored = open_model(folder).metrics()
    assert list(stored) == ["PublicTest"]
    assert stored["PublicTest"].to_dict() == SCORES["PublicTest"].to_dict()


def test_every_scoring_of_private_test_with_other_predictions_is_counted(folder: Path) -> None:
    assert open_model(folder).private_test_scored == 0
    open_model(folder).write_metrics(SCORES)
    assert open_model(folder).private_test_scored == 0
    other = compute_metrics(np.array([0, 3, 4]), np.array([0, 3, 4]))
    for scores in (SCORES["PublicTest"], other, other):
        open_model(folder).write_metrics({"PrivateTest": scores})
    assert open_model(folder).private_test_scored == 2
    text = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "PrivateTest was scored 2 times" in text


def test_there_are_no_metrics_before_an_evaluation(saved_run: ModelFolder) -> None:
    assert saved_run.metrics() == {}


def test_metrics_can_be_read_from_any_file(folder: Path, tmp_path: Path) -> None:
    open_model(folder).write_metrics(SCORES)
    elsewhere = shutil.copy(folder / "metrics.json", tmp_path / "scores.json")
    assert load_metrics(elsewhere)["PublicTest"].to_dict() == SCORES["PublicTest"].to_dict()


def test_a_model_knows_the_faces_it_was_chosen_on(saved_run: ModelFolder, faces: Faces) -> None:
    assert saved_run.was_chosen_on(faces)
    assert saved_run.was_chosen_on(faces.of_split("PublicTest"))
    assert not saved_run.was_chosen_on(faces.select(np.arange(len(faces)) != 12))
    assert not saved_run.was_chosen_on(faces.of_split("PrivateTest"))


def test_metrics_bring_the_model_card_up_to_date(folder: Path) -> None:
    assert "Not evaluated yet." in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    open_model(folder).write_metrics(SCORES)
    assert "| PublicTest | 3 | 66.7% (" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("model.keras", lambda model: model.network),
        ("model.tflite", lambda model: model.classifier),
        ("history.csv", lambda model: model.history),
    ],
)
def test_a_missing_file_is_an_error_when_it_is_needed(
    folder: Path, name: str, use: Callable[[ModelFolder], object]
) -> None:
    (folder / name).unlink()
    model = open_model(folder)
    with pytest.raises(FileNotFoundError, match=f"{name} is missing: copy the whole model folder"):
        use(model)


def test_a_folder_with_the_8_bit_export_alone_predicts(tmp_path: Path) -> None:
    """A wheel carries the shipped model like this."""
    for name in ("card.json", "model_int8.tflite"):
        shutil.copy(SHIPPED_MODEL / name, tmp_path / name)
    model, images = open_model(tmp_path), np.zeros((1, 48, 48), dtype=np.uint8)
    assert model.fastest_export == "model_int8.tflite"
    assert model.open_classifier(fastest=True).predict(images).shape == (1, 7)
    assert model.uncertain_below == open_model(SHIPPED_MODEL).uncertain_below
    with pytest.raises(FileNotFoundError, match="an installed package carries the 8-bit export"):
        model.open_classifier()


def test_without_the_8_bit_export_the_float32_one_is_the_fastest(tmp_path: Path) -> None:
    for name in ("card.json", "model.tflite"):
        shutil.copy(SHIPPED_MODEL / name, tmp_path / name)
    assert open_model(tmp_path).fastest_export == "model.tflite"


def test_a_folder_with_a_card_alone_is_an_error(folder: Path) -> None:
    for name in ("model.keras", "model.tflite"):
        (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=r"has none of model\.keras, model\.tflite"):
        open_model(folder)


def test_the_calibration_comes_from_the_card(
    saved_run: ModelFolder, calibration: Calibration
) -> None:
    assert saved_run.calibration == calibration
    assert saved_run.uncertain_below == 0.5


def test_without_a_calibration_no_face_is_uncertain(folder: Path) -> None:
    change_card(folder, lambda card: card.pop("calibration"))
    model = open_model(folder)
    assert model.uncertain_below == 0
    with pytest.raises(ModelError, match="is not calibrated: train the model again"):
        _ = model.calibration


def test_the_shipped_model_is_the_default() -> None:
    assert open_model().path == SHIPPED_MODEL


def test_writing_the_model_card_changes_no_other_file(folder: Path) -> None:
    open_model(folder).write_metrics(SCORES)
    before = contents(folder)
    (folder / "MODEL_CARD.md").unlink()
    open_model(folder).write_model_card()
    assert contents(folder) == before


def test_a_network_that_holds_python_code_is_refused(folder: Path) -> None:
    inputs = keras.Input((48, 48, 1))
    outputs = keras.layers.Lambda(lambda x: x + 1)(inputs)
    keras.Model(inputs, outputs).save(folder / "model.keras")
    checksum = hashlib.sha256((folder / "model.keras").read_bytes()).hexdigest()
    change_card(folder, lambda card: card["sha256"].update({"model.keras": checksum}))
    model = open_model(folder)
    with pytest.raises(ValueError, match=r"Lambda.*(unsafe|disallowed)"):
        _ = model.network


@pytest.mark.parametrize("start", [0, 1000])
def test_a_damaged_network_is_an_error(folder: Path, start: int) -> None:
    data = (folder / "model.keras").read_bytes()
    (folder / "model.keras").write_bytes(data[:start] + bytes(200) + data[start + 200 :])
    checksum = hashlib.sha256((folder / "model.keras").read_bytes()).hexdigest()
    change_card(folder, lambda card: card["sha256"].update({"model.keras": checksum}))
    with pytest.raises(ModelError, match=r"model\.keras is damaged, or contains code, which is"):
        _ = open_model(folder).network


def test_a_folder_without_an_export_says_how_to_make_one(folder: Path) -> None:
    change_card(folder, lambda card: card["sha256"].pop("model.tflite"))
    with pytest.raises(ModelError, match=r"has no model\.tflite yet: run fer-utils export"):
        _ = open_model(folder).classifier


SHARES = [0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3]


def add_prior(folder: Path, shares: list[float]) -> None:
    card = json.loads((folder / "card.json").read_text())
    card["prior"] = {"shares": shares, "learned": shares, "balanced_power": 0.5}
    (folder / "card.json").write_text(json.dumps(card))


@pytest.mark.parametrize(("prior", "power"), [("crowd", 0), ("balanced", 0.5), ("even", 1)])
def test_predictions_are_divided_by_a_power_of_the_prior(
    folder: Path, faces: Faces, prior: PriorName, power: float
) -> None:
    plain = open_model(folder).classifier.predict(faces.images)
    add_prior(folder, SHARES)
    divided = plain / np.power(SHARES, power)
    expected = divided / divided.sum(axis=1, keepdims=True)
    predicted = open_model(folder, prior=prior).classifier.predict(faces.images)
    np.testing.assert_allclose(predicted, expected, rtol=1e-4)


def test_the_balanced_prior_is_the_default(folder: Path) -> None:
    add_prior(folder, SHARES)
    assert open_model(folder).prior_name == "balanced"


def test_a_model_that_learned_from_labels_has_no_prior(folder: Path) -> None:
    assert open_model(folder).prior is None
    with pytest.raises(ModelError, match="learned from labels and has no prior, got prior='even'"):
        open_model(folder, prior="even")


def test_an_unknown_prior_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="unknown prior 'flat'"):
        open_model(folder, prior="flat")  # type: ignore[arg-type]


def test_agreement_with_people_is_stored_and_described(folder: Path) -> None:
    rows = pd.DataFrame(
        {
            "who": "this model, even prior",
            "figure": ["accuracy", "distance"],
            "value": [0.85, 0.25],
            "low": [0.8, 0.2],
            "high": [0.9, 0.3],
            "set": "PrivateTest",
        }
    )
    model = open_model(folder)
    assert model.people().empty
    model.write_metrics(SCORES, rows)
    pd.testing.assert_frame_equal(model.people(), rows)
    line = "| this model, even prior | 85.0% (80.0% to 90.0%) | 25.0% (20.0% to 30.0%) |"
    assert line in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
