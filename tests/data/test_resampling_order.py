"""Resampling before the split scores noise; after it, chance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fer_utils.data.faces import Faces, join_faces
from fer_utils.data.provenance import Provenance
from fer_utils.data.resampling_order import compare_resampling_order

WRONG, RIGHT = "before the split (wrong)", "after the split (right)"
CHANCE = 1 / 7
LABELS = np.random.default_rng(0).permutation(
    np.repeat(np.arange(7, dtype=np.uint8), [100, 20, 60, 100, 60, 40, 80])
)
FACES = Faces(
    images=np.random.default_rng(1).integers(0, 256, (len(LABELS), 48, 48), dtype=np.uint8),
    labels=LABELS,
    splits=np.full(len(LABELS), "Training"),
    names=np.full(len(LABELS), "name"),
    origins=np.full(len(LABELS), "noise"),
    provenance=Provenance("noise", "noise"),
)


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return compare_resampling_order(FACES)


def test_there_is_a_row_for_each_strategy(scores: pd.DataFrame) -> None:
    assert scores.index.tolist() == ["random", "smote"]
    assert scores.columns.tolist() == [WRONG, RIGHT, "inflation"]


@pytest.mark.parametrize("strategy", ["random", "smote"])
def test_the_right_order_stays_near_chance_on_random_labels(
    scores: pd.DataFrame, strategy: str
) -> None:
    assert scores.loc[strategy, RIGHT] == pytest.approx(CHANCE, abs=0.1)


@pytest.mark.parametrize("strategy", ["random", "smote"])
def test_the_wrong_order_seems_to_learn_random_labels(scores: pd.DataFrame, strategy: str) -> None:
    assert scores.loc[strategy, WRONG] > 3 * CHANCE


def test_inflation_is_the_difference(scores: pd.DataFrame) -> None:
    np.testing.assert_allclose(scores["inflation"], scores[WRONG] - scores[RIGHT])


def test_without_resampling_the_order_makes_no_difference() -> None:
    table = compare_resampling_order(FACES, strategies=("none",))
    assert table.loc["none", "inflation"] == 0


def test_the_seed_decides(scores: pd.DataFrame) -> None:
    again = compare_resampling_order(FACES, strategies=("random",))
    other = compare_resampling_order(FACES, strategies=("random",), seed=1)
    pd.testing.assert_series_equal(again.loc["random"], scores.loc["random"])
    assert (other.loc["random"] != scores.loc["random"]).any()


def test_evaluation_faces_are_not_used(scores: pd.DataFrame) -> None:
    evaluated = replace(FACES, splits=np.full(len(LABELS), "PublicTest"))
    again = compare_resampling_order(join_faces([evaluated, FACES]), strategies=("random",))
    pd.testing.assert_series_equal(again.loc["random"], scores.loc["random"])


def test_a_sample_keeps_the_shares_of_the_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def score(learned: Faces, test: Faces) -> float:
        seen.append(np.bincount(np.concatenate([learned.labels, test.labels])).tolist())
        return 0.5

    monkeypatch.setattr("fer_utils.data.resampling_order._score", score)
    compare_resampling_order(FACES, strategies=("none",), sample=230)
    assert seen == [[50, 10, 30, 50, 30, 20, 40]] * 2
