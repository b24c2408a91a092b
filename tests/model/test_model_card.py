from typing import Any

import numpy as np
import pytest
import yaml

from fer_utils.model.metrics import Estimate, Metrics
from fer_utils.model.model_card import describe_model

CARD: dict[str, Any] = {
    "created": "2026-01-02T03:04:05+00:00",
    "labels": ["angry", "happy"],
    "parameters": 1234567,
    "data": {
        "source": "fer2013.csv",
        "kind": "FER-2013 CSV",
        "left_out": {"constant": 12, "conflicting label": 57},
        "counts": {"Training": {"angry": 1000, "happy": 2000}, "PublicTest": {"angry": 7}},
    },
    "balancing": {"strategy": "smote", "images": 4000},
    "calibration": {
        "temperature": 0.625,
        "error_before": 0.104,
        "error_after": 0.021,
        "uncertain_below": 0.55,
        "certain_share": 0.8,
    },
    "inference": {"kilobytes": 7654, "milliseconds": 2.5},
    "training": {
        "profile": None,
        "recipe": {"updates": 40, "widths": [4, 8]},
        "seed": 5,
        "seconds": 3661.6,
        "precision": "float32",
        "best_epoch": 3,
        "epochs": 4,
        "processor_cores": 2,
        "backend": "tensorflow",
    },
    "versions": {"keras": "3.15.1", "numpy": "2.4.6"},
}
SCORES = Metrics(
    count=3589,
    accuracy=Estimate(0.7, 0.65, 0.75),
    macro_f1=Estimate(0.6, 0.55, 0.65),
    balanced_accuracy=Estimate(0.5, 0.45, 0.55),
    confusion=np.diag([400, 50, 0, 800, 600, 400, 600]),
    calibration_error=0.021,
    flip_averaged_accuracy=0.712,
)


@pytest.mark.parametrize(
    "figure",
    [
        "1,234,567 parameters",
        "the probabilities of angry, happy",
        "fer2013.csv (FER-2013 CSV): 3,000 Training faces, 4,000 after balancing with\n`smote`",
        "- left out: 12 (constant)\n- left out: 57 (conflicting label)\n",
        "61 minutes on 2 processor cores, on the\ntensorflow backend in float32, with seed 5.",
        "Of\n4 epochs, number 3 had the best",
        "- `model.tflite`, float32 weights: 7,654 kB, 2.5 ms per face on one thread",
        "a temperature of\n0.62 (Guo et al. 2017)",
        "from 10.4% to 2.1% (15 bins)",
        "probability below 0.55 count as `uncertain`;\n80% of PublicTest are above it",
        "MIT for the code",
        "- updates: 40\n- widths: [4, 8]\n",
        "Created 2026-01-02T03:04:05+00:00 with keras 3.15.1, numpy 2.4.6.",
    ],
)
def test_the_card_describes_the_model(figure: str) -> None:
    assert figure in describe_model(CARD, {}, private_test_scored=0)


def test_the_card_says_what_the_model_is_not_for() -> None:
    assert "do not use it to judge people" in describe_model(CARD, {}, private_test_scored=0)


def test_a_model_without_scores_says_so() -> None:
    text = describe_model(CARD, {}, private_test_scored=0)
    assert "Not evaluated yet." in text
    assert "| PrivateTest |" not in text


def test_each_set_of_faces_has_a_row_of_scores() -> None:
    text = describe_model(
        CARD, {"PublicTest": SCORES, "PrivateTest": SCORES}, private_test_scored=1
    )
    row = (
        "| 3,589 | 70.0% (65.0% to 75.0%) | 60.0% (55.0% to 65.0%) | 50.0% (45.0% to 55.0%) "
        "| 71.2% | 2.1% |"
    )
    assert f"| PublicTest {row}\n| PrivateTest {row}\n" in text
    assert "Not evaluated yet." not in text


def test_the_table_of_scores_has_a_header_for_each_column() -> None:
    lines = describe_model(CARD, {"PublicTest": SCORES}, private_test_scored=0).splitlines()
    start = lines.index(
        "| set | faces | accuracy | macro-F1 | balanced accuracy "
        "| flip-averaged | calibration error |"
    )
    assert [line.count("|") for line in lines[start : start + 3]] == [8, 8, 8]


def test_each_emotion_of_private_test_has_its_f1() -> None:
    text = describe_model(CARD, {"PrivateTest": SCORES}, private_test_scored=1)
    assert "| happy | 800 | 100.0% (100.0% to 100.0%) |" in text
    assert "| fear |" not in text


@pytest.mark.parametrize(("count", "words"), [(1, "once"), (3, "3 times")])
def test_the_card_counts_how_often_private_test_was_scored(count: int, words: str) -> None:
    text = describe_model(CARD, {"PrivateTest": SCORES}, private_test_scored=count)
    assert f"PrivateTest was scored {words} with this model." in text


def test_a_profile_comes_with_the_command_that_makes_the_model_again() -> None:
    card = CARD | {"training": CARD["training"] | {"profile": "full"}}
    command = "fer-utils run --profile full --strategy smote --seed 5 --source PATH_TO_THE_DATA"
    assert command in describe_model(card, {}, private_test_scored=0)
    assert "fer-utils run" not in describe_model(CARD, {}, private_test_scored=0)
    card["training"] = card["training"] | {"recipe": {"target": "votes"}}
    command = command.replace("full", "full --target votes")
    assert command in describe_model(card, {}, private_test_scored=0)
    card["balancing"] = {"strategy": "ADASYN", "images": 4000}
    assert "fer-utils run" not in describe_model(card, {}, private_test_scored=0)


