import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from fer_utils.data.faces import DataError
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import (
    HEADLINES,
    Estimate,
    Metrics,
    compute_metrics,
    f1_by_emotion,
    metrics_of_probabilities,
    summary_row,
    votes_note,
)

# Four angry faces, one of them predicted happy; two happy ones, one predicted angry.
LABELS = np.array([0, 0, 0, 0, 3, 3])
PREDICTED = np.array([0, 0, 0, 3, 3, 0])


def random_predictions(
    count: int, *, right: float = 0.6, seed: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 7, count)
    predicted = np.where(rng.random(count) < right, labels, rng.integers(0, 7, count))
    return predicted, labels


def test_accuracy_is_the_share_of_correct_predictions() -> None:
    assert compute_metrics(PREDICTED, LABELS).accuracy.value == 4 / 6


def test_balanced_accuracy_is_the_mean_recall_of_the_emotions_present() -> None:
    assert compute_metrics(PREDICTED, LABELS).balanced_accuracy.value == (3 / 4 + 1 / 2) / 2


def test_macro_f1_is_the_mean_f1_of_the_emotions_present() -> None:
    assert compute_metrics(PREDICTED, LABELS).macro_f1.value == (6 / 8 + 2 / 4) / 2


def test_confusion_has_true_emotions_in_rows() -> None:
    expected = np.zeros((7, 7), dtype=int)
    expected[0, 0], expected[0, 3], expected[3, 3], expected[3, 0] = 3, 1, 1, 1
    np.testing.assert_array_equal(compute_metrics(PREDICTED, LABELS).confusion, expected)


def test_each_emotion_has_its_own_scores() -> None:
    table = compute_metrics(PREDICTED, LABELS).per_class()
    assert table.index.tolist() == list(EMOTIONS)
    assert table.loc["angry"].tolist() == [3 / 4, 3 / 4, 3 / 4, 4]
    assert table.loc["happy"].tolist() == [1 / 2, 1 / 2, 1 / 2, 2]


def test_an_absent_emotion_has_no_scores() -> None:
    table = compute_metrics(PREDICTED, LABELS).per_class()
    assert table.loc["sad", ["precision", "recall", "f1"]].isna().all()
    assert table.loc["sad", "support"] == 0


def test_an_absent_emotion_that_is_predicted_counts_in_no_mean() -> None:
    metrics = compute_metrics(np.array([0, 4]), np.array([0, 0]))
    assert metrics.balanced_accuracy.value == 1 / 2
    assert metrics.macro_f1.value == 2 / 3


def test_an_emotion_that_is_never_predicted_has_scores_of_zero() -> None:
    table = compute_metrics(np.array([0, 0]), np.array([0, 4])).per_class()
    assert table.loc["sad"].tolist() == [0, 0, 0, 1]


def test_headlines_agree_with_scikit_learn() -> None:
    predicted, labels = random_predictions(500)
    metrics = compute_metrics(predicted, labels)
    assert metrics.accuracy.value == pytest.approx(accuracy_score(labels, predicted))
    assert metrics.macro_f1.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert metrics.balanced_accuracy.value == pytest.approx(
        balanced_accuracy_score(labels, predicted)
    )


def test_scores_of_each_emotion_agree_with_scikit_learn() -> None:
    predicted, labels = random_predictions(500)
    metrics = compute_metrics(predicted, labels)
    expected = np.array(precision_recall_fscore_support(labels, predicted)).T
    np.testing.assert_allclose(metrics.per_class().to_numpy(), expected)
    np.testing.assert_array_equal(metrics.confusion, confusion_matrix(labels, predicted))


def test_labels_may_be_uint8() -> None:
    small = compute_metrics(PREDICTED.astype(np.uint8), LABELS.astype(np.uint8))
    assert small.to_dict() == compute_metrics(PREDICTED, LABELS).to_dict()


@pytest.mark.parametrize("name", HEADLINES)
def test_the_interval_contains_the_value(name: str) -> None:
    estimate = getattr(compute_metrics(*random_predictions(300)), name)
    assert estimate.low < estimate.value < estimate.high


def test_the_interval_of_the_accuracy_is_that_of_a_share() -> None:
    accuracy = compute_metrics(*random_predictions(2000)).accuracy
    half = 1.96 * (accuracy.value * (1 - accuracy.value) / 2000) ** 0.5
    assert accuracy.high - accuracy.low == pytest.approx(2 * half, rel=0.1)


