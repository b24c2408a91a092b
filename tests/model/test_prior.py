from dataclasses import replace

import numpy as np
import pytest

from fer_utils.data.faces import IMAGE_SIZE, Faces, Provenance
from fer_utils.data.votes import VOTE_CLASSES
from fer_utils.model.calibration import at_temperature
from fer_utils.model.prior import (
    Prior,
    calibrate_to_people,
    divide_by,
    learned_prior,
    require_prior,
)

CROWD = (0.1, 0.05, 0.05, 0.2, 0.1, 0.1, 0.4)
PRIOR = Prior(shares=CROWD, learned=CROWD, balanced_power=0.5)
COLUMNS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


def voted(*winners: int, count: int = 10) -> Faces:
    """Return Training faces on which everybody sees one emotion."""
    votes = np.zeros((len(winners), 10), dtype=np.uint8)
    votes[np.arange(len(winners)), [VOTE_CLASSES.index(COLUMNS[k]) for k in winners]] = count
    return Faces(
        images=np.zeros((len(winners), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8),
        labels=np.array(winners, dtype=np.uint8),
        splits=np.full(len(winners), "Training"),
        names=np.full(len(winners), "face"),
        origins=np.full(len(winners), "fer2013"),
        provenance=Provenance("made", "up", follows_votes=True),
        votes=votes,
    )


def test_the_crowd_is_the_prior_that_the_network_predicts_under() -> None:
    probabilities = np.array([CROWD[::-1]])
    np.testing.assert_allclose(PRIOR.convert(probabilities, wanted="crowd"), probabilities)


def test_an_even_prior_makes_the_frequencies_themselves_no_evidence() -> None:
    even = PRIOR.convert(np.array([CROWD]), wanted="even")
    np.testing.assert_allclose(even, np.full((1, 7), 1 / 7), rtol=1e-6)


def test_a_balanced_prior_is_in_between() -> None:
    rooted = np.sqrt(CROWD)
    balanced = PRIOR.convert(np.array(CROWD), wanted="balanced")
    np.testing.assert_allclose(balanced, rooted / rooted.sum(), rtol=1e-6)
    assert balanced.dtype == np.float32


def test_conversions_can_be_undone() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(7), 20)
    even = PRIOR.convert(probabilities, given="balanced", wanted="even")
    back = PRIOR.convert(even, given="even", wanted="balanced")
    np.testing.assert_allclose(back, probabilities, rtol=1e-4, atol=1e-7)


def test_a_certain_prediction_stays_certain() -> None:
    assert divide_by(np.eye(7)[:1], CROWD)[0].round(6).tolist() == [1, 0, 0, 0, 0, 0, 0]


def test_an_unknown_prior_is_refused() -> None:
    with pytest.raises(
        ValueError, match="unknown prior 'flat': expected one of crowd, balanced, even"
    ):
        require_prior("flat")


@pytest.mark.parametrize(
    ("shares", "power", "message"),
    [
        (CROWD[:6], 0.5, "expected 7 positive shares"),
        ((0.0, *CROWD[1:]), 0.5, "expected 7 positive shares"),
        ((np.nan, *CROWD[1:]), 0.5, "expected 7 positive shares"),
        (CROWD, 1.5, "expected a power from 0 to 1, got 1.5"),
    ],
)
def test_an_odd_prior_is_refused(shares: tuple[float, ...], power: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Prior(shares=shares, learned=CROWD, balanced_power=power)


def test_the_prior_counts_original_faces_and_what_balancing_made_of_them() -> None:
    faces = voted(0, 1, 2, 3, 3, 4, 5, 6, 6, 6, 1, 1)
    faces = replace(
        faces,
        is_synthetic=np.arange(12) >= 10,
        weights=np.array([2.0] + [1.0] * 11, dtype=np.float32),
    )
    prior = learned_prior(faces)
    assert prior.shares == pytest.approx([0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3])
    assert prior.learned == pytest.approx(np.array([2, 3, 1, 2, 1, 1, 3]) / 13)
    np.testing.assert_allclose(prior.surplus[:2], [20 / 13, 30 / 13])


def test_an_emotion_without_a_vote_still_has_a_share_to_divide_by() -> None:
    assert learned_prior(voted(0, 1, 2, 3, 4, 5)).shares[6] == pytest.approx(1e-4)


def test_calibration_undoes_balancing_and_overconfidence() -> None:
    random = np.random.default_rng(0)
    shares = np.array([0.05, 0.05, 0.1, 0.3, 0.1, 0.1, 0.3])
    scores = random.normal(0, 1.5, (20_000, 7)) + np.log(shares)
    crowd = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    seen = np.array([random.choice(7, p=row) for row in crowd])
    # A balanced network: every emotion is as frequent in what it learned from.
    prior = Prior(tuple(shares), (1 / 7,) * 7, balanced_power=0.0)
    network = at_temperature(divide_by(at_temperature(crowd, 0.5), 1 / prior.surplus), 1.0)
    calibration, fitted = calibrate_to_people(network, voted(*seen), prior)
    assert calibration.temperature == pytest.approx(2, rel=0.03)
    assert calibration.error_after < 0.02 < calibration.error_before
    assert (fitted.shares, fitted.learned) == (prior.shares, prior.learned)


def test_the_balanced_power_has_the_best_macro_f1() -> None:
    # Three neutral faces, and one happy face that looks a little more neutral than happy.
    shares = (0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4)
    happy, neutral = np.full((2, 7), 0.02)
    happy[[3, 6]], neutral[[3, 6]] = (0.40, 0.50), (0.05, 0.85)
    predicted = np.stack([neutral, neutral, neutral, happy])
    prior = Prior(shares, shares, balanced_power=0.0)
    _, fitted = calibrate_to_people(predicted, voted(6, 6, 6, 3), prior)
    assert 0 < fitted.balanced_power < 1
    balanced = fitted.convert(predicted, wanted="balanced")
    assert balanced.argmax(axis=1).tolist() == [6, 6, 6, 3]


def test_nine_of_ten_faces_above_the_threshold_are_as_people_see_them() -> None:
    # 80 faces predicted with 0.9, all right; 40 with about 0.5, every other one right.
    confidences = np.concatenate([np.full(80, 0.9), np.linspace(0.55, 0.5, 40)])
    predicted = np.repeat((1 - confidences[:, None]) / 6, 7, axis=1)
    predicted[:, 3] = confidences
    seen = [3] * 80 + [3, 4] * 20
    prior = Prior((1 / 7,) * 7, (1 / 7,) * 7, balanced_power=0.0)
    calibration, fitted = calibrate_to_people(predicted, voted(*seen), prior)
    certain = fitted.convert(at_temperature(predicted, calibration.temperature), wanted="balanced")
    above = certain.max(axis=1) >= calibration.uncertain_below
    assert (certain.argmax(axis=1) == seen)[above].mean() >= 0.9
    assert 99 <= above.sum() <= 101
    assert calibration.certain_share == above.mean()
