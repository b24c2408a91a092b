"""Define the rules of the guessing game: a person and a network name the same faces."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.votes import VOTE_CLASSES, find_winners
from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.agreement import OFFICIAL_LABEL
from fer_utils.evaluation.evaluation import held_out
from fer_utils.model.metrics import Estimate, compute_metrics

YOU, OPPONENT = "you", "network"
_FACES_PER_GAME = 20
# Drawn in less than a second. Fewer than 162 cannot have every emotion in every split.
_FACES_DRAWN = 200


class FaceDeck:
    """Shuffled faces to deal: none comes twice, until too few are left and all are shuffled again.

    Each emotion is as frequent as among all faces, so that the accuracy in a game estimates the
    accuracy there.

    Parameters
    ----------
    faces : Faces, optional
        Those that a model may be scored on one by one are used: PublicTest, or PrivateTest if that
        is empty, without exact copies of Training faces. If they have votes, faces without a
        single winner are left out, too. By default, new faces are drawn when they are needed.
    seed : int, optional
        Seed of the choice and the order of the faces; by default, they are different every time.

    Raises
    ------
    DataError
        If none of the faces can be used.

    Examples
    --------
    >>> len(FaceDeck(seed=0).deal())
    20
    """

    def __init__(self, faces: Faces | None = None, *, seed: int | None = None) -> None:
        self._random = np.random.default_rng(seed)
        self._faces = None if faces is None else _without_unfair(faces)
        self._order = np.zeros(0, dtype=np.intp)

    def deal(self, count: int = _FACES_PER_GAME) -> Faces:
        """Return the next faces; fewer than `count` only if there are fewer altogether."""
        if self._faces is None:
            # Not the seed itself, since a model may have learned from the faces that it draws.
            self._faces = draw_faces(_FACES_DRAWN, seed=int(self._random.integers(2**32)))
        count = min(count, len(self._faces))
        if len(self._order) < count:
            self._order = self._random.permutation(len(self._faces))
        dealt, self._order = np.split(self._order, [count])
        return self._faces.select(dealt)


@dataclass
class GuessingGame:
    """Faces that a person names one by one, and a network all at once.

    The person learns what is right only after the last face, because the network learns nothing
    during a test either. All differences at once also show a pattern that one at a time would not.

    Attributes
    ----------
    faces : Faces
        At least one. If they have votes, what most people see is right; else, the label is.
    probabilities : ndarray of float, shape (n, 7)
        What the network predicts.
    answers : list of int
        What the person has answered so far, 0 to 6.
    """

    faces: Faces
    probabilities: NDArray[np.floating]
    answers: list[int] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether every face is named."""
        return len(self.answers) == len(self.faces)

    @property
    def truth(self) -> NDArray[np.uint8]:
        """The right answers, 0 to 6, shape (n,)."""
        return find_winners(self.faces.votes)[0] if self.faces.votes.any() else self.faces.labels

    @property
    def predicted(self) -> NDArray[np.intp]:
        """The network's answers, 0 to 6, shape (n,)."""
        return self.probabilities.argmax(axis=1)

    def answer(self, face: int, emotion: int) -> None:
        """Name a face; do nothing if it is not its turn, such as after a double click.

        Parameters
        ----------
        face : int
            Position of the face, from 0 on.
        emotion : int
            0 to 6.

        Raises
        ------
        ValueError
            If there is no such emotion.
        """
        if emotion not in range(len(EMOTIONS)):
            raise ValueError(f"expected an emotion from 0 to {len(EMOTIONS) - 1}, got {emotion}")
        if face == len(self.answers) and not self.is_over:
            self.answers.append(emotion)

    def take_back(self) -> None:
        """Forget the last answer; do nothing if there is none or the game is over."""
        if self.answers and not self.is_over:
            self.answers.pop()

    def scores(self) -> dict[str, Estimate]:
        """Return the accuracy of everyone who named the faces of a game that is over.

        Returns
        -------
        dict of str to Estimate
            `YOU`, `OPPONENT`, and, if the votes decide, ``official label``.
        """
        named = {YOU: np.array(self.answers), OPPONENT: self.predicted}
        if self.faces.votes.any() and not self.faces.provenance.follows_votes:
            named[OFFICIAL_LABEL] = self.faces.labels
        return {who: compute_metrics(each, self.truth).accuracy for who, each in named.items()}

    def right_alone(self) -> tuple[int, int]:
        """Return how many faces only the person got right, and how many only the network."""
        you, network = np.array(self.answers) == self.truth, self.predicted == self.truth
        return int((you & ~network).sum()), int((network & ~you).sum())

    def luck(self) -> float:
        """Return how probable it is that luck alone sets the two at least this far apart, 0 to 1.

        The exact sign test (McNemar 1947): each face that only one of the two got right is as
        likely to be right for the one as for the other. It is exact for any number of faces; the
        bootstrap is too sure of itself when there are few.
        """
        alone = self.right_alone()
        ways = sum(math.comb(sum(alone), k) for k in range(min(alone) + 1))
        return min(1.0, 2 * ways / 2 ** sum(alone))

    def results(self) -> pd.DataFrame:
        """Return one row per face once the game is over; no row before.

        Returns
        -------
        DataFrame
            The number and the ``name`` of the face, its ``label``, the ``right`` answer, the
            answers ``you`` and ``network``, the network's probabilities by emotion, and, with
            votes, the number of votes for each class, such as ``votes_happiness``.
        """
        count = len(self.faces) if self.is_over else 0
        emotions = np.array(EMOTIONS)
        columns = {
            "face": np.arange(1, count + 1),
            "name": self.faces.names[:count],
            "label": emotions[self.faces.labels[:count]],
            "right": emotions[self.truth[:count]],
            YOU: emotions[np.array(self.answers[:count], dtype=int)],
            OPPONENT: emotions[self.predicted[:count]],
        }
        columns |= dict(zip(EMOTIONS, self.probabilities[:count].T, strict=True))
        if self.faces.votes.any():
            names = (f"votes_{name}" for name in VOTE_CLASSES)
            columns |= dict(zip(names, self.faces.votes[:count].T, strict=True))
        return pd.DataFrame(columns)


def _without_unfair(faces: Faces) -> Faces:
    """Return the faces that a network was not taught, and that have a right answer."""
    studied, _ = held_out(faces)
    is_fair = ~studied.has_training_copy
    if studied.votes.any():
        is_fair &= find_winners(studied.votes)[1]
    if not is_fair.any():
        raise DataError(
            f"none of the {len(studied)} held-out faces of {faces.provenance.source} can be used: "
            "each has an exact copy in Training, or no single winner of its votes"
        )
    return studied.select(is_fair)
