"""The page that describes a model."""

from typing import Any

import numpy as np
import pytest

from fer_utils.model.evaluation import Estimate, Evaluation
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
    "training": {
        "recipe": {"updates": 40, "widths": [4, 8]},
        "seed": 5,
        "seconds": 61.6,
        "precision": "float32",
        "best_epoch": 3,
        "backend": "tensorflow",
    },
    "versions": {"keras": "3.15.1", "numpy": "2.4.6"},
}
SCORES = Evaluation(
    count=3589,
    accuracy=Estimate(0.7, 0.65, 0.75),
    macro_f1=Estimate(0.6, 0.55, 0.65),
    balanced_accuracy=Estimate(0.5, 0.45, 0.55),
    confusion=np.zeros((7, 7), dtype=np.intp),
)


@pytest.mark.parametrize(
    "figure",
    [
        "1,234,567 parameters",
        "probabilities of angry, happy out",
        "fer2013.csv (FER-2013 CSV), 3,000 Training faces",
        "`smote` to 4,000",
        "- left out: 12 (constant)\n- left out: 57 (conflicting label)\n",
        "62 s on the tensorflow backend in float32, seed\n5, epoch 3 kept",
        "- updates: 40\n- widths: [4, 8]\n",
        "Made 2026-01-02T03:04:05+00:00 with keras 3.15.1, numpy 2.4.6.",
    ],
)
def test_the_card_tells_what_the_model_is(figure: str) -> None:
    assert figure in describe_model(CARD, {})


def test_the_card_tells_what_the_model_is_not_for() -> None:
    assert "do not use it to judge people" in describe_model(CARD, {})


def test_a_model_without_scores_says_so() -> None:
    text = describe_model(CARD, {})
    assert "Not evaluated yet." in text
    assert "| PrivateTest |" not in text


def test_each_set_of_faces_has_a_row_of_scores() -> None:
    text = describe_model(CARD, {"PublicTest": SCORES, "PrivateTest": SCORES})
    row = "| 3,589 | 70.0% (65.0% to 75.0%) | 60.0% (55.0% to 65.0%) | 50.0% (45.0% to 55.0%) |"
    assert f"| PublicTest {row}\n| PrivateTest {row}\n" in text
    assert "Not evaluated yet." not in text


def test_the_table_of_scores_has_a_header_for_each_column() -> None:
    lines = describe_model(CARD, {"PublicTest": SCORES}).splitlines()
    start = lines.index("| faces | count | accuracy | macro_f1 | balanced_accuracy |")
    assert [line.count("|") for line in lines[start : start + 3]] == [6, 6, 6]
