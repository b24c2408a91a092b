"""The calls of other packages, answered by this one: `FER` of ``fer``, ``analyze`` of DeepFace.

docs/migration.md says what is the same and what is not.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Box, DetectedFace, RecognizedFace
from fer_utils.vision.picture import Picture, as_picture
from fer_utils.vision.recognizer import Recognizer


class FER:
    """Answers as the class of that name in the package ``fer`` (25.10) does.

    Parameters
    ----------
    mtcnn, use_tflite : bool
        Taken and without effect: faces are always found by BlazeFace, and LiteRT always runs the
        network. Options that would change the result are not taken (TypeError).
    recognizer : Recognizer, optional
        Finds faces and their emotions; the model that the project ships by default.

    Examples
    --------
    >>> FER(mtcnn=True).top_emotion(cv2.imread("party.jpg"))  # doctest: +SKIP
    ('happy', 0.9712...)
    """

    def __init__(
        self,
        *,
        mtcnn: bool = False,
        use_tflite: bool = True,
        recognizer: Recognizer | None = None,
    ) -> None:
        self._recognizer = recognizer or _shipped()

    def detect_emotions(self, img: Picture) -> list[dict[str, Any]]:
        """Return the box and the emotions of each face.

        Parameters
        ----------
        img : path, address, bytes, PIL image or ndarray of uint8
            As `Recognizer.recognize` takes it, but **arrays are BGR**, as `cv2.imread` gives them
            and `fer` takes them.

        Returns
        -------
        list of dict
            Largest face first; empty where there is none. ``box`` is [x, y, width, height] in
            whole pixels inside of the picture, ``emotions`` the probabilities by name, not
            rounded.

        Raises
        ------
        ValueError
            If the picture cannot be used.
        FileNotFoundError, PermissionError
            If there is no such file, or it may not be read.
        """
        frame = _frame(img)
        return [
            {"box": [*_inside(face.box, frame)], "emotions": _by_name(face)}
            for face in self._recognizer.recognize(frame)
        ]

    def top_emotion(self, img: Picture) -> tuple[str, float] | tuple[None, None]:
        """Return the likeliest emotion of the largest face and its probability, 0 to 1.

        (None, None) where there is no face. See `detect_emotions`.
        """
        faces = self.detect_emotions(img)
        if not faces:
            return None, None
        emotions: dict[str, float] = faces[0]["emotions"]
        best = max(emotions, key=emotions.__getitem__)
        return best, emotions[best]


def analyze(
    img_path: Picture,
    actions: Sequence[str] = ("emotion",),
    enforce_detection: bool = True,
    *,
    silent: bool = False,
    recognizer: Recognizer | None = None,
) -> list[dict[str, Any]]:
    """Answer as ``DeepFace.analyze`` does, for emotions only.

    Parameters
    ----------
    img_path : path, address, bytes, PIL image or ndarray of uint8
        As `Recognizer.recognize` takes it, but **arrays are BGR**, as `cv2.imread` gives them and
        DeepFace takes them.
    actions : sequence of str, or str
        ``("emotion",)``. Age, gender and race are not known here.
    enforce_detection : bool
        Whether a picture without a face is an error. Otherwise the whole of it counts as a face.
    silent : bool
        Taken and without effect: nothing is printed.
    recognizer : Recognizer, optional
        Finds faces and their emotions; the model that the project ships by default.

    Returns
    -------
    list of dict
        Largest face first. ``emotion`` has percents by name and ``dominant_emotion`` the
        likeliest; ``region`` has x, y, w, h in whole pixels inside of the picture, and the points
        (x, y) left_eye and right_eye as the person has them, None where they are unknown;
        ``face_confidence`` is the detector's score, 0 to 1, 0 for a picture without a face.

    Raises
    ------
    ValueError
        If there is no face, the picture cannot be used, or other actions are asked for.
    FileNotFoundError, PermissionError
        If there is no such file, or it may not be read.

    Examples
    --------
    >>> analyze("party.jpg")[0]["dominant_emotion"]  # doctest: +SKIP
    'happy'
    """
    asked = [actions] if isinstance(actions, str) else list(actions)
    if asked != ["emotion"]:
        raise ValueError(f"unknown actions {asked}: expected ['emotion'], all that is known here")
    recognizer = recognizer or _shipped()
    frame = _frame(img_path)
    faces: Sequence[RecognizedFace] = recognizer.recognize(frame)
    if not faces:
        if enforce_detection:
            raise ValueError(
                "found no face: give a picture of a face, or take the whole picture as one with "
                "enforce_detection=False"
            )
        height, width = frame.shape[:2]
        whole = DetectedFace(box=(0.0, 0.0, float(width), float(height)), score=0.0)
        faces = recognizer.recognize_faces(frame, [whole])
    return [_analysis(face, frame) for face in faces]


@lru_cache(maxsize=1)
def _shipped() -> Recognizer:
    return Recognizer()


def _frame(image: Picture) -> NDArray[np.uint8]:
    return as_picture(image, channels="bgr" if isinstance(image, np.ndarray) else "rgb")


def _by_name(face: RecognizedFace) -> dict[str, float]:
    return dict(zip(EMOTIONS, face.probabilities.tolist(), strict=True))


def _inside(box: Box, frame: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return x, y, width and height of the part of a box that lies in its frame."""
    x, y, width, height = box
    high, wide = frame.shape[:2]
    left, right = (min(max(round(value), 0), wide) for value in (x, x + width))
    top, bottom = (min(max(round(value), 0), high) for value in (y, y + height))
    return left, top, right - left, bottom - top


def _analysis(face: RecognizedFace, frame: NDArray[np.uint8]) -> dict[str, Any]:
    emotions = {name: 100 * value for name, value in _by_name(face).items()}
    region: dict[str, Any] = dict(zip("xywh", _inside(face.box, frame), strict=True))
    # The eye that is left in the picture is the person's right one.
    for place, name in ((1, "left_eye"), (0, "right_eye")):
        region[name] = None if face.keypoints is None else _point(face.keypoints[place])
    return {
        "emotion": emotions,
        "dominant_emotion": max(emotions, key=emotions.__getitem__),
        "region": region,
        "face_confidence": float(face.score),
    }


def _point(point: NDArray[np.float32]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
