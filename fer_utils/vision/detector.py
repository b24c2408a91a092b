"""Find faces: BlazeFace, or OpenCV's Haar cascade as the classical baseline."""

import warnings
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import as_frame
from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.networks import DetectorMissingError
from fer_utils.vision.observation import DetectedFace

DETECTORS = ("blazeface", "blazeface-far", "haar")

_CASCADE = "haarcascade_frontalface_default.xml"
# Larger frames are shrunk to this longest side: the cascade's time grows with the area.
_HAAR_LONGEST_SIDE = 640
_HAAR_SMALLEST_FACE = 40


class Detector(Protocol):
    """Anything that finds faces in a frame."""

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces of an RGB frame, uint8 of shape (h, w, 3), largest first."""


def find_detector(name: str = "blazeface", *, threads: int = 1) -> Detector:
    """Return a detector by its name.

    Parameters
    ----------
    name : {"blazeface", "blazeface-far", "haar"}
        What `BlazeFace` with the reach "near" or "far", or `Haar`, is called.
    threads : int
        Threads that BlazeFace may use.

    Returns
    -------
    Detector
        The Haar cascade, with a warning, where BlazeFace's model files are not installed.

    Raises
    ------
    ValueError
        If the name is none of them.
    """
    if name not in DETECTORS:
        raise ValueError(f"unknown detector {name!r}: expected one of {', '.join(DETECTORS)}")
    if name == "haar":
        return Haar()
    try:
        return BlazeFace("far" if name == "blazeface-far" else "near", threads=threads)
    except DetectorMissingError as error:
        warnings.warn(f"faces are found by the Haar cascade instead: {error}", stacklevel=2)
        return Haar()


class Haar:
    """Find upright frontal faces with OpenCV's cascade of Haar features.

    Viola and Jones 2001, "Rapid Object Detection using a Boosted Cascade of Simple Features".

    Raises
    ------
    DetectorMissingError
        If OpenCV comes without it, as version 5 does.
    """

    def __init__(self) -> None:
        folder = getattr(getattr(cv2, "data", None), "haarcascades", "")
        path = Path(folder, _CASCADE)
        if not hasattr(cv2, "CascadeClassifier") or not path.is_file():
            raise DetectorMissingError(
                f"OpenCV {cv2.__version__} has no Haar cascade: pip install 'opencv-python<5'"
            )
        self._cascade = cv2.CascadeClassifier(str(path))

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces of a frame.

        Parameters
        ----------
        frame : ndarray of uint8, shape (h, w, 3)
            RGB, 0 to 255.

        Returns
        -------
        list of DetectedFace
            Largest first, without keypoints and, since the cascade only says yes or no, with a
            score of 1.

        Raises
        ------
        ValueError
            If the frame has another type or shape.
        """
        frame = as_frame(frame)
        gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        scale = min(1.0, _HAAR_LONGEST_SIDE / max(gray.shape))
        if scale < 1:
            size = [max(1, round(side * scale)) for side in gray.shape[::-1]]
            gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        smallest = (_HAAR_SMALLEST_FACE, _HAAR_SMALLEST_FACE)
        found = self._cascade.detectMultiScale(
            gray, scaleFactor=1.1, minNeighbors=5, minSize=smallest
        )
        boxes = sorted(np.divide(found, scale).tolist(), key=lambda box: box[2] * box[3])
        return [DetectedFace(box=tuple(box), score=1.0) for box in reversed(boxes)]
