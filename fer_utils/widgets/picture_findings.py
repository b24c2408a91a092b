"""Find the faces of an uploaded picture and describe them for the page."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import read_image
from fer_utils.emotions import SHOWN_EMOTIONS
from fer_utils.vision.annotation import annotate
from fer_utils.vision.observation import TrackedFace
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.frame_handler import encode_jpeg

# Pixels. The page shows pictures no wider; the saved picture has its original size.
PREVIEW_WIDTH = 1000
_QUALITY = 0.92


@dataclass(frozen=True, kw_only=True)
class PictureFindings:
    """The faces of a picture, and the picture with the faces drawn on it.

    Attributes
    ----------
    width, height : int
        Size in pixels of the upright picture.
    faces : tuple of TrackedFace
        Numbered from 1, largest first.
    annotated : bytes
        The annotated picture as a JPEG in its original size.
    preview : bytes
        The same, at most `PREVIEW_WIDTH` wide.
    """

    width: int
    height: int
    faces: tuple[TrackedFace, ...]
    annotated: bytes
    preview: bytes


def examine_picture(data: bytes, recognizer: FaceRecognizer) -> PictureFindings:
    """Find and draw the faces of a picture.

    Parameters
    ----------
    data : bytes
        A whole JPEG, PNG, or WebP file.
    recognizer : FaceRecognizer
        Finds faces and their emotions.

    Raises
    ------
    ImageError
        If the bytes are not a usable picture.
    """
    frame = read_image(data)
    faces = tuple(
        face.numbered(number) for number, face in enumerate(recognizer.recognize(frame), start=1)
    )
    annotated: NDArray[np.uint8] = annotate(frame, faces)
    height, width = annotated.shape[:2]
    return PictureFindings(
        width=width,
        height=height,
        faces=faces,
        annotated=encode_jpeg(annotated, width=width, quality=_QUALITY),
        preview=encode_jpeg(annotated, width=PREVIEW_WIDTH, quality=_QUALITY),
    )


def listed_face_as_json(face: TrackedFace) -> dict[str, Any]:
    """Return a face as the page lists it: number, emotion, box, and probabilities."""
    x, y, width, height = (round(value) for value in face.box)
    return {
        "number": face.number,
        "emotion": SHOWN_EMOTIONS.index(face.emotion),
        "probability": round(face.probability, 4),
        "box": f"{x}, {y} · {width}x{height}",
        "probabilities": [round(float(value), 4) for value in face.probabilities],
    }
