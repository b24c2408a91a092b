import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.data.faces import DataError
from fer_utils.model.calibration import (
    at_temperature,
    calibrate,
    calibration_error,
    coverage_curve,
    reliability,
)


def predicting(*confidences: float) -> NDArray[np.float64]:
    """Return probabilities that predict emotion 3 with these confidences."""
    rest = (1 - np.array(confidences)[:, None]) / 6
    probabilities = np.repeat(rest, 7, axis=1)
    probabilities[:, 3] = confidences
    return probabilities


def drawn(count: int, *, sharper: float) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return probabilities and labels drawn from them, then sharpened: scores times `sharper`."""
    random = np.random.default_rng(0)
    scores = random.normal(0, 2, (count, 7))
    true = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(7, p=row) for row in true])
    sharp = np.exp(scores * sharper)
    return sharp / sharp.sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("sharper", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_overconfidence(sharper: float) -> None:
    calibration = calibrate(*drawn(20_000, sharper=sharper))
    assert calibration.temperature == pytest.approx(sharper, rel=0.03)


def test_calibration_lowers_the_error_and_reports_both() -> None:
    probabilities, labels = drawn(20_000, sharper=2.5)
    calibration = calibrate(probabilities, labels)
    assert calibration.error_before == calibration_error(probabilities, labels)
    assert calibration.error_before > 0.1
    assert calibration.error_after < 0.01


def test_a_face_is_uncertain_below_the_confidence_that_gives_the_wanted_accuracy() -> None:
    probabilities, labels = drawn(20_000, sharper=1.0)
    calibration = calibrate(probabilities, labels)
    scaled = at_temperature(probabilities, calibration.temperature)
    certain = scaled.max(axis=1) >= calibration.uncertain_below
    right = scaled.argmax(axis=1) == labels
    assert right[certain].mean() == pytest.approx(0.75, abs=1e-3)
    assert calibration.certain_share == certain.mean()
    assert right.mean() < 0.75


def test_everything_is_certain_if_the_accuracy_is_reached_anyway() -> None:
    calibration = calibrate(predicting(0.9, 0.8, 0.7), np.array([3, 3, 3]))
    assert calibration.certain_share == 1


def test_hardly_anything_is_certain_if_the_accuracy_is_never_reached() -> None:
    calibration = calibrate(predicting(0.9, 0.8, 0.7), np.array([0, 0, 0]))
    assert calibration.certain_share == pytest.approx(1 / 3)


def test_temperature_1_changes_nothing() -> None:
    np.testing.assert_allclose(at_temperature(predicting(0.9, 0.3), 1), predicting(0.9, 0.3))


def test_a_temperature_divides_logits() -> None:
    logits = np.array([[1.0, 2.0, 3.0, 4.0, 0.0, -1.0, 0.5]])
    as_probabilities = np.exp(logits) / np.exp(logits).sum()
    halved = np.exp(logits / 2) / np.exp(logits / 2).sum()
    np.testing.assert_allclose(at_temperature(as_probabilities, 2), halved)


def test_a_probability_of_zero_stays_finite() -> None:
    assert np.isfinite(at_temperature(np.array([[1.0, 0.0]]), 0.1)).all()


def test_reliability_has_a_row_for_each_part_with_faces() -> None:
    table = reliability(predicting(0.95, 0.97, 0.55), np.array([3, 0, 3]))
    assert table["count"].tolist() == [1, 2]
    assert table["confidence"].tolist() == pytest.approx([0.55, 0.96])
    assert table["accuracy"].tolist() == [1.0, 0.5]


def test_full_confidence_belongs_to_the_last_part() -> None:
    assert reliability(predicting(1.0, 0.95), np.array([3, 3]))["count"].tolist() == [2]


def test_the_calibration_error_weights_the_gaps_with_the_faces() -> None:
    error = calibration_error(predicting(0.95, 0.97, 0.55), np.array([3, 0, 3]))
    assert error == pytest.approx((1 * 0.45 + 2 * 0.46) / 3)


def test_the_coverage_curve_goes_from_the_surest_face_to_all() -> None:
    curve = coverage_curve(predicting(0.6, 0.9, 0.7), np.array([0, 3, 3]))
    assert curve["confidence"].tolist() == [0.9, 0.7, 0.6]
    assert curve["coverage"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert curve["accuracy"].tolist() == pytest.approx([1, 1, 2 / 3])


@pytest.mark.parametrize("function", [calibrate, reliability, coverage_curve])
@pytest.mark.parametrize(("faces", "labels"), [(0, 0), (2, 3)])
def test_faces_and_labels_must_come_in_pairs(function, faces: int, labels: int) -> None:
    with pytest.raises(DataError, match=f"for {faces} faces and {labels} labels"):
        function(predicting(*[0.5] * faces).reshape(faces, 7), np.zeros(labels, dtype=int))
