"""Choose a face detector by name."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.haar import Haar
from fer_utils.vision.observation import DetectedFace

DETECTORS = ("blazeface", "blazeface-far", "haar")


class Detector(Protocol):
    """Anything that finds faces in a frame."""

    def detect(self, frame: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces in an RGB frame, uint8 of shape (h, w, 3), largest first."""


def find_detector(name: str = "blazeface", *, threads: int = 1) -> Detector:
    """Return a detector by name.

    Parameters
    ----------
    name : {"blazeface", "blazeface-far", "haar"}
        `BlazeFace` with reach "near" or "far", or `Haar`.
    threads : int
        Number of threads that BlazeFace may use.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name not in DETECTORS:
        raise ValueError(f"unknown detector {name!r}: expected one of {', '.join(DETECTORS)}")
    if name == "haar":
        return Haar()
    return BlazeFace("far" if name == "blazeface-far" else "near", threads=threads)
