"""The paired bootstrap, on four faces with figures counted by hand."""

import numpy as np
import pytest

from fer_utils.model.metrics import Estimate
from fer_utils.studies.comparison import compare_paired, draw, drawn_figures, percentage_points

LABELS = np.array([1, 1, 2, 3])  # disgust, disgust, fear, happy


def predict(predicted: list[int], confidence: float = 0.9) -> np.ndarray:
    probabilities = np.full((len(predicted), 7), (1 - confidence) / 6)
    probabilities[np.arange(len(predicted)), predicted] = confidence
    return probabilities


# Correct for one disgust and for fear; happy is mistaken for fear.
HALF = predict([1, 0, 2, 2])
PERFECT = predict([1, 1, 2, 3])
ONCE = np.ones((1, 4))


def figures(probabilities: list[np.ndarray], faces: object, seeds: object) -> dict[str, float]:
    drawn = drawn_figures(probabilities, LABELS, np.array(faces, dtype=float), np.array(seeds))
    return {name: float(of[0]) for name, of in drawn.items()}


def test_the_figures_are_those_counted_by_hand() -> None:
    assert figures([HALF], ONCE, [[0]]) == pytest.approx(
        {
            "accuracy": 2 / 4,
            "balanced_accuracy": (1 / 2 + 1 + 0) / 3,
            # disgust 2·1/(2+1), fear 2·1/(1+2), happy 0; angry has no face
            "macro_f1": (2 / 3 + 2 / 3 + 0) / 3,
            "recall_disgust": 1 / 2,
            "recall_fear": 1,
            "calibration_error": 0.9 - 0.5,
        }
    )


def test_a_face_counts_as_many_times_as_it_is_drawn() -> None:
    """The disgust face that is not recognized is drawn twice, the other one not at all."""
    found = figures([HALF], [[0, 2, 1, 1]], [[0]])
    assert found["accuracy"] == 1 / 4
    assert found["recall_disgust"] == 0
    assert found["calibration_error"] == pytest.approx(0.9 - 0.25)


def test_the_calibration_error_adds_the_gaps_of_its_parts() -> None:
    """Three correct at 0.9 and one wrong at 0.5: gaps of 0.1 and 0.5."""
    mixed = np.concatenate([PERFECT[:3], predict([0], 0.5)])
    assert figures([mixed], ONCE, [[0]])["calibration_error"] == pytest.approx(0.75 * 0.1 + 0.125)


@pytest.mark.parametrize(("seeds", "accuracy"), [([0, 1], 0.75), ([0, 0], 0.5), ([1, 1], 1.0)])
def test_the_mean_is_over_the_drawn_seeds(seeds: list[int], accuracy: float) -> None:
    assert figures([HALF, PERFECT], ONCE, [seeds])["accuracy"] == accuracy


def test_the_value_is_the_mean_over_all_seeds_and_faces() -> None:
    found = compare_paired([PERFECT, HALF], [HALF, HALF], LABELS, resamples=20)
    assert found.figures["accuracy"].value == 0.75
    assert found.differences["accuracy"].value == 0.25
    assert found.differences["recall_disgust"].value == 0.25


def test_identical_methods_have_no_difference_however_uncertain_they_are() -> None:
    """Unpaired draws would spread the differences as widely as the figures."""
    found = compare_paired([HALF, PERFECT], [HALF, PERFECT], LABELS, resamples=200)
    for difference in found.differences.values():
        assert (difference.value, difference.low, difference.high) == (0, 0, 0)
    assert found.figures["accuracy"].high - found.figures["accuracy"].low > 0.4


def test_the_interval_includes_the_spread_over_faces() -> None:
    """One face in four is gained, so the gain is a binomial share of n draws."""
    labels, count = np.tile(LABELS, 100), 400
    better, base = np.tile(predict([1, 0, 2, 3]), (100, 1)), np.tile(HALF, (100, 1))
    gain = compare_paired([better], [base], labels, resamples=4000).differences["accuracy"]
    spread = 1.96 * np.sqrt(0.25 * 0.75 / count)
    assert gain.value == 0.25
    assert (gain.low, gain.high) == pytest.approx((0.25 - spread, 0.25 + spread), abs=0.004)


def test_the_interval_includes_the_spread_over_seeds() -> None:
    """One seed gains nothing and one gains half; some resamples draw only one of them."""
    labels = np.tile(LABELS, 100)
    half, perfect = (np.tile(one, (100, 1)) for one in (HALF, PERFECT))
    gain = compare_paired([half, perfect], [half, half], labels, resamples=500).differences[
        "accuracy"
    ]
    assert gain.low == pytest.approx(0, abs=0.01)
    assert gain.high == pytest.approx(0.5, abs=0.06)


def test_all_draws_follow_every_face_and_seed_once() -> None:
    faces, seeds = draw(5, 3, resamples=2, seed=0)
    assert faces[0].tolist() == [1] * 5
    assert seeds[0].tolist() == [0, 1, 2]
    assert set(faces[1:].flat) != {1}


def test_differences_are_points_with_both_signs() -> None:
    assert percentage_points(Estimate(0.012, -0.0004, 0.023)) == "+1.2 (-0.0 to +2.3)"


def test_the_seed_determines_the_draws() -> None:
    one, same, other = (draw(50, 3, resamples=4, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0], same[0])
    np.testing.assert_array_equal(one[1], same[1])
    faces, seeds = one
    assert (faces != other[0]).any()
    assert faces.sum(axis=1).tolist() == [50] * 5
    assert seeds.shape == (5, 3)
    assert set(seeds.flat) <= {0, 1, 2}


@pytest.mark.parametrize(
    ("own", "base", "message"),
    [
        ([HALF], [HALF, HALF], "got 1 and 2"),
        ([], [], "at least one, got 0 and 0"),
        ([HALF[:3]], [HALF], r"expected probabilities of shape \(4, 7\)"),
    ],
)
def test_predictions_that_cannot_be_paired_are_refused(own: list, base: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare_paired(own, base, LABELS)