@pytest.mark.parametrize("name", HEADLINES)
def test_the_interval_shrinks_with_the_number_of_faces(name: str) -> None:
    few, many = (
        getattr(compute_metrics(*random_predictions(count)), name) for count in (200, 5000)
    )
    assert many.high - many.low < (few.high - few.low) / 3


def test_the_same_predictions_have_the_same_intervals() -> None:
    one, same = (compute_metrics(*random_predictions(300)) for _ in range(2))
    assert one.to_dict() == same.to_dict()


def test_correct_predictions_alone_have_no_uncertainty() -> None:
    assert compute_metrics(LABELS, LABELS).accuracy == Estimate(1.0, 1.0, 1.0)


def test_lengths_that_differ_are_an_error() -> None:
    with pytest.raises(DataError, match="got 5 predictions and 6 labels"):
        compute_metrics(PREDICTED[:5], LABELS)


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(DataError, match="nothing to evaluate"):
        compute_metrics(PREDICTED[:0], LABELS[:0])


def test_an_estimate_is_shown_with_its_interval() -> None:
    assert str(Estimate(0.6543, 0.6, 0.7061)) == "65.4% (60.0% to 70.6%)"


@pytest.mark.parametrize("answers", [(PREDICTED, LABELS), random_predictions(100)])
def test_metrics_come_back_from_json(
    answers: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> None:
    metrics = compute_metrics(*answers)
    text = json.dumps(metrics.to_dict(), allow_nan=False)
    back = Metrics.from_dict(json.loads(text))
    np.testing.assert_array_equal(back.confusion, metrics.confusion)
    assert back.to_dict() == metrics.to_dict()
    assert back.accuracy == metrics.accuracy


def test_optional_figures_come_back_from_json() -> None:
    metrics = replace(
        compute_metrics(PREDICTED, LABELS), calibration_error=0.25, flip_averaged_accuracy=0.5
    )
    back = Metrics.from_dict(json.loads(json.dumps(metrics.to_dict())))
    assert (back.calibration_error, back.flip_averaged_accuracy) == (0.25, 0.5)


def test_the_f1_of_each_emotion_has_an_interval() -> None:
    metrics = compute_metrics(*random_predictions(2000))
    figures = f1_by_emotion(metrics.confusion)
    assert list(figures) == list(EMOTIONS)
    for emotion, figure in figures.items():
        assert figure.value == metrics.per_class().loc[emotion, "f1"]
        assert figure.low < figure.value < figure.high
        assert figure.high - figure.low < 0.15


def test_an_absent_emotion_has_no_f1() -> None:
    assert list(f1_by_emotion(compute_metrics(PREDICTED, LABELS).confusion)) == ["angry", "happy"]


def test_json_has_no_score_for_an_absent_emotion() -> None:
    scores = compute_metrics(PREDICTED, LABELS).to_dict()["per_class"]
    assert scores["sad"] == {"precision": None, "recall": None, "f1": None, "support": 0}
    assert scores["happy"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}


def test_the_summary_shows_optional_figures() -> None:
    sure = Estimate(0.5, 0.25, 0.75)
    metrics = Metrics(1200, sure, sure, sure, np.zeros((7, 7), dtype=np.intp), 0.0249, 0.712)
    row = summary_row(metrics)
    assert row["faces"] == "1,200"
    assert row["flip-averaged"] == "71.2%"
    assert row["calibration error"] == "2.5%"


def test_probabilities_are_scored_by_the_likeliest_emotion_and_their_calibration() -> None:
    probabilities = np.full((6, 7), 0.05)
    probabilities[np.arange(6), PREDICTED] = 0.7
    metrics = metrics_of_probabilities(probabilities, LABELS)
    assert metrics.accuracy.value == 4 / 6
    assert metrics.calibration_error == pytest.approx(0.7 - 4 / 6)
    np.testing.assert_array_equal(metrics.confusion, compute_metrics(PREDICTED, LABELS).confusion)


def test_only_sets_with_votes_are_explained() -> None:
    assert votes_note(["PublicTest", "PrivateTest-clean"]) == ""
    assert votes_note(["PublicTest", "PublicTest, votes"]) == (
        "Sets with votes are scored against what most of FER+'s ten annotators see.\n"
    )
