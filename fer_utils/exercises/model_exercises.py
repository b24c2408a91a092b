"""Check the exercises about training a model and scoring it (notebooks 03 and 04)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.exercises.verdict import Verdict, judge, not_yet, right
from fer_utils.model.calibration import at_temperature
from fer_utils.model.recipes import Recipe

# The cost hardly changes near its minimum, and other faces would have theirs elsewhere.
_COST_TOLERANCE = 1.1


def check_shown(answer: object, recipe: Recipe, count: int) -> Verdict:
    """Check how many times the updates of a recipe would show each face, on average.

    Parameters
    ----------
    answer : float
        The number of times.
    recipe : Recipe
        How the network is trained.
    count : int
        Number of Training faces.
    """
    shown = recipe.updates * recipe.batch_size
    slips = {
        "That is the number of faces in all updates. How often is each of them shown?": shown,
        "An update shows more than one face.": recipe.updates / count,
        "That is for one epoch. How often is each face shown in all of them?": (
            shown / count / recipe.epochs
        ),
        "Upside down: that is the share of all faces shown that each face has.": count / shown,
    }
    limit = f"This recipe stops at {recipe.passes} times, so it makes fewer updates."
    reason = limit if shown > recipe.passes * count else "That is within the limit of the recipe."
    return judge(answer, shown / count, reason, slips, within=0.06)


def check_best(answer: object, history: pd.DataFrame) -> Verdict:
    """Check the number of the epoch whose weights are kept.

    Parameters
    ----------
    answer : int
        The number, as in the column ``epoch``.
    history : DataFrame
        `ModelFolder.history`.
    """
    epochs = history["epoch"]
    best = int(epochs[history["val_accuracy"].argmax()])
    slips = {
        "That is the position of its row, which counts from 0.": best - 1,
        "Training batches do not decide. Which column has the faces that do?": (
            int(epochs[history["accuracy"].argmax()])
        ),
        "That epoch has the lowest loss on PublicTest. What else is measured there?": (
            int(epochs[history["val_loss"].argmin()])
        ),
        "The last epoch need not be the best one.": int(epochs.iloc[-1]),
    }
    return judge(answer, best, "The weights of this epoch are in the model folder.", slips)


def check_temperature(
    answer: object, probabilities: NDArray[np.floating], temperature: float
) -> Verdict:
    """Check probabilities at another temperature.

    Parameters
    ----------
    answer : ndarray of float, shape (n,)
        The new probabilities.
    probabilities : ndarray of float, shape (n,)
        Probabilities at temperature 1.
    temperature : float
        The temperature.
    """
    inverse = at_temperature(probabilities[None], 1 / temperature)[0]
    slips = {
        "The order is right, but probabilities sum to 1.": probabilities ** (1 / temperature),
        "Dividing probabilities is not dividing logits.": probabilities / temperature,
        "Nothing changed: all of them were multiplied by the same number.": probabilities,
        "That makes them bolder. Which way does the temperature go?": inverse,
    }
    expected = at_temperature(probabilities[None], temperature)[0]
    reason = "The order stays the same, but the first one is no longer as far ahead."
    return judge(answer, expected, reason, slips)


def check_interval(answer: object, count: int) -> Verdict:
    """Check the number of faces that halves the width of an interval.

    Parameters
    ----------
    answer : int
        The number of faces.
    count : int
        The number of faces of the interval to halve.
    """
    slips = {
        "Twice as many faces make it narrower by a factor of the square root of 2 only.": 2 * count,
        "Fewer faces make it wider.": count // 2,
        "That many more, or that many in total?": 3 * count,
    }
    reason = "The width falls with the square root of the number of faces."
    return judge(answer, 4 * count, reason, slips)


def check_recall(answer: object, confusion: NDArray[np.integer]) -> Verdict:
    """Check the recall of each emotion.

    Parameters
    ----------
    answer : ndarray of float, shape (7,)
        The recalls, 0 to 1; NaN for an emotion without faces.
    confusion : ndarray of int, shape (7, 7)
        Counts; rows are true emotions, columns predicted ones.
    """
    correct = np.diagonal(confusion)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, precision = (correct / confusion.sum(axis=axis) for axis in (1, 0))
    slips = {
        "That is the precision: you divided by the number of predictions.": precision,
        "These are shares of all faces. Recall is a share of the faces of one emotion.": (
            correct / confusion.sum()
        ),
        "These are numbers of faces. What share of the emotion's faces are they?": correct,
        "That is the accuracy. Recall has one value for each emotion.": (
            correct.sum() / confusion.sum()
        ),
    }
    reason = "Their mean is the balanced accuracy."
    return judge(answer, recall, reason, slips)


def check_threshold(
    answer: object, curve: pd.DataFrame, cost_of_error: float, cost_of_doubt: float
) -> Verdict:
    """Check the confidence below which it is cheapest to answer *uncertain*.

    Parameters
    ----------
    answer : float
        The confidence, 0 to 1.
    curve : DataFrame
        `Evaluation.coverage()`.
    cost_of_error, cost_of_doubt : float
        Cost of a wrong answer, and of the answer *uncertain*.
    """
    if not isinstance(answer, int | float | np.number) or not 0 <= answer <= 1:
        return not_yet("Expected a confidence from 0 to 1.")
    errors = curve["coverage"] * (1 - curve["accuracy"])
    costs = cost_of_error * errors + cost_of_doubt * (1 - curve["coverage"])
    # The first entry is for a model that accepts no face at all.
    by_accepted = np.concatenate([[cost_of_doubt], costs])
    accepted = int((curve["confidence"] >= answer).sum())
    cost, best = by_accepted[accepted], int(by_accepted.argmin())
    if cost <= _COST_TOLERANCE * by_accepted[best]:
        always = costs.iloc[-1]
        return right(f"It costs {cost:.2f} a face; always answering would cost {always:.2f}.")
    direction = "fewer" if accepted > best else "more"
    return not_yet(f"It costs {cost:.2f} a face. Accepting {direction} faces would cost less.")
