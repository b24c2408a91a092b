"""Find faces of all sizes in the frames of a clip, in little more time than large ones."""

import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.blazeface import BlazeFace, largest_first
from fer_utils.vision.face_search import FaceSearch, distinct
from fer_utils.vision.observation import DetectedFace, edges_of, overlaps

# Seconds from one search of a whole frame to the next, and if a face is lost or there is none.
_INTERVAL, _URGENT_INTERVAL = 3.0, 0.4
# Of a followed face that a search of the whole frame does not confirm.
_LEAST_SCORE = 0.6
_LEAST_OVERLAP = 0.3
# Boxes of smaller faces, as a share of the frame's longer side, are not exact without a close-up.
_LEAST_SHARE = 0.2


class FaceFollower:
    """Find faces of all sizes in the frames of one clip.

    Large faces are found in each frame as by `BlazeFace`. Others are found by a search of the
    whole frame now and then, and followed in between.

    Parameters
    ----------
    search : FaceSearch
        Finds and follows faces.
    seconds : float
        Time from one frame to the next.
    """

    def __init__(self, search: FaceSearch, *, seconds: float) -> None:
        self._search, self._seconds = search, seconds
        self._near = BlazeFace("near")
        self._faces: list[DetectedFace] = []
        self._since_search = _INTERVAL

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Find the faces in the next frame.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.

        Returns
        -------
        list of DetectedFace
            Largest first, with keypoints.

        Raises
        ------
        ValueError
            If the frame has another dtype or shape.
        """
        least = _LEAST_SHARE * max(frame.shape[:2])
        near = [face for face in self._near.detect(frame) if face.box[2] >= least]
        missing = _missing(self._faces, near)
        followed = [self._search.follow(frame, face) for face in missing]
        again = [face for face in followed if face is not None]
        self._since_search += self._seconds
        is_urgent = len(again) < len(missing) or not (near or again)
        if self._since_search >= (_URGENT_INTERVAL if is_urgent else _INTERVAL):
            self._since_search = 0.0
            sure = [face for face in again if face.score >= _LEAST_SCORE]
            again = [*sure, *self._search.detect(frame)]
        self._faces = largest_first(distinct([*near, *again]))
        return self._faces


def _missing(faces: list[DetectedFace], found: list[DetectedFace]) -> list[DetectedFace]:
    """Return the faces that are not among those found."""
    shared = overlaps(edges_of(faces), edges_of(found))
    return [
        face for face, row in zip(faces, shared, strict=True) if not (row > _LEAST_OVERLAP).any()
    ]
