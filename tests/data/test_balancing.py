"""Balancing: what each strategy adds, and that samplers never see uint8."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from sample_sources import assert_data_error

from fer_utils.data.balancing import STRATEGIES, Sampler, balance, smote_parents
from fer_utils.data.faces import DataError, Faces, join_faces
from fer_utils.data.provenance import Provenance

COUNTS = [12, 6, 8, 10, 9, 7, 11]
MISSING = [0, 6, 4, 2, 3, 5, 1]
ADDING = ("random", "smote", "borderline_smote")
WEIGHING = ("none", "class_weight", "log_class_weight")


def noise(count: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 48), dtype=np.uint8)


def labels_of(counts: list[int]) -> np.ndarray:
    return np.repeat(np.arange(7, dtype=np.uint8), counts)


def faces_of(images: np.ndarray, labels: np.ndarray, split: str = "Training") -> Faces:
    return Faces(
        images=images,
        labels=labels,
        splits=np.full(len(labels), split),
        names=np.array([f"row {number}" for number in range(len(labels))]),
        origins=np.full(len(labels), "noise"),
        provenance=Provenance("noise", "noise", notes=("made up",)),
    )


IMAGES, LABELS = noise(sum(COUNTS)), np.random.default_rng(1).permutation(labels_of(COUNTS))
TRAINING = faces_of(IMAGES, LABELS)
# Evaluation faces come first, so that their positions are not those of the end.
FACES = join_faces([faces_of(noise(5, seed=8), LABELS[:5], "PrivateTest"), TRAINING])
FACES = replace(FACES, provenance=TRAINING.provenance)


@cache
def balanced_noise(strategy: str, *, seed: int = 0) -> Faces:
    return balance(FACES, strategy, seed=seed).of_split("Training")


def class_weights(strategy: str, counts: list[int]) -> list[float]:
    labels = labels_of(counts)
    balanced = balance(faces_of(np.zeros((len(labels), 48, 48), dtype=np.uint8), labels), strategy)
    return [float(np.unique(balanced.weights[labels == label]).item()) for label in range(7)]


def test_the_strategies_are_those_tested_here() -> None:
    assert sorted(STRATEGIES) == sorted(ADDING + WEIGHING)


def test_smote_is_the_default() -> None:
    assert balance(FACES).provenance.balancing == "smote"


@pytest.mark.parametrize("strategy", ADDING)
def test_adding_brings_every_class_to_the_largest(strategy: str) -> None:
    counts = balanced_noise(strategy).training_counts()
    assert counts["original"].tolist() == COUNTS
    assert counts["added"].tolist() == MISSING


@pytest.mark.parametrize("strategy", WEIGHING)
def test_weighing_adds_nothing(strategy: str) -> None:
    counts = balanced_noise(strategy).training_counts()
    assert counts["original"].tolist() == COUNTS
    assert counts["added"].tolist() == [0] * 7


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_originals_come_first_and_unchanged(strategy: str) -> None:
    result = balanced_noise(strategy)
    np.testing.assert_array_equal(result.images[:63], IMAGES, strict=True)
    np.testing.assert_array_equal(result.labels[:63], LABELS, strict=True)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_faces_come_first_and_unchanged(strategy: str) -> None:
    first = balance(FACES, strategy).select(np.arange(len(FACES)))
    assert first.fingerprint() == FACES.fingerprint()
    assert first.names.tolist() == FACES.names.tolist()
    assert first.origins.tolist() == FACES.origins.tolist()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_evaluation_faces_are_neither_added_nor_weighted(strategy: str) -> None:
    evaluated = balance(FACES, strategy).of_split("PrivateTest")
    assert evaluated.fingerprint() == FACES.of_split("PrivateTest").fingerprint()
    assert not evaluated.is_synthetic.any()
    assert evaluated.weights.tolist() == [1] * 5


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_input_is_not_written_to(strategy: str) -> None:
    faces = faces_of(IMAGES.copy(), LABELS.copy())
    balance(faces, strategy)
    np.testing.assert_array_equal(faces.images, IMAGES)
    np.testing.assert_array_equal(faces.labels, LABELS)
    np.testing.assert_array_equal(faces.weights, np.ones(63))


@pytest.mark.parametrize("strategy", ADDING)
def test_added_faces_are_named_by_strategy(strategy: str) -> None:
    added = balanced_noise(strategy).select(np.arange(63, 84))
    assert added.names[17] == f"{strategy} 00017"
    assert set(added.origins) == {strategy}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_images_and_labels_stay_uint8(strategy: str) -> None:
    result = balanced_noise(strategy)
    assert result.images.dtype == result.labels.dtype == np.uint8
    assert result.images.shape == (len(result), 48, 48)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_mask_is_true_for_added_images_only(strategy: str) -> None:
    result = balanced_noise(strategy)
    added = 21 if strategy in ADDING else 0
    assert result.is_synthetic.tolist() == [False] * 63 + [True] * added


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_strategy_is_recorded(strategy: str) -> None:
    provenance = balanced_noise(strategy).provenance
    assert provenance.balancing == strategy
    added = 21 if strategy in ADDING else 0
    note = f"Training balanced with {strategy}: {added} faces added"
    assert provenance.notes == ("made up", *([] if strategy == "none" else [note]))


@pytest.mark.parametrize("strategy", ADDING)
def test_the_same_seed_gives_the_same_images(strategy: str) -> None:
    first, second = (
        balanced_noise(strategy, seed=3),
        balance(FACES, strategy, seed=3).of_split("Training"),
    )
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.labels, second.labels)


@pytest.mark.parametrize("strategy", ADDING)
def test_another_seed_gives_other_images(strategy: str) -> None:
    assert (
        balanced_noise(strategy, seed=3).images != balanced_noise(strategy, seed=0).images
    ).any()


def test_random_repeats_originals_of_the_same_class() -> None:
    result = balanced_noise("random")
    for image, label in zip(result.images[63:], result.labels[63:], strict=True):
        assert (IMAGES[label == LABELS] == image).all(axis=(1, 2)).any()


@pytest.mark.parametrize("strategy", ["smote", "borderline_smote"])
def test_smote_repeats_no_original(strategy: str) -> None:
    for image in balanced_noise(strategy).images[63:]:
        assert not (image == IMAGES).all(axis=(1, 2)).any()


def test_smote_images_lie_between_the_darkest_and_brightest_pixels_of_their_class() -> None:
    # Each class keeps to its own range of grays, which a difference of uint8 that wraps leaves.
    bounds = 10 * np.arange(1, 8)
    random = np.random.default_rng(2)
    images = np.stack([random.integers(bounds[k], 180 + bounds[k], (48, 48)) for k in LABELS])
    result = balance(faces_of(images.astype(np.uint8), LABELS))
    for image, label in zip(result.images[63:], result.labels[63:], strict=True):
        members = images[label == LABELS]
        assert (image >= members.min(axis=0)).all()
        assert (image <= members.max(axis=0)).all()


def test_smote_of_two_gray_values_stays_between_them() -> None:
    # Classes of 6 images, three of value 100 and three of 140, and a larger class.
    labels = labels_of([12, 6, 12, 12, 12, 12, 12])
    values = np.where(np.arange(len(labels)) % 2, 140, 100).astype(np.uint8)
    images = np.broadcast_to(values[:, None, None], (len(labels), 48, 48))
    added = balance(faces_of(images, labels)).images[len(labels) :]
    assert len(added) == 6
    assert 100 <= added.min() <= added.max() <= 140
    assert ((added > 100) & (added < 140)).any()


@pytest.mark.parametrize(
    ("strategy", "method"), [("smote", SMOTE), ("borderline_smote", BorderlineSMOTE)]
)
def test_smote_equals_the_float32_interpolation_rounded(strategy: str, method: type) -> None:
    features = IMAGES.reshape(63, -1).astype(np.float32)
    expected, expected_labels = method(random_state=3).fit_resample(features, LABELS)
    result = balanced_noise(strategy, seed=3)
    np.testing.assert_array_equal(result.images.reshape(84, -1), np.rint(expected))
    np.testing.assert_array_equal(result.labels, expected_labels)


def test_smote_interpolates_votes_like_pixels() -> None:
    images = np.repeat(np.uint8([0, 200, 100, 100, 100]), 2304).reshape(5, 48, 48)
    votes = np.zeros((5, 10), dtype=np.uint8)
    votes[:2, :2] = [[10, 0], [0, 10]]  # of the dark face, and of the bright one
    faces = faces_of(images, np.uint8([0, 0, 1, 1, 1]))
    faces = replace(faces, votes=votes, provenance=replace(faces.provenance, follows_votes=True))
    random = SMOTE(k_neighbors=1, random_state=0)
    added = balance(faces, random).select(np.array([5]))
    step = added.images[0, 0, 0] / 200
    assert 0 < step < 1
    assert added.votes[0].tolist() == [round(10 * (1 - step)), round(10 * step), *[0] * 8]


def test_votes_that_are_not_followed_change_no_image() -> None:
    faces = faces_of(noise(35), labels_of([5, 5, 5, 5, 5, 5, 5]))
    few = faces.select(np.arange(35) != 0)
    votes = np.random.default_rng(0).integers(0, 200, (34, 10), dtype=np.uint8)
    with_votes = balance(replace(few, votes=votes), "smote", k_neighbors=2)
    np.testing.assert_array_equal(with_votes.images, balance(few, "smote", k_neighbors=2).images)
    assert not with_votes.votes[34:].any()


def test_k_neighbors_limits_the_choice_of_smote() -> None:
    # In each class, pairs of near-equal images far from the other pairs.
    pairs = noise(42).repeat(2, axis=0) // 2
    pairs[1::2] += 1
    labels = labels_of([12] * 7)
    keep = np.arange(84) >= 4  # The first class lacks two pairs.
    result = balance(faces_of(pairs[keep], labels[keep]), k_neighbors=1)
    added = result.images[80:]
    assert len(added) == 4
    for image in added:
        gaps = np.abs(pairs.astype(int) - image).max(axis=(1, 2))
        assert gaps.min() <= 1


def test_smote_parents_are_the_pair_an_image_lies_between() -> None:
    members = IMAGES[LABELS == 6]
    halfway = np.rint(0.7 * members[4] + 0.3 * members[2]).astype(np.uint8)
    found = smote_parents(halfway, members, k_neighbors=10)
    assert set(found) == {4, 2}


def test_smote_parents_are_only_sought_among_neighbors() -> None:
    # 0, 10, 200 and 250: the nearest neighbor of each is the other of its pair.
    values = np.array([0, 10, 200, 250], dtype=np.uint8)
    originals = np.broadcast_to(values[:, None, None], (4, 48, 48))
    image = np.full((48, 48), 220, dtype=np.uint8)
    assert set(smote_parents(image, originals, k_neighbors=1)) == {2, 3}


def test_every_smote_image_lies_on_the_line_between_its_parents() -> None:
    result = balanced_noise("smote")
    for image, label in zip(result.images[63:], result.labels[63:], strict=True):
        members = IMAGES[label == LABELS].astype(float)
        start, end = (members[parent] for parent in smote_parents(image, members))
        step = ((image - start) * (end - start)).sum() / ((end - start) ** 2).sum()
        assert 0 <= step <= 1
        assert np.abs(start + step * (end - start) - image).max() < 0.6


def test_class_weights_are_inverse_frequencies() -> None:
    # n / (7 n_class), with n = 140
    np.testing.assert_allclose(
        class_weights("class_weight", [10, 5, 20, 40, 25, 20, 20]),
        [2, 4, 1, 0.5, 0.8, 1, 1],
        rtol=1e-6,
    )


def test_logarithmic_class_weights_are_damped_and_at_least_one() -> None:
    # max(1, log(0.15 n / n_class)), with n = 1000: 150 / 15 = 10, 150 / 30 = 5, 150 / 5 = 30;
    # and log(150 / 60) = 0.92 is raised to 1.
    np.testing.assert_allclose(
        class_weights("log_class_weight", [15, 30, 5, 60, 190, 300, 400]),
        [2.302585, 1.609438, 3.401197, 1, 1, 1, 1],
        rtol=1e-6,
    )


@pytest.mark.parametrize("strategy", ["none", *ADDING])
def test_without_weights_every_face_counts_one(strategy: str) -> None:
    result = balanced_noise(strategy)
    np.testing.assert_array_equal(
        result.weights, np.ones(len(result), dtype=np.float32), strict=True
    )


@pytest.mark.parametrize("strategy", ["smote", "borderline_smote"])
def test_a_class_too_small_for_smote_is_reported_with_both_numbers(strategy: str) -> None:
    labels = labels_of([12, 5, 12, 12, 12, 12, 12])
    with pytest.raises(DataError) as caught:
        balance(faces_of(noise(len(labels)), labels), strategy)
    needs = f"{strategy} needs at least 6 Training images of each emotion"
    assert_data_error(caught, needs, "disgust has 5", "lower k_neighbors")


def test_fewer_neighbors_let_a_small_class_pass() -> None:
    labels = labels_of([12, 5, 12, 12, 12, 12, 12])
    result = balance(faces_of(noise(len(labels)), labels), k_neighbors=4)
    assert result.training_counts()["added"].tolist() == [0, 7, 0, 0, 0, 0, 0]


def test_an_empty_class_cannot_be_repeated() -> None:
    labels = labels_of([2, 2, 2, 2, 2, 2, 0])
    with pytest.raises(DataError) as caught:
        balance(faces_of(noise(len(labels)), labels), "random")
    assert_data_error(caught, "random needs at least 1 Training images", "neutral has 0")


def test_an_unknown_strategy_is_reported_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'adasyn'.*none, random, smote, borderline_smote"):
        balance(FACES, "adasyn")


def test_an_object_that_is_not_a_sampler_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown strategy 7: .* or a sampler of imb"):
        balance(FACES, 7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sampler", "strategy"),
    [
        (SMOTE(random_state=3), "smote"),
        (BorderlineSMOTE(random_state=3), "borderline_smote"),
        (RandomOverSampler(random_state=3), "random"),
    ],
)
def test_a_sampler_gives_the_same_as_its_name(sampler: Sampler, strategy: str) -> None:
    result = balance(FACES, sampler)
    named = balance(FACES, strategy, seed=3)
    assert result.fingerprint() == named.fingerprint()
    assert result.is_synthetic.tolist() == named.is_synthetic.tolist()
    name = type(sampler).__name__
    assert result.provenance.balancing == name
    assert result.names[-1] == f"{name} 00020"


def test_any_over_sampler_can_be_used() -> None:
    result = balance(FACES, ADASYN(sampling_strategy={1: 40}, random_state=0))
    assert result.provenance.balancing == "ADASYN"
    assert result.training_counts()["original"].tolist() == COUNTS
    assert result.is_synthetic.sum() == len(result) - len(FACES) > 0


def test_samplers_get_float32_and_give_rounded_pixels() -> None:
    class HalfBrighter:
        def fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # noqa: N803
            assert (X.dtype, X.shape) == (np.float32, (63, 2304))
            new = np.stack([X[0] * 0 + 100.6, X[0] * 0 - 20, X[0] * 0 + 300])
            return np.concatenate([X, new]), np.concatenate([y, y[:3]])

    added = balance(FACES, HalfBrighter()).images[-3:]
    assert added.dtype == np.uint8
    assert added[:, 5, 5].tolist() == [101, 0, 255]


@pytest.mark.parametrize(
    "sampler", [RandomUnderSampler(random_state=0), TomekLinks(sampling_strategy="all")]
)
def test_a_sampler_that_drops_faces_is_refused(sampler: Sampler) -> None:
    images = np.concatenate([noise(1, seed=9)] * 2 + [IMAGES[2:]])  # A Tomek link to drop.
    labels = np.concatenate([[0, 6], LABELS[2:]]).astype(np.uint8)
    with pytest.raises(DataError) as caught:
        balance(faces_of(images, labels), sampler)
    name = type(sampler).__name__
    assert_data_error(caught, f"expected {name} to return all 63 original", "an over-sampler")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_balanced_faces_are_not_balanced_again(strategy: str) -> None:
    with pytest.raises(DataError) as caught:
        balance(balance(FACES, "smote"), strategy)
    assert_data_error(caught, "got faces balanced with smote", "balance the original faces")


@pytest.mark.parametrize("strategy", ["smote", "log_class_weight"])
def test_saved_balanced_faces_come_back_as_they_were(tmp_path: Path, strategy: str) -> None:
    result = balance(FACES, strategy, seed=3)
    result.save(tmp_path / "balanced.npz")
    loaded = Faces.load(tmp_path / "balanced.npz")
    assert loaded.fingerprint() == result.fingerprint()
    np.testing.assert_array_equal(loaded.is_synthetic, result.is_synthetic, strict=True)
    np.testing.assert_array_equal(loaded.weights, result.weights, strict=True)
    assert loaded.provenance == result.provenance
