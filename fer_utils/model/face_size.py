"""Find out how small a face may be in a picture before its expression is a guess."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.data.votes import EMOTION_COLUMNS, find_winners, leave_one_out

# Sides of a face in pixels, as framed in FER-2013.
FACE_SIDES = (8, 10, 12, 14, 16, 20, 24, 32, 48, 96)


@dataclass(frozen=True)
class FaceSizes:
    """How well a model agrees with people by the size of the face, on PublicTest.

    Attributes
    ----------
    sides : tuple of int
        Side of the face in pixels of its picture, framed as in FER-2013.
    accuracies : tuple of float
        Accuracy on faces of that side where one emotion has the most votes, 0 to 1.
    one_person : float
        The same for one annotator, compared with the others, on the same faces at full size.
    """

    sides: tuple[int, ...]
    accuracies: tuple[float, ...]
    one_person: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "FaceSizes":
        """Return the sizes of a card: the fields by name, with lists in place of tuples."""
        return cls(tuple(values["sides"]), tuple(values["accuracies"]), values["one_person"])

    @property
    def smallest(self) -> int:
        """The smallest side from which on the model agrees with people as often as one person.

        0 if it does not even do so on the largest faces, because size is not the reason then.
        """
        smallest = 0
        for side, accuracy in sorted(zip(self.sides, self.accuracies, strict=True), reverse=True):
            if accuracy < self.one_person:
                break
            smallest = side
        return smallest


def measure_face_sizes(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.floating]], faces: Faces
) -> FaceSizes:
    """Score a model on faces that were photographed at several sizes.

    Parameters
    ----------
    predict : callable
        Returns probabilities (n, 7) of images (n, 48, 48).
    faces : Faces
        PublicTest with votes; those without a single winner are left out.

    Returns
    -------
    FaceSizes
        One accuracy for each of `FACE_SIDES`.
    """
    winners, is_clear = find_winners(faces.votes)
    images, winners = faces.images[is_clear], winners[is_clear]
    accuracies = [
        float((predict(photograph(images, side)).argmax(axis=1) == winners).mean())
        for side in FACE_SIDES
    ]
    return FaceSizes(FACE_SIDES, tuple(accuracies), score_one_person(faces.votes))


def photograph(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return images (n, 48, 48) cropped from pictures in which their side has fewer pixels."""
    size = (IMAGE_SIZE, IMAGE_SIZE)
    # Averages pixels if the face gets smaller, interpolates them if it gets larger.
    ways = (cv2.INTER_AREA, cv2.INTER_LINEAR)
    there, back = ways if side < IMAGE_SIZE else ways[::-1]
    crops = [
        cv2.resize(cv2.resize(image, (side, side), interpolation=there), size, interpolation=back)
        for image in images
    ]
    return np.array(crops, dtype=np.uint8).reshape(images.shape)


def score_one_person(votes: NDArray[np.uint8]) -> float:
    """Return how often an annotator agrees with the winner of the other votes, 0 to 1.

    Parameters
    ----------
    votes : ndarray of uint8, shape (n, 10)
        Number of votes for each of `fer_utils.data.votes.VOTE_CLASSES`; at least one face whose
        other votes have a single winner.
    """
    agreed = counted = 0
    for column, voters, others in leave_one_out(votes):
        winners, is_clear = find_winners(others)
        counted += int(voters[is_clear].sum())
        if column in EMOTION_COLUMNS:
            agreed += int(voters[is_clear & (winners == EMOTION_COLUMNS.index(column))].sum())
    return agreed / counted
