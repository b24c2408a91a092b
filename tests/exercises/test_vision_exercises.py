import numpy as np
import pandas as pd

from fer_utils.exercises.vision_exercises import (
    check_corruption,
    check_evidence,
    check_seconds,
    check_smoothing,
)

ACCURACIES = pd.DataFrame({1: [0.5, 0.4, 0.6]}, index=["blur", "noise", "shift"])


def test_a_corruption_is_judged_at_one_strength() -> None:
    assert check_corruption("noise", ACCURACIES, 1).message == (
        "Right. At strength 1, noise leaves 40.0%."
    )
    assert "the least" in check_corruption("shift", ACCURACIES, 1).message
    assert "a lower accuracy" in check_corruption("blur", ACCURACIES, 1).message
    assert "Expected one of blur, noise, shift" in check_corruption(1, ACCURACIES, 1).message


def test_evidence_is_what_is_positive() -> None:
    evidence = np.array([[1.0, -5.0], [1.0, 2.0]])
    assert check_evidence(0.75, evidence).is_right
    assert "upper half" in check_evidence(0.25, evidence).message
    assert "the right half" in check_evidence(0.5, evidence).message


def test_a_frame_without_a_face_counts_as_a_frame() -> None:
    table = pd.DataFrame(
        {"frame": [0, 1, 2], "time": [0.0, 0.5, 1.0], "face": [1, None, 1]}
    ).assign(emotion=["happy", None, "happy"])
    assert check_seconds(1.0, table).is_right
    assert "number of rows" in check_seconds(2, table).message


def test_half_of_the_way_takes_the_natural_logarithm_of_two() -> None:
    assert check_smoothing(0.693, 1.0).is_right
    assert "decimal" in check_smoothing(0.301, 1.0).message
