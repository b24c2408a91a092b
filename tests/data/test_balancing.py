"""Balancing: what each strategy adds, and that SMOTE never sees uint8."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, BorderlineSMOTE
from sample_sources import assert_data_error

from fer_utils.data.balancing import STRATEGIES, Balanced, balance, smote_parents
from fer_utils.data.faces import DataError

COUNTS = [12, 6, 8, 10, 9, 7, 11]
MISSING = [0, 6, 4, 2, 3, 5, 1]
ADDING = ("random", "smote", "borderline_smote")
WEIGHING = ("none", "class_weight", "log_class_weight")


def noise(count: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 48), dtype=np.uint8)


def labels_of(counts: list[int]) -> np.ndarray:
    return np.repeat(np.arange(7, dtype=np.uint8), counts)


IMAGES, LABELS = noise(sum(COUNTS)), np.random.default_rng(1).permutation(labels_of(COUNTS))


@cache
def balanced_noise(strategy: str, *, seed: int = 0) -> Balanced:
    return balance(IMAGES, LABELS, strategy=strategy, seed=seed)


def weights(strategy: str, counts: list[int]) -> np.ndarray:
    labels = labels_of(counts)
    images = np.zeros((len(labels), 48, 48), dtype=np.uint8)
    return balance(images, labels, strategy=strategy).class_weights


def test_the_strategies_are_those_tested_here() -> None:
    assert sorted(STRATEGIES) == sorted(ADDING + WEIGHING)


def test_smote_is_the_default() -> None:
    assert balance(IMAGES, LABELS).strategy == "smote"


@pytest.mark.parametrize("strategy", ADDING)
def test_adding_brings_every_class_to_the_largest(strategy: str) -> None:
    counts = balanced_noise(strategy).counts()
    assert counts["original"].tolist() == COUNTS
    assert counts["added"].tolist() == MISSING


@pytest.mark.parametrize("strategy", WEIGHING)
def test_weighing_adds_nothing(strategy: str) -> None:
    counts = balanced_noise(strategy).counts()
    assert counts["original"].tolist() == COUNTS
    assert counts["added"].tolist() == [0] * 7


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_originals_come_first_and_unchanged(strategy: str) -> None:
    result = balanced_noise(strategy)
    np.testing.assert_array_equal(result.images[:63], IMAGES, strict=True)
    np.testing.assert_array_equal(result.labels[:63], LABELS, strict=True)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_input_is_not_written_to(strategy: str) -> None:
    images, labels = IMAGES.copy(), LABELS.copy()
    balance(images, labels, strategy=strategy)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_images_and_labels_stay_uint8(strategy: str) -> None:
    result = balanced_noise(strategy)
    assert result.images.dtype == result.labels.dtype == np.uint8
    assert result.images.shape == (len(result), 48, 48)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_mask_is_true_for_added_images_only(strategy: str) -> None:
    result = balanced_noise(strategy)
    added = 21 if strategy in ADDING else 0
    assert result.synthetic.tolist() == [False] * 63 + [True] * added


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategy_and_seed_are_recorded(strategy: str) -> None:
    result = balanced_noise(strategy, seed=3)
    assert (result.strategy, result.seed) == (strategy, 3)


@pytest.mark.parametrize("strategy", ADDING)
def test_the_same_seed_gives_the_same_images(strategy: str) -> None:
    first, second = (
        balanced_noise(strategy, seed=3),
        balance(IMAGES, LABELS, strategy=strategy, seed=3),
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
    result = balance(images.astype(np.uint8), LABELS, strategy="smote")
    for image, label in zip(result.images[63:], result.labels[63:], strict=True):
        members = images[label == LABELS]
        assert (image >= members.min(axis=0)).all()
        assert (image <= members.max(axis=0)).all()


def test_smote_of_two_gray_values_stays_between_them() -> None:
    # Classes of 6 images, three of value 100 and three of 140, beside a larger class.
    labels = labels_of([12, 6, 12, 12, 12, 12, 12])
    values = np.where(np.arange(len(labels)) % 2, 140, 100).astype(np.uint8)
    images = np.broadcast_to(values[:, None, None], (len(labels), 48, 48))
    added = balance(images, labels, strategy="smote").images[len(labels) :]
    assert len(added) == 6
    assert 100 <= added.min() <= added.max() <= 140
    assert ((added > 100) & (added < 140)).any()


@pytest.mark.parametrize(
    ("strategy", "method"), [("smote", SMOTE), ("borderline_smote", BorderlineSMOTE)]
)
def test_smote_equals_the_float32_interpolation_rounded(strategy: str, method: type) -> None:
    points = IMAGES.reshape(63, -1).astype(np.float32)
    expected, expected_labels = method(random_state=3).fit_resample(points, LABELS)
    result = balanced_noise(strategy, seed=3)
    np.testing.assert_array_equal(result.images.reshape(84, -1), np.rint(expected))
    np.testing.assert_array_equal(result.labels, expected_labels)


def test_k_neighbors_limits_the_choice_of_smote() -> None:
    # In each class, pairs of near-equal images far from the other pairs.
    pairs = noise(42).repeat(2, axis=0) // 2
    pairs[1::2] += 1
    labels = labels_of([12] * 7)
    keep = np.arange(84) >= 4  # The first class lacks two pairs.
    result = balance(pairs[keep], labels[keep], strategy="smote", k_neighbors=1)
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


def test_smote_parents_are_only_sought_among_neighbours() -> None:
    # 0, 10, 200 and 250: the nearest neighbour of each is the other of its pair.
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
        weights("class_weight", [10, 5, 20, 40, 25, 20, 20]),
        [2, 4, 1, 0.5, 0.8, 1, 1],
        rtol=1e-6,
    )


def test_logarithmic_class_weights_are_damped_and_at_least_one() -> None:
    # max(1, log(0.15 n / n_class)), with n = 1000: 150 / 15 = 10, 150 / 30 = 5, 150 / 5 = 30;
    # and log(150 / 60) = 0.92 is raised to 1.
    np.testing.assert_allclose(
        weights("log_class_weight", [15, 30, 5, 60, 190, 300, 400]),
        [2.302585, 1.609438, 3.401197, 1, 1, 1, 1],
        rtol=1e-6,
    )


@pytest.mark.parametrize("strategy", ["none", *ADDING])
def test_without_weighing_every_class_counts_one(strategy: str) -> None:
    class_weights = balanced_noise(strategy).class_weights
    np.testing.assert_array_equal(class_weights, np.ones(7, dtype=np.float32), strict=True)


@pytest.mark.parametrize("strategy", ["smote", "borderline_smote"])
def test_a_class_too_small_for_smote_is_told_with_both_numbers(strategy: str) -> None:
    labels = labels_of([12, 5, 12, 12, 12, 12, 12])
    with pytest.raises(DataError) as caught:
        balance(noise(len(labels)), labels, strategy=strategy)
    needs = f"{strategy} needs at least 6 images of each emotion"
    assert_data_error(caught, needs, "disgust has 5", "lower k_neighbors")


def test_fewer_neighbours_let_a_small_class_pass() -> None:
    labels = labels_of([12, 5, 12, 12, 12, 12, 12])
    result = balance(noise(len(labels)), labels, strategy="smote", k_neighbors=4)
    assert result.counts()["added"].tolist() == [0, 7, 0, 0, 0, 0, 0]


def test_an_empty_class_cannot_be_repeated() -> None:
    labels = labels_of([2, 2, 2, 2, 2, 2, 0])
    with pytest.raises(DataError) as caught:
        balance(noise(len(labels)), labels, strategy="random")
    assert_data_error(caught, "random needs at least 1 images", "neutral has 0")


def test_an_unknown_strategy_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'adasyn'.*none, random, smote, borderline_smote"):
        balance(IMAGES, LABELS, strategy="adasyn")


@pytest.mark.parametrize("strategy", ["smote", "log_class_weight"])
def test_saved_balanced_faces_come_back_as_they_were(tmp_path: Path, strategy: str) -> None:
    path, result = tmp_path / "balanced.npz", balanced_noise(strategy, seed=3)
    result.save(path)
    loaded = Balanced.load(path)
    for name in ("images", "labels", "synthetic", "class_weights"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(result, name), strict=True)
    assert (loaded.strategy, loaded.seed) == (strategy, 3)
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file_is_told_with_the_notebook_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"notebooks/02_balance_smote\.ipynb"):
        Balanced.load(tmp_path / "balanced.npz")


def test_a_damaged_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "balanced.npz"
    path.write_bytes(b"PK half a file")
    with pytest.raises(DataError) as caught:
        Balanced.load(path)
    assert_data_error(caught, str(path), "make it again with notebooks/02_balance_smote.ipynb")


@pytest.mark.parametrize(
    "arrays",
    [{"images": np.zeros(3)}, {"strategy": np.array("smote"), "seed": np.array(0)}],
)
def test_an_npz_of_another_kind_does_not_hold_balanced_faces(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "balanced.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError) as caught:
        Balanced.load(path)
    assert_data_error(caught, str(path), "does not hold balanced faces")
