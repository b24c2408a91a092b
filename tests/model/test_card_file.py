import json
from pathlib import Path
from typing import Any

import pytest

from fer_utils.emotions import EMOTIONS
from fer_utils.litert import ModelError
from fer_utils.model.card_file import read_card

SHARES = [0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3]
CARD: dict[str, Any] = {
    "labels": list(EMOTIONS),
    "sha256": {"model.tflite": "12", "model.keras": "34"},
    "calibration": {
        "temperature": 1.5,
        "error_before": 0.2,
        "error_after": 0.1,
        "uncertain_below": 0.5,
        "certain_share": 0.75,
    },
    "prior": {"shares": SHARES, "learned": SHARES, "balanced_power": 0.5},
    "data": {"source": "fer2013.zip", "public_test_fingerprint": "56"},
    "training": {"recipe": {}},
}


def write(folder: Path, **changes: object) -> Path:
    """Write the card with other values; None leaves a value out."""
    card = {name: value for name, value in (CARD | changes).items() if value is not None}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def test_a_card_comes_back_with_the_network_first(tmp_path: Path) -> None:
    card = read_card(write(tmp_path))
    assert card == CARD
    assert list(card["sha256"]) == ["model.keras", "model.tflite"]


def test_a_card_may_lack_calibration_and_prior(tmp_path: Path) -> None:
    assert "prior" not in read_card(write(tmp_path, calibration=None, prior=None))


def test_a_folder_without_a_card_is_not_a_model_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(FileNotFoundError, match=r"not a model folder \(it has no card\.json\)"):
            read_card(folder)


@pytest.mark.parametrize("text", ["", '{"labels": [', "[]", "null", "{}", '{"labels": []}'])
def test_a_damaged_card_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        read_card(tmp_path)


@pytest.mark.parametrize("checksums", [[], {}, {"model.tflite": "0"}, None])
def test_a_card_without_checksums_is_refused(tmp_path: Path, checksums: object) -> None:
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        read_card(write(tmp_path, sha256=checksums))


@pytest.mark.parametrize(
    "prior", [[], {"shares": SHARES}, CARD["prior"] | {"shares": [0, *SHARES[1:]]}]
)
def test_an_odd_prior_is_refused(tmp_path: Path, prior: object) -> None:
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        read_card(write(tmp_path, prior=prior))


def test_labels_in_another_order_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"predicts \['angry', 'disgust', 'fear', 'happy', 'neut"):
        read_card(write(tmp_path, labels=sorted(EMOTIONS)))
