"""Faces to guess with their votes, and a network that calls every face happy."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from observations import probabilities

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import Faces
from fer_utils.data.votes import EMOTION_COLUMNS, VOTE_CLASSES
from fer_utils.emotions import EMOTIONS

HAPPY = EMOTIONS.index("happy")


@cache
def voted_faces() -> Faces:
    """Return 200 drawn faces, 20 of them in PublicTest.

    Of ten people, one says unknown, three say happy, and six what was drawn. Every fourth label
    is the next emotion instead of what was drawn.
    """
    drawn = draw_faces(200, seed=1)
    votes = np.zeros((len(drawn), len(VOTE_CLASSES)), dtype=np.uint8)
    votes[:, VOTE_CLASSES.index("unknown")] = 1
    votes[:, EMOTION_COLUMNS[HAPPY]] = 3
    votes[np.arange(len(drawn)), np.array(EMOTION_COLUMNS)[drawn.labels]] += 6
    is_wrong = np.arange(len(drawn)) % 4 == 0
    labels = (drawn.labels + is_wrong) % len(EMOTIONS)
    return replace(drawn, labels=labels.astype(np.uint8), votes=votes)


def call_all_happy(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the same probabilities for every face: 75% happy."""
    return np.tile(probabilities("happy", 0.75), (len(images), 1))
