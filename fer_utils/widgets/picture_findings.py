"""What is found in a picture that somebody uploads, and how it is shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import read_image
from fer_utils.emotions import SHOWN_EMOTIONS
from fer_utils.vision.annotation import annotate
from fer_utils.vision.observation import TrackedFace
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.frame_handler import encode

# Pixels. The page shows pictures no wider; the one that is saved keeps its size.
PREVIEW_WIDTH = 1000
_QUALITY = 0.92


@dataclass(frozen=True, kw_only=True)
class Findings:
    """A picture's faces, and the picture with them drawn on it.

    Attributes
    ----------
    width, height : int
        The picture's size in pixels, the right way up.
    faces : tuple of TrackedFace
        Numbered from 1, largest first.
    annotated : bytes
        A JPEG of the whole size.
    preview : bytes
        The same, at most `PREVIEW_WIDTH` wide.
    """

    width: int
    height: int
    faces: tuple[TrackedFace, ...]
    annotated: bytes
    preview: bytes


def examine(data: bytes, recognizer: FaceRecognizer) -> Findings:
    """Find and draw the faces of a picture.

    Parameters
    ----------
    data : bytes
        A whole picture file.
    recognizer : FaceRecognizer
        Finds faces and their emotions.

    Raises
    ------
    ImageError
        If it is no picture that can be used.
    """
    frame = read_image(data)
    faces = tuple(
        TrackedFace(
            box=face.box,
            score=face.score,
            keypoints=face.keypoints,
            probabilities=face.probabilities,
            emotion=face.emotion,
            number=number,
        )
        for number, face in enumerate(recognizer.recognize(frame), start=1)
    )
    drawn: NDArray[np.uint8] = annotate(frame, faces)
    height, width = drawn.shape[:2]
    return Findings(
        width=width,
        height=height,
        faces=faces,
        annotated=encode(drawn, width=width, quality=_QUALITY),
        preview=encode(drawn, width=PREVIEW_WIDTH, quality=_QUALITY),
    )


def face_as_row(face: TrackedFace) -> dict[str, Any]:
    """Return a face as the page writes it: what it expresses, where it is, seven probabilities."""
    x, y, width, height = (round(value) for value in face.box)
    return {
        "number": face.number,
        "emotion": SHOWN_EMOTIONS.index(face.emotion),
        "probability": round(float(face.probabilities[likeliest(face)]), 4),
        "box": f"{x}, {y} · {width}x{height}",
        "probabilities": [round(float(value), 4) for value in face.probabilities],
    }


def likeliest(face: TrackedFace) -> int:
    """Return the index of the emotion with the highest probability, uncertain or not."""
    return int(np.argmax(face.probabilities))


def count_of(number: int, name: str) -> str:
    """Return a number with its name, such as ``2 faces``, ``1 face`` or ``no face``."""
    return f"{number or 'no'} {name}{'s' if number > 1 else ''}"
