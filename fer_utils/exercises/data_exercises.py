"""Check the exercises about data: the majority, copies, SMOTE, and a leak (notebooks 01 and 02)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import Faces
from fer_utils.exercises.verdict import Verdict, judge

_EXACT = 5e-4  # splits have nearly the same shares
_GRAY_LEVEL = 1.0  # a blend may be rounded or cut off


def check_majority(answer: object, counts: pd.DataFrame) -> Verdict:
    """Check the accuracy on PublicTest of a model that always names the same emotion.

    Parameters
    ----------
    answer : float
        The accuracy, 0 to 1.
    counts : DataFrame
        `Faces.counts()`; the model names the emotion that is most frequent in Training.
    """
    training, public = counts["Training"].to_numpy(), counts["PublicTest"].to_numpy()
    named = int(training.argmax())
    every = counts.to_numpy().sum(axis=1)
    slips = {
        "That is a number of faces. What share of the split is it?": public[named],
        "That is a share of Training, but the model is scored on PublicTest.": (
            training[named] / training.sum()
        ),
        "That is a share of all faces, but the model is scored on PublicTest.": (
            every[named] / every.sum()
        ),
        "That would be the accuracy of a guess among emotions that are equally frequent.": (
            1 / len(counts)
        ),
    }
    emotion = counts.index[named]
    reason = (
        f"A model that answers {emotion} to everything gets this far without looking at a face."
    )
    return judge(answer, public[named] / public.sum(), reason, slips, within=_EXACT)


def check_copies(answer: object, leaked: float, honest: float) -> Verdict:
    """Check the accuracy that a network with memorized test faces reports.

    Parameters
    ----------
    answer : float
        The accuracy, 0 to 1.
    leaked : float
        Share of the test faces that the network has memorized, 0 to 1.
    honest : float
        Its accuracy on the other faces, 0 to 1.
    """
    reported = leaked + (1 - leaked) * honest
    slips = {
        "That is the accuracy on the faces without a copy, but the copies are scored, too.": honest,
        "Without copies, the network would get some of these faces right as well.": leaked + honest,
        "There are not as many copies as other faces.": (1 + honest) / 2,
    }
    reason = f"The copies add {100 * (reported - honest):.1f} points that are memory, not skill."
    return judge(answer, reported, reason, slips)


def check_neighbors(answer: object, counts: pd.Series) -> Verdict:
    """Check the largest number of neighbors that SMOTE can choose from.

    Parameters
    ----------
    answer : int
        The number.
    counts : Series
        Number of original Training faces by emotion.
    """
    rarest = int(counts.min())
    slips = {
        "Almost: is a face its own neighbor?": rarest,
        "SMOTE chooses among faces of one emotion. Which one runs out of faces first?": (
            int(counts.max()) - 1
        ),
        "That many work, but so do more.": 5,
    }
    reason = f"Each of the {rarest} faces of {counts.idxmin()} has the other ones as neighbors."
    return judge(answer, rarest - 1, reason, slips)


def check_blend(
    answer: object, face: NDArray[np.uint8], neighbor: NDArray[np.uint8], position: float
) -> Verdict:
    """Check the face that SMOTE adds on the line between two faces.

    Parameters
    ----------
    answer : ndarray, shape (48, 48)
        The blend; a difference of one gray level does not matter.
    face, neighbor : ndarray of uint8, shape (48, 48)
        The two faces.
    position : float
        Where the blend is, 0 (the face) to 1 (its neighbor).
    """
    step = neighbor.astype(np.float32) - face
    wrapped = face + position * (neighbor - face)
    slips = {
        "Some pixels are far too bright. What is 10 - 20 for unsigned integers?": wrapped,
        "From which of the two faces does SMOTE start?": neighbor - position * step,
        "That is only the way from the face. Where does it start?": position * step,
    }
    reason = f"Pixel by pixel, it is the face plus {position:.0%} of the difference."
    return judge(answer, face + position * step, reason, slips, within=_GRAY_LEVEL)


def check_leak(answer: object, faces: Faces, is_test: NDArray[np.bool_]) -> Verdict:
    """Check the share of test faces that have an exact copy among the training faces.

    Parameters
    ----------
    answer : float
        The share, 0 to 1.
    faces : Faces
        Faces that were resampled before they were split.
    is_test : ndarray of bool, shape (n,)
        Which of them are the test faces.
    """
    images = np.array([image.tobytes() for image in faces.images], dtype=object)
    learned, test = set(images[~is_test]), set(images[is_test])
    leaked = np.mean([image in learned for image in images[is_test]])
    slips = {
        "That is the share of training faces with a copy among the test faces.": np.mean(
            [image in test for image in images[~is_test]]
        ),
        "That is the share of added faces. The face that was repeated may also be a test face.": (
            faces.is_synthetic[is_test].mean()
        ),
        "That is the share without a copy.": 1 - leaked,
    }
    reason = "The classifier has already seen these faces, so they measure its memory."
    return judge(answer, leaked, reason, slips)
