import numpy as np
import pandas as pd
import pytest

from fer_utils.exercises.model_exercises import check_recall, check_shown, check_threshold
from fer_utils.model.recipes import Recipe

# Four faces; the least confident one is wrong.
CURVE = pd.DataFrame(
    {
        "confidence": [0.9, 0.8, 0.7, 0.4],
        "coverage": [0.25, 0.5, 0.75, 1.0],
        "accuracy": [1.0, 1.0, 1.0, 0.75],
    }
)


@pytest.mark.parametrize(
    ("threshold", "told"),
    [
        (0.7, "Right. It costs 0.25 a face; always answering would cost 1.25."),
        (0.5, "Right. It costs 0.25 a face; always answering would cost 1.25."),
        (0.4, "Not yet. It costs 1.25 a face. Accepting fewer faces would cost less."),
        (0.75, "Not yet. It costs 0.50 a face. Accepting more faces would cost less."),
        (1, "Not yet. It costs 1.00 a face. Accepting more faces would cost less."),
        (40, "Not yet. Expected a confidence from 0 to 1."),
        ("high", "Not yet. Expected a confidence from 0 to 1."),
    ],
)
def test_a_threshold_is_judged_by_what_it_costs(threshold: object, told: str) -> None:
    assert check_threshold(threshold, CURVE, 5, 1).message == told


def test_a_threshold_may_cost_a_tenth_more_than_the_cheapest() -> None:
    # At 0.7, a quarter of the faces are doubted: 1.25. At 0.4, a quarter of them are errors.
    assert check_threshold(0.7, CURVE, 5, 5).is_right
    assert check_threshold(0.4, CURVE, 5.4, 5).is_right
    assert not check_threshold(0.4, CURVE, 5.6, 5).is_right


def test_errors_that_cost_less_than_doubts_make_every_answer_worth_it() -> None:
    assert check_threshold(0.0, CURVE, 1, 2).is_right


def test_an_emotion_without_faces_has_no_recall() -> None:
    confusion = np.array([[3, 1], [0, 0]])
    assert check_recall([0.75, np.nan], confusion).is_right
    assert check_recall([1.0, 0.0], confusion).message.startswith("Not yet. That is the precision")


def test_a_recipe_that_shows_faces_too_often_is_cut_short() -> None:
    recipe = Recipe(updates=10, passes=4, epochs=2, patience=1, batch_size=6)
    assert check_shown(6, recipe, 10).message.startswith("Right. This recipe stops at 4 times")
    assert check_shown(3, recipe, 20).message.startswith("Right. That is within the limit")
    assert "for one epoch" in check_shown(3, recipe, 10).message
