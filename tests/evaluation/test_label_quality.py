import numpy as np
import pandas as pd
import pytest

from fer_utils.data.faces import DataError, Faces, Provenance
from fer_utils.evaluation.label_quality import find_doubtful, list_disagreements, score_without

# Five faces: 0 and 1 are the same image, 2 is in Training, 3 has a copy with another label.
LABELS = np.array([3, 3, 4, 0, 6], dtype=np.uint8)
BRIGHTNESS = np.array([10, 10, 20, 30, 40], dtype=np.uint8)
PROBABILITIES = np.zeros((5, 7))
PROBABILITIES[[0, 1, 2, 3, 4], [3, 4, 0, 6, 2]] = [0.9, 0.95, 0.6, 0.9, 0.89]
FACES = Faces(
    images=np.broadcast_to(BRIGHTNESS[:, None, None], (5, 48, 48)).copy(),
    labels=LABELS,
    splits=np.full(5, "PublicTest"),
    names=np.array(list("abcde")),
    origins=np.full(5, "made"),
    provenance=Provenance("made", "up"),
    has_training_copy=np.array([0, 0, 1, 0, 0], dtype=bool),
    has_conflicting_copy=np.array([0, 0, 0, 1, 0], dtype=bool),
)


def test_faces_are_doubtful_for_four_reasons() -> None:
    doubtful = find_doubtful(FACES, PROBABILITIES)
    assert {reason: np.flatnonzero(mask).tolist() for reason, mask in doubtful.items()} == {
        "copy in Training": [2],
        "repeated image": [1],
        "conflicting labels": [3],
        "any of these": [1, 2, 3],
        # Face 0 is classified correctly; 2 and 4 have less than 90%.
        "confident disagreement": [1, 3],
    }


def test_the_score_moves_by_what_is_left_out() -> None:
    predicted, labels = np.array([1, 1, 1, 0]), np.array([1, 1, 1, 1])
    table = score_without(
        predicted,
        labels,
        pd.DataFrame(
            {
                "the wrong one": [False, False, False, True],
                "a right one": [True, False, False, False],
                "nothing": [False] * 4,
                "everything": [True] * 4,
            }
        ),
    )
    assert table["left out"].tolist() == [1, 1, 0, 4]
    assert table["accuracy"].tolist()[:3] == [1, 2 / 3, 3 / 4]
    assert table["change"].tolist()[:3] == pytest.approx([1 / 4, -1 / 12, 0])
    assert table.loc["nothing", ["low", "high"]].tolist() == [0, 0]
    assert table.loc["everything", ["accuracy", "change", "low", "high"]].isna().all()


def test_the_interval_is_that_of_the_change() -> None:
    random = np.random.default_rng(0)
    labels = np.zeros(2000, dtype=int)
    predicted = (random.random(2000) < 0.3).astype(int)
    # A tenth of the faces is left out, whether classified correctly or not.
    table = score_without(predicted, labels, pd.DataFrame({"chance": random.random(2000) < 0.1}))
    row = table.loc["chance"]
    # The two scores share their faces, so the deviation shrinks by sqrt(0.1 / 0.9).
    expected = 2 * 1.96 * (0.3 * 0.7 / 2000) ** 0.5 * (0.1 / 0.9) ** 0.5
    assert row["high"] - row["low"] == pytest.approx(expected, rel=0.15)
    assert row["low"] < row["change"] < row["high"]


def test_the_seed_decides_on_the_interval() -> None:
    doubtful = find_doubtful(FACES, PROBABILITIES)
    one, same = (
        score_without(PROBABILITIES.argmax(axis=1), LABELS, doubtful, seed=1) for _ in range(2)
    )
    pd.testing.assert_frame_equal(one, same)


def test_lengths_must_agree() -> None:
    with pytest.raises(DataError, match="got 2, 3, and 3"):
        score_without(np.zeros(2), np.zeros(3), pd.DataFrame({"any": [True] * 3}))
    with pytest.raises(DataError, match="got 0, 0, and 0"):
        score_without(np.zeros(0), np.zeros(0), pd.DataFrame({"any": []}))


def test_disagreements_are_listed_most_confident_first() -> None:
    table = list_disagreements(FACES, PROBABILITIES)
    assert table.index.tolist() == [1, 3, 4, 2]
    assert table["name"].tolist() == ["b", "d", "e", "c"]
    assert table["label"].tolist() == ["happy", "angry", "neutral", "sad"]
    assert table["predicted"].tolist() == ["sad", "neutral", "fear", "angry"]
    assert table["confidence"].tolist() == [0.95, 0.9, 0.89, 0.6]


def test_a_model_that_is_always_right_disagrees_with_nobody() -> None:
    table = list_disagreements(FACES, np.eye(7)[LABELS])
    assert len(table) == 0
    assert table.columns.tolist() == ["name", "label", "predicted", "confidence"]
