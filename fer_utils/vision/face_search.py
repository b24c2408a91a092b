"""Find faces of all sizes in a picture."""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import as_frame, halve
from fer_utils.vision.blazeface import SAME_FACE_OVERLAP, as_detected, largest_first, suppress
from fer_utils.vision.face_network import FaceNetwork
from fer_utils.vision.observation import DetectedFace, edges_of, overlaps
from fer_utils.vision.second_look import SecondLook

# A larger picture is shrunk to this many pixels, a smaller one is enlarged to this many.
_MOST_PIXELS, _LEAST_PIXELS = 1_600_000, 640 * 480
_MOST_ENLARGED = 2.0
# The network sees a picture in sizes down to this longer side. It finds faces in a range of sizes
# that is wider than the step from one to the next.
_SMALLEST_SIDE, _LARGEST_STEP = 144, 3.0
# The frame in the size in which something was found, pixels of this picture per pixel of the
# frame, and what might be a face, in pixels of the picture.
PossibleFace = tuple[NDArray[np.uint8], float, DetectedFace]
# Of what might be a face, at first sight.
_LEAST_SCORE = 0.3
# Of two boxes that share more of the smaller one's area, one shows a part of the other's face.
_MOST_SHARED = 0.3


class FaceSearch:
    """Find faces of all sizes, from about 20 pixels to the whole picture.

    They may be rolled to either side, but hardly be upside down.

    BlazeFace's near network was trained on squares of 128 pixels, but takes pictures of any size:
    it looks at the whole picture in several sizes, for anything that might be a face. A second
    look at each of these places decides.

    Parameters
    ----------
    threads : int
        Number of threads that LiteRT may use.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads
        # One for each size, because changing the shape of the input takes milliseconds.
        self._networks: list[FaceNetwork] = []
        # Networks with so small an input gain nothing from threads of their own.
        self._second_looks = [SecondLook() for _ in range(threads)]
        self._pool = ThreadPoolExecutor(threads)

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Find the faces in a frame.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.

        Returns
        -------
        list of DetectedFace
            Largest first, with keypoints; the score is the probability that it is a face.

        Raises
        ------
        ValueError
            If the frame has another dtype or shape.
        """
        possible = list(self.possible_faces(as_frame(frame)))
        possible.sort(key=lambda place: place[2].score, reverse=True)
        boxes = edges_of([face.scaled(1 / scale) for _, scale, face in possible])
        same = overlaps(boxes, boxes) > SAME_FACE_OVERLAP
        waiting = np.ones(len(possible), dtype=bool)
        found: list[DetectedFace] = []
        # Most faces are seen in several sizes, and need to be confirmed in one only.
        while waiting.any():
            looked_at = waiting & ~np.tril(same & waiting, -1).any(axis=1)
            confirmed = self._confirm([possible[place] for place in np.flatnonzero(looked_at)])
            known = (overlaps(boxes, edges_of(confirmed)) > SAME_FACE_OVERLAP).any(axis=1)
            waiting &= ~looked_at & ~known
            found += confirmed
        return largest_first(distinct(sorted(found, key=lambda face: face.score, reverse=True)))

    def _confirm(self, possible: list[PossibleFace]) -> list[DetectedFace]:
        """Return those that are faces at second look, in pixels of the frame."""
        shares = [possible[first :: self._threads] for first in range(self._threads)]
        return list(chain(*self._pool.map(_confirmed, self._second_looks, shares)))

    def follow(self, frame: NDArray[np.uint8], face: DetectedFace) -> DetectedFace | None:
        """Find a face of an earlier frame again, close to its place.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.
        face : DetectedFace
            As it was found in the earlier frame.

        Returns
        -------
        DetectedFace or None
            None if it is gone, or has moved by more than about a third of its width.
        """
        return self._second_looks[0].follow(frame, face)

    def possible_faces(self, frame: NDArray[np.uint8]) -> Iterator[PossibleFace]:
        """Find whatever might be a face, before the second look.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.

        Yields
        ------
        picture : ndarray of uint8, shape (h', w', 3)
            The frame in the size in which the face was found.
        scale : float
            Pixels of this picture per pixel of the frame.
        face : DetectedFace
            In pixels of this picture.
        """
        for level, (picture, scale) in enumerate(_resized(frame)):
            if level == len(self._networks):
                self._networks.append(FaceNetwork("near_8bit", threads=self._threads))
            scores, places = self._networks[level].run(picture, least_score=_LEAST_SCORE)
            for score, place in suppress(scores, places):
                yield picture, scale, as_detected(score, place)


def plan_scales(height: int, width: int) -> list[float]:
    """Return the scales at which a picture is searched, in descending order.

    Parameters
    ----------
    height, width : int
        Size of the picture in pixels.

    Examples
    --------
    >>> [round(scale, 3) for scale in plan_scales(480, 640)]
    [1.0, 0.474, 0.225]
    """
    area, longest = height * width, max(height, width)
    largest = min(math.sqrt(_MOST_PIXELS / area), 1.0)
    if area < _LEAST_PIXELS:
        largest = min(math.sqrt(_LEAST_PIXELS / area), _MOST_ENLARGED)
    span = largest * longest / _SMALLEST_SIDE
    steps = max(0, math.ceil(math.log(span, _LARGEST_STEP)))
    return [largest * span ** (-step / max(steps, 1)) for step in range(steps + 1)]


def _resized(frame: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Yield a frame in each size at which it is searched, and its scale."""
    height, width = frame.shape[:2]
    picture = frame
    for scale in plan_scales(height, width):
        size = max(1, round(width * scale)), max(1, round(height * scale))
        # Bilinear sampling skips pixels when a picture shrinks to less than half.
        while 2 * size[0] <= picture.shape[1] and 2 * size[1] <= picture.shape[0]:
            picture = halve(picture)
        if size != picture.shape[1::-1]:
            resized = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
            picture = resized.astype(np.uint8, copy=False)
        yield picture, scale


def _confirmed(second_look: SecondLook, possible: Iterable[PossibleFace]) -> list[DetectedFace]:
    """Return those that are faces at second look, in pixels of the frame."""
    found = [(second_look.confirm(picture, face), scale) for picture, scale, face in possible]
    return [face.scaled(1 / scale) for face, scale in found if face is not None]


def distinct(faces: Iterable[DetectedFace]) -> list[DetectedFace]:
    """Return faces without those that share most of their box with an earlier one."""
    kept: list[DetectedFace] = []
    for face in faces:
        shared = overlaps(edges_of([face]), edges_of(kept), of_smaller=True)
        if not (shared > _MOST_SHARED).any():
            kept.append(face)
    return kept
