"""Count votes: which emotion most people see in a face, and how many of them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# What FER+'s annotators could vote for (Barsoum et al. 2016), in the order of its file.
VOTE_CLASSES = (
    *("neutral", "happiness", "surprise", "sadness", "anger"),
    *("disgust", "fear", "contempt", "unknown", "NF"),
)
# The columns that are emotions, in the order of EMOTIONS; contempt is not one of them.
EMOTION_COLUMNS = [
    VOTE_CLASSES.index(name)
    for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
]


def emotional_votes(votes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the votes for each of the seven emotions.

    Parameters
    ----------
    votes : ndarray of uint8, shape (n, 10)
        Number of votes for each of `VOTE_CLASSES`.

    Returns
    -------
    ndarray of uint8, shape (n, 7)
        In the order of `fer_utils.emotions.EMOTIONS`.
    """
    return votes[:, EMOTION_COLUMNS]


def vote_shares(votes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the share of each emotion among the votes for one of the seven.

    Parameters
    ----------
    votes : ndarray of uint8, shape (n, 10)
        Number of votes for each of `VOTE_CLASSES`.

    Returns
    -------
    ndarray of float32, shape (n, 7)
        Each row sums to 1, or is 0 if nobody voted for one of the seven.
    """
    emotional = emotional_votes(votes).astype(np.float32)
    return emotional / np.maximum(emotional.sum(axis=1, keepdims=True), 1)


def find_winners(votes: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Find the emotion that most people see.

    Parameters
    ----------
    votes : ndarray of uint8, shape (n, 10)
        Number of votes for each of `VOTE_CLASSES`.

    Returns
    -------
    winners : ndarray of uint8, shape (n,)
        The emotion with most votes, 0 to 6; the first one of several.
    is_clear : ndarray of bool, shape (n,)
        Whether it has more votes than each other of the ten classes.

    Examples
    --------
    >>> winners, is_clear = find_winners(np.uint8([[1, 6, 1, 0, 0, 0, 0, 2, 0, 0]]))
    >>> winners.tolist(), is_clear.tolist()  # label 3 is happy
    ([3], [True])
    """
    emotional = emotional_votes(votes)
    most = votes.max(axis=1, keepdims=True)
    is_clear = ((votes == most).sum(axis=1) == 1) & (emotional == most).any(axis=1)
    return emotional.argmax(axis=1).astype(np.uint8), is_clear


def leave_one_out(
    votes: NDArray[np.uint8],
) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Take one vote away from each face, for each class in turn.

    Parameters
    ----------
    votes : ndarray of uint8, shape (n, 10)
        Number of votes for each of `VOTE_CLASSES`.

    Yields
    ------
    column : int
        The class, as an index of `VOTE_CLASSES`.
    voters : ndarray of uint8, shape (n,)
        How many voted for it.
    others : ndarray of uint8, shape (n, 10)
        The votes without one for the class, if there was any.

    Examples
    --------
    >>> column, voters, others = next(leave_one_out(np.uint8([[3, 1, 0, 0, 0, 0, 0, 0, 0, 0]])))
    >>> voters.tolist(), others[0, :2].tolist()
    ([3], [2, 1])
    """
    for column in range(votes.shape[1]):
        others = votes.copy()
        others[:, column] -= votes[:, column] > 0
        yield column, votes[:, column], others
