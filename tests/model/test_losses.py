import math

import keras
import numpy as np
import pytest

from fer_utils.model.losses import LogitAdjustedCrossentropy

COUNTS = [1, 1, 1, 1, 1, 1, 4]  # frequencies of 0.1, and 0.4 for neutral
EVEN = np.full((2, 7), 1 / 7, dtype=np.float32)
ANGRY_AND_NEUTRAL = np.eye(7, dtype=np.float32)[[0, 6]]


def test_even_predictions_lose_by_the_frequencies() -> None:
    """Even probabilities become the frequencies."""
    loss = LogitAdjustedCrossentropy(COUNTS)
    each = keras.ops.convert_to_numpy(loss.call(ANGRY_AND_NEUTRAL, EVEN))
    np.testing.assert_allclose(each, [-math.log(0.1), -math.log(0.4)], rtol=1e-5)
    assert float(loss(ANGRY_AND_NEUTRAL, EVEN)) == pytest.approx(-math.log(0.1 * 0.4) / 2)


def test_the_strength_multiplies_the_logarithms() -> None:
    """The squared frequencies are 0.01 six times and 0.16, which add up to 0.22."""
    each = LogitAdjustedCrossentropy(COUNTS, strength=2).call(ANGRY_AND_NEUTRAL, EVEN)
    expected = [-math.log(0.01 / 0.22), -math.log(0.16 / 0.22)]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(each), expected, rtol=1e-5)


def test_even_frequencies_give_plain_cross_entropy() -> None:
    predicted = np.array([[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]], dtype=np.float32)
    loss = LogitAdjustedCrossentropy([3] * 7)
    assert float(loss(np.eye(7)[:1], predicted)) == pytest.approx(-math.log(0.4), rel=1e-5)


def test_a_certain_mistake_costs_a_finite_loss() -> None:
    predicted = np.eye(7, dtype=np.float32)[[1]]
    assert math.isfinite(float(LogitAdjustedCrossentropy(COUNTS)(np.eye(7)[:1], predicted)))


def test_an_emotion_without_a_face_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one face of each emotion, got \[0, 1, 1, 1, 1, 1, 1\]"):
        LogitAdjustedCrossentropy([0, 1, 1, 1, 1, 1, 1])


def test_the_loss_comes_back_from_its_configuration() -> None:
    loss = LogitAdjustedCrossentropy(COUNTS, strength=2.0)
    stored = keras.saving.serialize_keras_object(loss)
    assert stored["registered_name"] == "fer_utils>LogitAdjustedCrossentropy"
    again = keras.saving.deserialize_keras_object(stored)
    assert again.get_config() == loss.get_config()
    assert float(again(ANGRY_AND_NEUTRAL, EVEN)) == float(loss(ANGRY_AND_NEUTRAL, EVEN))
