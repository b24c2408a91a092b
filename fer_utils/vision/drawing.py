"""Faces drawn on a frame."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.records import RecognizedFace


def draw_faces(frame: NDArray[np.uint8], faces: Sequence[RecognizedFace]) -> NDArray[np.uint8]:
    """Return a copy of a frame with a box around each face."""
    drawn = frame.copy()
    for face in faces:
        x, y, width, height = (round(value) for value in face.box)
        cv2.rectangle(drawn, (x, y), (x + width, y + height), (255, 235, 23), 2)
        place = (x, max(12, y - 4))
        cv2.putText(drawn, face.emotion, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 235, 23))
    return drawn
