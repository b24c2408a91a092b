"""Stand in for other packages: `FER` for ``fer``, `analyze` for DeepFace.

See docs/migration.md for what is the same and what differs.
"""

from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Box, DetectedFace, RecognizedFace
from fer_utils.vision.picture import Picture, as_picture
from fer_utils.vision.recognizer import Recognizer


class FER:
    """Works like the class ``FER`` of the package ``fer`` (25.10).

    Parameters
    ----------
    mtcnn, use_tflite : bool
        Accepted but ignored: BlazeFace always finds the faces, and LiteRT always runs the network.
        Options that would change the result raise a TypeError.
    recognizer : Recognizer, optional
        By default, one with the shipped model.

    Examples
    --------
    >>> FER(mtcnn=True).top_emotion(cv2.imread("party.jpg"))  # doctest: +SKIP
    ('happy', 0.9712...)
    """

    def __init__(
        self, *, mtcnn: bool = False, use_tflite: bool = True, recognizer: Recognizer | None = None
    ) -> None:
        self._recognizer = recognizer or _shipped()

    def detect_emotions(self, img: Picture) -> list[dict[str, Any]]:
        """Return the box and emotions of each face.

        Parameters
        ----------
        img : path, address, bytes, PIL image or ndarray of uint8
            See `Recognizer.recognize`, except that **arrays are BGR**, like the output of
            `cv2.imread` and the input of ``fer``.

        Returns
        -------
        list of dict
            Largest face first; empty if there is none. ``box`` is [x, y, width, height] in whole
            pixels, clipped to the picture; ``emotions`` has the unrounded probabilities by name.

        Raises
        ------
        ValueError
            If the picture cannot be used.
        FileNotFoundError, PermissionError
            If the file does not exist or cannot be read.
        """
        frame = _frame(img)
        return [
            {"box": [*_clipped(face.box, frame)], "emotions": _by_name(face)}
            for face in self._recognizer.recognize(frame)
        ]

    def top_emotion(self, img: Picture) -> tuple[str, float] | tuple[None, None]:
        """Return the most likely emotion of the largest face and its probability, 0 to 1.

        Without a face, return (None, None). See `detect_emotions`.
        """
        faces = self.detect_emotions(img)
        if not faces:
            return None, None
        best: tuple[str, float] = max(faces[0]["emotions"].items(), key=itemgetter(1))
        return best


def analyze(
    img_path: Picture,
    actions: Sequence[str] = ("emotion",),
    enforce_detection: bool = True,
    *,
    silent: bool = False,
    recognizer: Recognizer | None = None,
) -> list[dict[str, Any]]:
    """Work like ``DeepFace.analyze``, for emotions only.

    Parameters
    ----------
    img_path : path, address, bytes, PIL image or ndarray of uint8
        See `Recognizer.recognize`, except that **arrays are BGR**, like the output of
        `cv2.imread` and the input of DeepFace.
    actions : sequence of str, or str
        ``("emotion",)``. Age, gender, and race are not supported.
    enforce_detection : bool
        Whether a picture without a face is an error. Otherwise, the whole picture is used as one.
    silent : bool
        Accepted but ignored: nothing is ever printed.
    recognizer : Recognizer, optional
        By default, one with the shipped model.

    Returns
    -------
    list of dict
        Largest face first. ``emotion`` has percentages by name, ``dominant_emotion`` the most
        likely one. ``region`` has x, y, w, and h in whole pixels, clipped to the picture, and the
        points (x, y) left_eye and right_eye from the person's point of view, or None if unknown.
        ``face_confidence`` is the detector's score, 0 to 1; 0 for a picture without a face.

    Raises
    ------
    ValueError
        If there is no face, the picture cannot be used, or an action is not supported.
    FileNotFoundError, PermissionError
        If the file does not exist or cannot be read.

    Examples
    --------
    >>> analyze("party.jpg")[0]["dominant_emotion"]  # doctest: +SKIP
    'happy'
    """
    requested = [actions] if isinstance(actions, str) else list(actions)
    if requested != ["emotion"]:
        raise ValueError(f"unknown actions {requested}: expected ['emotion'], the only one")
    recognizer = recognizer or _shipped()
    frame = _frame(img_path)
    faces: Sequence[RecognizedFace] = recognizer.recognize(frame)
    if not faces:
        if enforce_detection:
            raise ValueError(
                "no face found: use a picture of a face, or treat the whole picture as one with "
                "enforce_detection=False"
            )
        height, width = frame.shape[:2]
        whole = DetectedFace(box=(0.0, 0.0, float(width), float(height)), score=0.0)
        faces = recognizer.recognize_faces(frame, [whole])
    return [_analysis(face, frame) for face in faces]


_shipped = cache(Recognizer)


def _frame(image: Picture) -> NDArray[np.uint8]:
    return as_picture(image, channels="bgr" if isinstance(image, np.ndarray) else "rgb")


def _by_name(face: RecognizedFace) -> dict[str, float]:
    return dict(zip(EMOTIONS, face.probabilities.tolist(), strict=True))


def _clipped(box: Box, frame: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return x, y, width, and height of a box clipped to its frame, in whole pixels."""
    x, y, width, height = box
    corners = np.rint([(x, y), (x + width, y + height)]).clip(0, frame.shape[1::-1])
    (left, top), (right, bottom) = corners.astype(int).tolist()
    return left, top, right - left, bottom - top


def _analysis(face: RecognizedFace, frame: NDArray[np.uint8]) -> dict[str, Any]:
    emotions = {name: 100 * value for name, value in _by_name(face).items()}
    region: dict[str, Any] = dict(zip("xywh", _clipped(face.box, frame), strict=True))
    # The person's right eye is on the left in the picture.
    eyes = [] if face.keypoints is None else np.rint(face.keypoints[:2]).astype(int).tolist()
    region["right_eye"], region["left_eye"] = map(tuple, eyes) if eyes else (None, None)
    return {
        "emotion": emotions,
        "dominant_emotion": max(emotions, key=emotions.__getitem__),
        "region": region,
        "face_confidence": float(face.score),
    }
