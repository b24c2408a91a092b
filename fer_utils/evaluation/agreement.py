"""Measure how well a model agrees with people, next to one person and the official label."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, Faces
from fer_utils.data.votes import (
    EMOTION_COLUMNS,
    VOTE_CLASSES,
    emotional_votes,
    find_winners,
    leave_one_out,
    vote_shares,
)
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import estimate_from, headlines_of

ONE_PERSON, OFFICIAL_LABEL = "one person", "official label"
_DRAWS = 1000
# Classes of the tables: the seven emotions, contempt, and anything else.
_CONTEMPT, _OTHER = len(EMOTIONS), len(EMOTIONS) + 1
_CLASSES = len(EMOTIONS) + 2
_RULES = ("one winner", "more than half", "paper")


@dataclass(frozen=True)
class _Answers:
    """What someone answered, face by face.

    Attributes
    ----------
    tables : dict of str to ndarray of float32, shape (n, 9, 9)
        By rule: counts of answers; rows are what the votes say, columns what was answered.
    shared, distances : ndarray of float32, shape (n,)
        Sums over the answers: share of the votes for the answer, and its distance.
    counts : ndarray of float32, shape (n,)
        Number of answers behind these sums.
    """

    tables: dict[str, NDArray[np.float32]]
    shared: NDArray[np.float32]
    distances: NDArray[np.float32]
    counts: NDArray[np.float32]


def measure_agreement(
    faces: Faces, probabilities: Mapping[str, NDArray[np.floating]]
) -> pd.DataFrame:
    """Compare a model, one person, and the official label with what people see.

    Parameters
    ----------
    faces : Faces
        Faces with FER+'s votes (Barsoum et al. 2016); those without are left out.
    probabilities : mapping of str to ndarray of float, shape (n, 7)
        Predictions for the faces by name of who made them.

    Returns
    -------
    DataFrame
        One row per ``who`` and ``figure``, with the ``value`` and its bootstrap 95% interval from
        ``low`` to ``high``, all 0 to 1:

        - ``accuracy``, ``macro_f1``, ``balanced_accuracy``: where one emotion has the most votes;
        - ``accuracy_more_than_half``: where it has more than half of all votes;
        - ``accuracy_paper``: the protocol of Barsoum et al.: single votes are dropped, and one of
          eight emotions (contempt is the eighth) has more than half of the others;
        - ``shared_with_one``: probability that a random annotator gives the same answer;
        - ``distance``: total variation distance between the probabilities and the votes' shares.

        ``one person`` is each annotator in turn, compared with the votes of the others.
        ``official label`` is left out if the faces are labeled by their votes.

    Raises
    ------
    DataError
        If no face has votes for a single winner.
    """
    votes = faces.votes
    if not find_winners(votes)[1].any():
        raise DataError("expected votes with a single winner, got none: load faces with votes=...")
    everyone = {who: _answers_of(each, votes) for who, each in probabilities.items()}
    everyone[ONE_PERSON] = _answers_of_annotators(votes)
    if not faces.provenance.follows_votes:
        one_hot = np.eye(len(EMOTIONS), dtype=np.float32)[faces.labels]
        everyone[OFFICIAL_LABEL] = _answers_of(one_hot, votes)
    count = len(faces)
    draws = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), _DRAWS)
    weights = np.vstack([np.ones(count), draws]).astype(np.float32)
    rows = []
    with warnings.catch_warnings():
        # A draw of very few faces may hold none that counts; its figures are NaN.
        warnings.simplefilter("ignore", RuntimeWarning)
        for who, answers in everyone.items():
            for figure, values in _figures(answers, weights).items():
                estimate = estimate_from(values[0], values[1:])
                rows.append({"who": who, "figure": figure, **vars(estimate)})
    return pd.DataFrame(rows)


def _figures(answers: _Answers, weights: NDArray[np.float32]) -> dict[str, NDArray[np.floating]]:
    """Return each figure for each row of weights (draws, n) of the faces."""
    headlines = {}
    for rule in _RULES:
        table = (weights @ answers.tables[rule].reshape(len(answers.counts), -1)).reshape(
            -1, _CLASSES, _CLASSES
        )
        headlines[rule] = headlines_of(table)
    counts = weights @ answers.counts
    return headlines["one winner"] | {
        "accuracy_more_than_half": headlines["more than half"]["accuracy"],
        "accuracy_paper": headlines["paper"]["accuracy"],
        "shared_with_one": weights @ answers.shared / counts,
        "distance": weights @ answers.distances / counts,
    }


def _answers_of(probabilities: NDArray[np.floating], votes: NDArray[np.uint8]) -> _Answers:
    """Return the most likely emotions as answers."""
    answered = probabilities.argmax(axis=1)
    is_clear = find_winners(votes)[1].astype(np.float32)
    shares = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    shared = np.take_along_axis(emotional_votes(shares), answered[:, None], axis=1)[:, 0]
    distances = np.abs(probabilities - vote_shares(votes)).sum(axis=1) / 2
    tables = {}
    for rule in _RULES:
        truth, counts = _truth(votes, rule)
        tables[rule] = _table(truth, answered, counts)
    return _Answers(tables, shared * is_clear, distances * is_clear, is_clear)


def _answers_of_annotators(votes: NDArray[np.uint8]) -> _Answers:
    """Return the votes as answers, each compared with the other votes for the same face."""
    tables = {rule: np.zeros((len(votes), _CLASSES, _CLASSES), np.float32) for rule in _RULES}
    shared, distances, counts = np.zeros((3, len(votes)), dtype=np.float32)
    answers = _answer_columns()
    for column, voters, others in leave_one_out(votes):
        answer = answers[column]
        for rule in _RULES:
            truth, is_clear = _truth(others, rule)
            tables[rule] += _table(truth, np.full(len(votes), answer), voters * is_clear)
        counted = voters * find_winners(others)[1]
        counts += counted
        shared += counted * others[:, column] / np.maximum(others.sum(axis=1), 1)
        # Two distributions are as far apart as the first puts where the second does not: all of
        # one answer, less what the others gave to it.
        same = vote_shares(others)[:, answer] if answer < len(EMOTIONS) else 0
        distances += counted * (1 - same)
    return _Answers(tables, shared, distances, counts)


def _truth(votes: NDArray[np.uint8], rule: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the class that the votes decide for, and whether they do."""
    if rule == "paper":
        kept = np.where(votes == 1, 0, votes)
        most = kept.argmax(axis=1)
        truth = _answer_columns()[most]
        is_clear = (2 * kept.max(axis=1) > kept.sum(axis=1)) & (truth != _OTHER)
        return truth, is_clear.astype(np.float32)
    winners, is_clear = find_winners(votes)
    if rule == "more than half":
        is_clear &= 2 * votes.max(axis=1).astype(int) > votes.sum(axis=1)
    return winners.astype(np.intp), is_clear.astype(np.float32)


def _answer_columns() -> NDArray[np.intp]:
    """Return the class of each of FER+'s ten columns."""
    columns = np.full(len(VOTE_CLASSES), _OTHER)
    columns[EMOTION_COLUMNS] = np.arange(len(EMOTIONS))
    columns[VOTE_CLASSES.index("contempt")] = _CONTEMPT
    return columns


def _table(
    truth: NDArray[np.intp], answered: NDArray[np.intp], counts: NDArray[np.float32]
) -> NDArray[np.float32]:
    table = np.zeros((len(truth), _CLASSES, _CLASSES), dtype=np.float32)
    table[np.arange(len(truth)), truth, answered] = counts
    return table
