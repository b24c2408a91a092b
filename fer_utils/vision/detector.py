"""Choose how to find faces: BlazeFace, or OpenCV's Haar cascade, the classical baseline."""

from pathlib import Path
from typing import Protocol

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import as_frame
from fer_utils.vision.blazeface import BlazeFace, largest_first
from fer_utils.vision.face_search import FaceSearch
from fer_utils.vision.observation import DetectedFace

FACES = ("near", "far", "all", "haar")

_CASCADE = Path(cv2.data.haarcascades, "haarcascade_frontalface_default.xml")
# Larger frames are shrunk to this longest side, because the run time grows with the area.
_LONGEST_SIDE = 640
_SMALLEST_FACE = (40, 40)


class Detector(Protocol):
    """Anything that finds faces in a frame."""

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces in an RGB frame, uint8 of shape (h, w, 3), largest first."""


def find_detector(faces: str = "all", *, threads: int = 1) -> Detector:
    """Return a detector by the faces that it finds.

    Parameters
    ----------
    faces : {"near", "far", "all", "haar"}
        "all" finds faces of all sizes (`FaceSearch`), "near" and "far" are a single run of
        `BlazeFace` with that reach, and "haar" is `Haar`, for comparison.
    threads : int
        Number of threads that the networks may use.

    Raises
    ------
    ValueError
        If `faces` is none of these.
    """
    if faces == "haar":
        return Haar()
    if faces == "all":
        return FaceSearch(threads=threads)
    if faces == "near":
        return BlazeFace("near", threads=threads)
    if faces == "far":
        return BlazeFace("far", threads=threads)
    raise ValueError(f"unknown faces {faces!r}: expected one of {', '.join(FACES)}")


class Haar:
    """Find upright frontal faces with a cascade of Haar features.

    Viola and Jones 2001, "Rapid Object Detection using a Boosted Cascade of Simple Features".
    """

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(str(_CASCADE))

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Find the faces in a frame.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.

        Returns
        -------
        list of DetectedFace
            Largest first, without keypoints. The score is always 1, because the cascade has none.

        Raises
        ------
        ValueError
            If the frame has another dtype or shape.
        """
        gray = cv2.cvtColor(as_frame(frame), cv2.COLOR_RGB2GRAY)
        scale = min(1.0, _LONGEST_SIDE / max(gray.shape))
        if scale < 1:
            size = [max(1, round(side * scale)) for side in gray.shape[::-1]]
            gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        found = self._cascade.detectMultiScale(
            gray, scaleFactor=1.1, minNeighbors=5, minSize=_SMALLEST_FACE
        )
        boxes = np.divide(found, scale).tolist()
        faces = [DetectedFace(box=tuple(box), score=1.0) for box in boxes]
        return largest_first(faces)