def test_a_model_that_was_not_exported_yet_has_no_speed() -> None:
    card = {key: value for key, value in CARD.items() if key != "inference"}
    text = describe_model(card, {}, private_test_scored=0)
    assert "- 1,234,567 parameters\n\n## Use" in text


def header(metrics: dict[str, Metrics], source: str = "fer2013.csv") -> dict[str, Any]:
    """Return the YAML at the start of the card."""
    card = CARD | {"data": CARD["data"] | {"source": source}}
    empty, text, _ = describe_model(card, metrics, private_test_scored=1).split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(text)


def test_hugging_face_learns_what_the_model_is() -> None:
    found = header({})
    assert found["license"] == "mit"
    assert found["library_name"] == "keras"
    assert found["pipeline_tag"] == "image-classification"
    assert found["metrics"] == ["accuracy", "f1"]
    assert "model-index" not in found


def test_hugging_face_learns_the_final_scores() -> None:
    scores = dict.fromkeys(("PublicTest", "PrivateTest", "PrivateTest-clean"), SCORES)
    (entry,) = header(scores)["model-index"]
    assert entry["name"] == "fer-utils-custom-labels"
    assert [result["dataset"] for result in entry["results"]] == [
        {"type": "fer2013", "name": "fer2013.csv", "split": split}
        for split in ("PrivateTest", "PrivateTest-clean")
    ]
    assert entry["results"][0]["task"]["type"] == "image-classification"
    assert entry["results"][0]["metrics"] == [
        {"type": "accuracy", "name": "accuracy", "value": 0.7},
        {"type": "f1", "name": "macro-F1", "value": 0.6},
        {"type": "balanced_accuracy", "name": "balanced accuracy", "value": 0.5},
    ]


def test_any_source_makes_a_valid_header() -> None:
    (entry,) = header({"PrivateTest": SCORES}, source='a: "b" + c/d.zip')["model-index"]
    assert entry["results"][0]["dataset"]["name"] == 'a: "b" + c/d.zip'


def test_the_8_bit_export_is_compared_with_the_float32_one() -> None:
    int8 = {
        "kept": True,
        "kilobytes": 1854,
        "milliseconds": 0.65,
        "float32_milliseconds": 2.84,
        "public_test_accuracy": 0.688,
        "float32_public_test_accuracy": 0.687,
        "same_answers": 0.987,
    }
    text = describe_model(CARD | {"int8": int8}, {}, private_test_scored=0)
    assert "(used for pictures, videos, and the camera): 1,854 kB, 0.65 ms per face" in text
    assert "(float32 in the same measurement: 2.84 ms)" in text
    assert "accuracy on PublicTest 68.8% (float32: 68.7%)" in text
    assert "the same prediction for 98.7% of the faces\n" in text


def test_a_model_that_learned_from_votes_describes_its_prior() -> None:
    prior = {"shares": [0.25, 0.75], "learned": [0.5, 0.5], "balanced_power": 0.45}
    text = describe_model(CARD | {"prior": prior}, {}, private_test_scored=0)
    assert "(prior `crowd`: angry 25%, happy 75%)" in text
    assert "the power of 0.45 (`balanced`" in text
    assert "ten annotators\nsaw in each face (FER+, Barsoum et al. 2016)" in text
    assert "Goodfellow" not in text


def test_agreement_with_people_has_a_row_for_everybody() -> None:
    figures = ("accuracy", "macro_f1")
    people = [
        {"set": "PrivateTest", "who": who, "figure": name, "value": 0.5, "low": 0.25, "high": 0.75}
        for who in ("this model", "one person")
        for name in figures
    ]
    text = describe_model(CARD, {}, people, private_test_scored=0)
    row = "50.0% (25.0% to 75.0%) | 50.0% (25.0% to 75.0%) |"
    assert f"| this model | {row}\n| one person | {row}\n" in text
    assert "### Agreement with people" not in describe_model(CARD, {}, private_test_scored=0)


def test_the_smallest_face_is_named_if_it_was_measured() -> None:
    shares = {"shares": [0.25, 0.75], "learned": [0.5, 0.5], "balanced_power": 0.45}
    sizes = {"sides": [12, 24, 48], "accuracies": [0.5, 0.8, 0.8], "one_person": 0.75}
    text = describe_model(CARD | {"prior": shares, "face_sizes": sizes}, {}, private_test_scored=0)
    assert "Faces of fewer than 24 pixels" in text
    assert "(75.0% on the faces of PublicTest with a single winner)" in text


def test_the_emotions_are_scored_by_what_the_model_learned() -> None:
    metrics = {"PrivateTest": SCORES, "PrivateTest, votes": SCORES}
    by_labels = describe_model(CARD, metrics, private_test_scored=1)
    assert "| emotion | faces in PrivateTest | F1 |" in by_labels
    prior = {"shares": [0.25, 0.75], "learned": [0.5, 0.5], "balanced_power": 0.45}
    by_votes = describe_model(CARD | {"prior": prior}, metrics, private_test_scored=1)
    assert "| emotion | faces in PrivateTest, votes | F1 |" in by_votes
