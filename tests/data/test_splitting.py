"""Seeded splits for data without a split."""

import numpy as np
import pytest

from fer_utils.data.faces import DataError
from fer_utils.data.splitting import halve_by_class, split_by_class, split_by_group


def counts(splits: np.ndarray) -> dict[str, int]:
    names, numbers = np.unique(splits, return_counts=True)
    return dict(zip(names.tolist(), numbers.tolist(), strict=True))


def test_each_class_is_split_80_10_10() -> None:
    labels = np.repeat([3, 5], [100, 20])
    splits = split_by_class(labels, seed=1)
    assert counts(splits[labels == 3]) == {"Training": 80, "PublicTest": 10, "PrivateTest": 10}
    assert counts(splits[labels == 5]) == {"Training": 16, "PublicTest": 2, "PrivateTest": 2}


@pytest.mark.parametrize(("size", "training"), [(1, 1), (2, 2), (3, 1), (7, 5), (14, 12)])
def test_small_classes_keep_training_images(size: int, training: int) -> None:
    splits = split_by_class(np.zeros(size), seed=0)
    assert counts(splits)["Training"] == training
    assert np.sum(splits == "PublicTest") == np.sum(splits == "PrivateTest")


@pytest.mark.parametrize("rule", [split_by_class, halve_by_class])
def test_the_seed_decides(rule) -> None:
    labels = np.arange(200) % 7
    np.testing.assert_array_equal(rule(labels, seed=3), rule(labels, seed=3))
    assert (rule(labels, seed=3) != rule(labels, seed=4)).any()


def test_halves_are_even_in_all_and_in_each_class() -> None:
    labels = np.repeat([0, 1, 2], [5, 3, 4])
    splits = halve_by_class(labels, seed=0)
    assert counts(splits) == {"PublicTest": 6, "PrivateTest": 6}
    for label in range(3):
        publics = np.sum(splits[labels == label] == "PublicTest")
        assert abs(2 * publics - np.sum(labels == label)) <= 1


def test_halving_nothing_gives_nothing() -> None:
    assert halve_by_class([], seed=0).shape == (0,)


def test_no_group_is_in_two_splits() -> None:
    random = np.random.default_rng(0)
    groups = np.array([f"S{number:03}" for number in random.integers(0, 60, 900)])
    labels = random.integers(0, 6, 900)
    splits = split_by_group(groups, labels, seed=0)
    for group in np.unique(groups):
        assert len(np.unique(splits[groups == group])) == 1
    for split in ("PublicTest", "PrivateTest"):
        assert np.mean(splits == split) == pytest.approx(0.1, abs=0.01)
        shares = np.bincount(labels[splits == split], minlength=6) / np.bincount(labels)
        assert shares == pytest.approx(np.full(6, 0.1), abs=0.04)
    np.testing.assert_array_equal(splits, split_by_group(groups, labels, seed=0))
    assert (splits != split_by_group(groups, labels, seed=1)).any()


def test_each_split_has_groups_however_few_and_uneven_they_are() -> None:
    random = np.random.default_rng(0)
    for seed in range(50):
        count = random.integers(3, 15)
        extra = random.integers(0, count, random.integers(0, 80))
        groups = np.concatenate([np.arange(count), extra])
        splits = split_by_group(groups, random.integers(0, 7, len(groups)), seed=seed)
        assert set(splits) == {"Training", "PublicTest", "PrivateTest"}


def test_rare_classes_give_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    split_by_group(list("abcdefghijkl"), [0] * 10 + [1, 2], seed=0)
    assert not recwarn.list


def test_three_groups_are_enough_and_two_are_not() -> None:
    splits = split_by_group(["a", "b", "c", "c"], [0, 0, 0, 1], seed=0)
    assert sorted(set(splits)) == ["PrivateTest", "PublicTest", "Training"]
    with pytest.raises(DataError, match="expected at least 3 groups to split by, got 2"):
        split_by_group(["a", "b"], [0, 0], seed=0)
