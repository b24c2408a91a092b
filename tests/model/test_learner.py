import math
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.data.provenance import Provenance
from fer_utils.model import learner
from fer_utils.model.learner import FaceBatches, LogitAdjustedCrossentropy, best_precision
from fer_utils.model.recipes import Recipe


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("flags : fpu avx512_bf16 sse", "mixed_bfloat16"),
        ("flags : fpu amx_bf16 sse", "mixed_bfloat16"),
        ("flags : fpu avx512f sse", "float32"),
        ("flags : fpu not_avx512_bf16 sse", "float32"),
    ],
)
def test_the_best_precision_depends_on_the_processor(
    monkeypatch: pytest.MonkeyPatch, flags: str, precision: str
) -> None:
    monkeypatch.setattr(
        Path, "read_text", lambda path, encoding: {"/proc/cpuinfo": flags}[str(path)]
    )
    assert best_precision() == precision


def test_the_best_precision_is_float32_if_the_processor_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_text(path: Path, encoding: str) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", read_text)
    assert best_precision() == "float32"


@pytest.mark.parametrize(
    ("name", "kind"), [("adamw", keras.optimizers.AdamW), ("sgd", keras.optimizers.SGD)]
)
def test_a_recipe_names_its_optimizer(recipe: Recipe, name: str, kind: type) -> None:
    optimizer = learner._optimizer(replace(recipe, optimizer=name, weight_decay=0.25), 100)
    assert isinstance(optimizer, kind)
    assert optimizer.weight_decay == 0.25


def test_a_recipe_adjusts_the_loss_by_the_class_frequencies(recipe: Recipe) -> None:
    labels = np.arange(8, dtype=np.uint8) % 7
    adjusted = learner._loss(replace(recipe, logit_adjustment=1.0), labels)
    even = np.full((1, 7), 1 / 7)
    assert float(adjusted(np.eye(7)[:1], even)) == pytest.approx(-np.log(2 / 8), rel=1e-5)
    plain = learner._loss(recipe, labels)
    assert float(plain(np.eye(7)[:1], even)) == pytest.approx(np.log(7), rel=1e-5)


def test_adjusting_smoothed_labels_is_refused(recipe: Recipe) -> None:
    both = replace(recipe, logit_adjustment=1.0, label_smoothing=0.1)
    with pytest.raises(ValueError, match=r"expected label_smoothing 0, got 0\.1"):
        learner._loss(both, np.arange(7, dtype=np.uint8))


def test_an_unknown_optimizer_is_refused(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match="unknown optimizer 'adam': expected adamw or sgd"):
        learner._optimizer(replace(recipe, optimizer="adam"), 100)


def test_the_learning_rate_rises_and_then_falls_to_nothing(recipe: Recipe) -> None:
    schedule = learner._optimizer(replace(recipe, learning_rate=0.5), 100)._learning_rate
    rates = [float(schedule(step)) for step in (0, 5, 52, 100)]
    assert rates[1] == pytest.approx(0.5)
    assert rates[0] < rates[2] < rates[1]
    assert rates[3] == pytest.approx(0, abs=1e-6)


def numbered_faces(count: int) -> Faces:
    """Return faces whose pixels are their number, of two classes with weights 2 and 3."""
    numbers = np.arange(count, dtype=np.uint8)
    text = numbers.astype(str)
    return Faces(
        images=np.broadcast_to(numbers[:, None, None], (count, 48, 48)),
        labels=numbers % 2,
        splits=np.full(count, "Training"),
        names=text,
        origins=text,
        provenance=Provenance("numbers", "made up"),
        weights=(2 + numbers % 2).astype(np.float32),
    )


def batches_of(count: int, *, size: int, updates: int, seed: int = 0) -> FaceBatches:
    faces = numbered_faces(count)
    targets = np.eye(7, dtype=np.float32)[faces.labels]
    return FaceBatches(faces, targets, batch_size=size, updates_per_epoch=updates, seed=seed)


def order(batches: FaceBatches, epoch: int) -> list[int]:
    """Return the numbers of the faces of an epoch, in order."""
    batches.start_epoch(epoch)
    images = [batches[index][0] for index in range(len(batches))]
    return np.concatenate(images)[:, 0, 0, 0].tolist()


def test_an_epoch_has_the_updates_asked_for() -> None:
    assert len(batches_of(10, size=4, updates=3)) == 3


def test_a_batch_has_images_targets_and_weights() -> None:
    images, labels, weights = batches_of(10, size=4, updates=1)[0]
    assert (images.shape, images.dtype) == ((4, 48, 48, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((4, 7), np.float32)
    assert (weights.shape, weights.dtype) == ((4,), np.float32)


def test_labels_belong_to_their_faces() -> None:
    images, labels, _ = batches_of(10, size=10, updates=1)[0]
    assert labels.argmax(axis=1).tolist() == (images[:, 0, 0, 0] % 2).tolist()
    assert labels.sum(axis=1).tolist() == [1] * 10


def test_a_batch_has_the_weights_of_its_faces() -> None:
    images, _, weights = batches_of(10, size=10, updates=1)[0]
    assert weights.tolist() == [2 + number % 2 for number in images[:, 0, 0, 0].tolist()]


def test_the_order_is_shuffled() -> None:
    assert order(batches_of(50, size=10, updates=5), 0) != list(range(50))


def test_the_same_seed_gives_the_same_order() -> None:
    one, other = (batches_of(50, size=10, updates=5, seed=3) for _ in range(2))
    assert order(one, 0) == order(other, 0)


def test_another_seed_gives_another_order() -> None:
    one, other = (batches_of(50, size=10, updates=5, seed=seed) for seed in (3, 4))
    assert order(one, 0) != order(other, 0)


def test_every_epoch_has_another_order() -> None:
    batches = batches_of(50, size=10, updates=5)
    assert order(batches, 0) != order(batches, 1)


def test_an_epoch_has_the_same_order_whether_earlier_ones_ran_or_not() -> None:
    gone_through, restarted = (batches_of(50, size=8, updates=5) for _ in range(2))
    orders = [order(gone_through, epoch) for epoch in range(4)]
    assert order(restarted, 3) == orders[3]


def test_every_pass_shows_every_face_once_also_across_epochs() -> None:
    batches = batches_of(10, size=4, updates=2)
    shown = [number for epoch in range(5) for number in order(batches, epoch)]
    passes = [shown[start : start + 10] for start in range(0, 40, 10)]
    assert [sorted(faces) for faces in passes] == [list(range(10))] * 4


def test_a_batch_may_be_larger_than_the_data() -> None:
    shown = order(batches_of(3, size=9, updates=1), 0)
    assert sorted(shown) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


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
