from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE, DataError, Faces, Provenance
from fer_utils.data.votes import VOTE_CLASSES
from fer_utils.evaluation.agreement import measure_agreement
from fer_utils.model.face_size import score_one_person

HAPPY, SAD, NEUTRAL = 3, 4, 6


def votes(**counts: int) -> list[int]:
    return [counts.get(name, 0) for name in VOTE_CLASSES]


def faces_with(*rows: list[int], labels: list[int]) -> Faces:
    count = len(rows)
    return Faces(
        images=np.zeros((count, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8),
        labels=np.array(labels, dtype=np.uint8),
        splits=np.full(count, "PrivateTest"),
        names=np.full(count, "face"),
        origins=np.full(count, "fer2013"),
        provenance=Provenance("made", "up"),
        votes=np.array(rows, dtype=np.uint8),
    )


# A clear face, a face with many opinions, a tie, a face without emotion, and a face without votes.
FACES = faces_with(
    votes(happiness=9, neutral=1),
    votes(sadness=4, neutral=3, anger=1, contempt=2),
    votes(sadness=5, neutral=5),
    votes(unknown=8, neutral=2),
    votes(),
    labels=[HAPPY, NEUTRAL, SAD, NEUTRAL, NEUTRAL],
)


def sure_of(*emotions: int) -> NDArray[np.float32]:
    return np.eye(7, dtype=np.float32)[list(emotions)]


def figures_of(table: pd.DataFrame, who: str) -> dict[str, float]:
    own = table[table["who"] == who]
    return dict(zip(own["figure"], own["value"], strict=True))


def test_a_model_is_compared_with_the_votes() -> None:
    # The prediction is right for the first face alone, and the last three have no winner.
    model = sure_of(HAPPY, NEUTRAL, SAD, SAD, SAD)
    figures = figures_of(measure_agreement(FACES, {"mine": model}), "mine")
    assert figures == {
        "accuracy": pytest.approx(1 / 2),
        "macro_f1": pytest.approx((1 + 0) / 2),
        "balanced_accuracy": pytest.approx((1 + 0) / 2),
        "accuracy_more_than_half": 1,  # the first face alone
        # Single votes are dropped: 9 of 9 for happy, 4 of 9 are no majority.
        "accuracy_paper": 1,
        "shared_with_one": pytest.approx((0.9 + 0.3) / 2),
        # 0.1 of the votes are elsewhere; then 5 of the 8 that are for one of the seven.
        "distance": pytest.approx((0.1 + 5 / 8) / 2),
    }


def test_contempt_counts_as_an_emotion_in_the_papers_protocol_alone() -> None:
    faces = faces_with(votes(contempt=8, neutral=2), votes(neutral=10), labels=[NEUTRAL, NEUTRAL])
    figures = figures_of(measure_agreement(faces, {"mine": sure_of(NEUTRAL, NEUTRAL)}), "mine")
    assert (figures["accuracy"], figures["accuracy_paper"]) == (1, 1 / 2)


def test_one_person_is_compared_with_the_others() -> None:
    faces = faces_with(votes(happiness=8, neutral=1, unknown=1), labels=[HAPPY])
    figures = figures_of(measure_agreement(faces, {}), "one person")
    # Eight say what most others say; two do not, one of them no emotion at all.
    assert figures["accuracy"] == figures["balanced_accuracy"] == pytest.approx(0.8)
    assert figures["macro_f1"] == pytest.approx(2 * 8 / (8 + 10))
    assert figures["shared_with_one"] == pytest.approx(0.8 * 7 / 9)
    # Without a happy vote, 7 of 8 emotional votes are happy; without the unknown one, 8 of 9.
    assert figures["distance"] == pytest.approx(0.8 * 1 / 8 + 0.1 * 1 + 0.1 * 1)


def test_a_person_whose_vote_makes_the_winner_is_compared_with_nobody() -> None:
    faces = faces_with(votes(sadness=2, neutral=1), labels=[SAD])
    # Without one of the sad votes it is a tie; the neutral one sees two sad votes.
    figures = figures_of(measure_agreement(faces, {}), "one person")
    assert (figures["accuracy"], figures["shared_with_one"]) == (0, 0)


def test_one_person_has_the_accuracy_that_small_faces_are_compared_with() -> None:
    figures = figures_of(measure_agreement(FACES, {}), "one person")
    assert figures["accuracy"] == pytest.approx(score_one_person(FACES.votes))


def test_the_official_label_is_compared_too() -> None:
    figures = figures_of(measure_agreement(FACES, {}), "official label")
    assert figures["accuracy"] == 1 / 2
    assert figures["shared_with_one"] == pytest.approx((0.9 + 0.3) / 2)


def test_labels_made_from_the_votes_are_not_compared_with_them() -> None:
    followed = replace(FACES, provenance=replace(FACES.provenance, follows_votes=True))
    assert measure_agreement(followed, {})["who"].unique().tolist() == ["one person"]


def test_intervals_contain_the_value_and_shrink_with_more_faces() -> None:
    few, many = (
        measure_agreement(FACES.select(np.tile(np.arange(5), copies)), {}) for copies in (10, 1000)
    )
    for table in (few, many):
        assert (table["low"] <= table["value"] + 1e-9).all()
        assert (table["value"] <= table["high"] + 1e-9).all()
    width_of_few, width_of_many = (
        (table["high"] - table["low"])[table["figure"] == "distance"] for table in (few, many)
    )
    assert (width_of_many < width_of_few / 5).all()


def test_faces_without_votes_are_an_error() -> None:
    with pytest.raises(DataError, match="expected votes with a single winner, got none"):
        measure_agreement(FACES.select(np.array([4])), {})
