"""Follow faces from frame to frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.boxes import overlaps
from fer_utils.vision.observation import Box, RecognizedFace, TrackedFace
from fer_utils.vision.recognizer import name_emotion

# A face that is not seen for longer, in seconds, gets a new number.
MEMORY = 1.0
# Intersection over union with the box seen last. Boxes of one size reach it when they lie less
# than 0.8 of their width apart; people beside each other do not overlap at all.
LEAST_OVERLAP = 0.1


@dataclass
class _Track:
    """A face that was seen: where and when it was last, and its smoothed probabilities."""

    number: int
    box: Box
    time: float
    probabilities: NDArray[np.float32]


class Tracker:
    """Give faces numbers that they keep, and smooth their probabilities over time.

    Parameters
    ----------
    smoothing : float
        Time constant of the exponential smoothing, in seconds: so long after a sudden change of
        expression 63% of the change shows, whatever the frame rate. 0 turns it off. May be set
        again at any time.
    uncertain_below : float
        As of the recognizer (`Recognizer.uncertain_below`), 0 to 1.

    Raises
    ------
    ValueError
        If `smoothing` is negative or no number.
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
            raise ValueError(f"expected a smoothing of 0 or more seconds, got {seconds}")
        self._smoothing = seconds

    def reset(self) -> None:
        """Forget all faces and count from 1 again."""
        self._tracks: list[_Track] = []
        self._time = -math.inf
        self._next_number = 1

    def update(self, faces: Sequence[RecognizedFace], time: float) -> list[TrackedFace]:
        """Return the faces of the next frame with their numbers.

        Parameters
        ----------
        faces : sequence of RecognizedFace
            What the recognizer found.
        time : float
            When the frame was taken, in seconds. A time that is repeated or a little late counts
            as the latest one, so it changes no probability; one that is more than `MEMORY` late
            starts anew, as `reset` does: the clock was set back.

        Returns
        -------
        list of TrackedFace
            In the order of `faces`, with smoothed probabilities.

        Raises
        ------
        ValueError
            If the time is no finite number.
        """
        if not math.isfinite(time):
            raise ValueError(f"expected a time in seconds, got {time}")
        if time < self._time - MEMORY:
            self.reset()
        self._time = max(time, self._time)
        self._tracks = [track for track in self._tracks if self._time - track.time <= MEMORY]
        matches = match(faces, [track.box for track in self._tracks])
        return [
            self._follow(face, self._tracks[matches[place]])
            if place in matches
            else self._start(face)
            for place, face in enumerate(faces)
        ]

    def _start(self, face: RecognizedFace) -> TrackedFace:
        track = _Track(self._next_number, face.box, self._time, face.probabilities)
        self._next_number += 1
        self._tracks.append(track)
        return self._tracked(face, track)

    def _follow(self, face: RecognizedFace, track: _Track) -> TrackedFace:
        elapsed = self._time - track.time
        weight = 1 - math.exp(-elapsed / self.smoothing) if self.smoothing else 1
        change = face.probabilities - track.probabilities
        track.probabilities = track.probabilities + np.float32(weight) * change
        track.box, track.time = face.box, self._time
        return self._tracked(face, track)

    def _tracked(self, face: RecognizedFace, track: _Track) -> TrackedFace:
        return TrackedFace(
            box=face.box,
            score=face.score,
            keypoints=face.keypoints,
            probabilities=track.probabilities,
            emotion=name_emotion(track.probabilities, uncertain_below=self.uncertain_below),
            number=track.number,
        )


def match(faces: Sequence[RecognizedFace], boxes: Sequence[Box]) -> dict[int, int]:
    """Pair faces with earlier boxes, the largest overlap first.

    Parameters
    ----------
    faces : sequence of RecognizedFace
        Of this frame.
    boxes : sequence of Box
        Seen before.

    Returns
    -------
    dict of int to int
        Index of a face to index of its box; a face with none is left out.
    """
    if not faces or not boxes:
        return {}
    shared = overlaps(_edges([face.box for face in faces]), _edges(boxes))
    matches: dict[int, int] = {}
    while shared.max() >= LEAST_OVERLAP:
        face, box = np.unravel_index(shared.argmax(), shared.shape)
        matches[int(face)] = int(box)
        shared[face, :] = shared[:, box] = 0
    return matches


def _edges(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Return boxes as (left, top, right, bottom)."""
    x, y, width, height = np.array(boxes, dtype=np.float64).T
    return np.stack([x, y, x + width, y + height], axis=1)
