"""Track faces from frame to frame."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.observation import RecognizedFace, TrackedFace, edges_of, overlaps
from fer_utils.vision.recognizer import name_emotion

# A face that was not seen for longer, in seconds, gets a new number.
_MEMORY = 1.0
# Intersection over union with the last box. Boxes of equal size reach it at a distance below 0.8
# of their width; people next to each other do not overlap at all.
_LEAST_OVERLAP = 0.1
# A face that was missing in the frame before, such as a turned one, may come back next to where it
# was: at most this many sides of its box away, and at most this many times as large or small.
_FARTHEST_RETURN = 2.0
_MOST_GROWTH = 1.5


class Tracker:
    """Number faces consistently and smooth their probabilities over time.

    Parameters
    ----------
    smoothing : float
        Time constant of the exponential smoothing, in seconds: after this time, 63% of a sudden
        change of expression shows, at any frame rate. 0 turns it off. May be changed at any time.
    uncertain_below : float
        See `Recognizer.uncertain_below`, 0 to 1.

    Raises
    ------
    ValueError
        If `smoothing` is negative or not finite.
    """

    def __init__(self, *, smoothing: float = 0.5, uncertain_below: float = 0.0) -> None:
        self.smoothing = smoothing
        self.uncertain_below = uncertain_below
        self.reset()

    @property
    def smoothing(self) -> float:
        """Time constant of the smoothing, in seconds."""
        return self._smoothing

    @smoothing.setter
    def smoothing(self, seconds: float) -> None:
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"expected a smoothing of at least 0 seconds, got {seconds}")
        self._smoothing = seconds

    def reset(self) -> None:
        """Forget all faces and restart numbering from 1."""
        # By number, each face as it was last seen, and when.
        self._seen: dict[int, tuple[TrackedFace, float]] = {}
        self._numbers = count(1)
        self._time = -math.inf

    def update(self, faces: Sequence[RecognizedFace], time: float) -> list[TrackedFace]:
        """Return the faces of the next frame, numbered and smoothed.

        Parameters
        ----------
        faces : sequence of RecognizedFace
            Output of a recognizer.
        time : float
            When the frame was taken, in seconds. A time that repeats or goes back by up to a
            second counts as the latest one and changes no probability. If it goes back further,
            the clock was reset, and so is the tracker.

        Returns
        -------
        list of TrackedFace
            In the order of `faces`.

        Raises
        ------
        ValueError
            If the time is not finite.
        """
        if not math.isfinite(time):
            raise ValueError(f"expected a finite time in seconds, got {time}")
        if time < self._time - _MEMORY:
            self.reset()
        last = self._time
        self._time = max(time, self._time)
        self._seen = {
            number: (face, seen)
            for number, (face, seen) in self._seen.items()
            if self._time - seen <= _MEMORY
        }
        earlier = list(self._seen.values())
        matches = _match_faces(faces, [face for face, _ in earlier])
        new = {place: face for place, face in enumerate(faces) if place not in matches}
        missing = [
            face
            for place, (face, seen) in enumerate(earlier)
            if seen < last and place not in matches.values()
        ]
        returned = _returned_numbers(new, missing)
        tracked = [
            self._follow(face, *earlier[matches[place]])
            if place in matches
            # What a face looked like elsewhere says little about now.
            else self._tracked(face, face.probabilities, returned.get(place) or next(self._numbers))
            for place, face in enumerate(faces)
        ]
        self._seen |= {face.number: (face, self._time) for face in tracked}
        return tracked

    def _follow(self, face: RecognizedFace, before: TrackedFace, seen: float) -> TrackedFace:
        elapsed = self._time - seen
        weight = 1 - math.exp(-elapsed / self.smoothing) if self.smoothing else 1
        change = face.probabilities - before.probabilities
        smoothed = before.probabilities + np.float32(weight) * change
        return self._tracked(face, smoothed, before.number)

    def _tracked(
        self, face: RecognizedFace, probabilities: NDArray[np.float32], number: int
    ) -> TrackedFace:
        emotion = name_emotion(
            probabilities, uncertain_below=self.uncertain_below, is_small=face.is_small
        )
        return replace(face, probabilities=probabilities, emotion=emotion).numbered(number)


def _match_faces(
    faces: Sequence[RecognizedFace], earlier: Sequence[RecognizedFace]
) -> dict[int, int]:
    """Pair faces with earlier ones by index, largest overlap first; unmatched ones are absent."""
    if not faces or not earlier:
        return {}
    shared = overlaps(edges_of(faces), edges_of(earlier))
    matches: dict[int, int] = {}
    while shared.max() >= _LEAST_OVERLAP:
        face, other = np.unravel_index(shared.argmax(), shared.shape)
        matches[int(face)] = int(other)
        shared[face, :] = shared[:, other] = 0
    return matches


def _returned_numbers(
    faces: Mapping[int, RecognizedFace], missing: Sequence[TrackedFace]
) -> dict[int, int]:
    """Return the numbers of missing faces by the places of those that they return as.

    They are of similar size; the nearest ones come first.
    """
    pairs = sorted(
        (_distance(face, other), place, other.number)
        for place, face in faces.items()
        for other in missing
    )
    numbers: dict[int, int] = {}
    for distance, place, number in pairs:
        if distance <= _FARTHEST_RETURN and place not in numbers and number not in numbers.values():
            numbers[place] = number
    return numbers


def _distance(face: RecognizedFace, other: RecognizedFace) -> float:
    """Return the distance of two boxes in sides of the larger one; infinite if sizes differ."""
    (x, y, side), (other_x, other_y, other_side) = map(_center, (face, other))
    larger, smaller = max(side, other_side), min(side, other_side)
    if not 0 < larger <= _MOST_GROWTH * smaller:
        return math.inf
    return math.hypot(x - other_x, y - other_y) / larger


def _center(face: RecognizedFace) -> tuple[float, float, float]:
    """Return the center of a box, and the side of a square as large."""
    x, y, width, height = face.box
    return x + width / 2, y + height / 2, math.sqrt(width * height)
