"""What the kernel does with a frame of the live camera, whatever sends it."""

from dataclasses import replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.detector import Detector, find_detector
from fer_utils.vision.landmarks import Landmarks
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.vision.tracker import Tracker


class FrameError(ValueError):
    """Bytes that are no picture."""


class FrameHandler:
    """Turns encoded frames into Observations, one after the other.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions. Its `uncertain_below`, if it has one, holds for the
        smoothed probabilities too.
    smoothing : float
        Time constant of the smoothing of probabilities, in seconds; may be set again any time.

    Attributes
    ----------
    with_landmarks : bool
        Whether 468 points are found on each face as well, which takes a millisecond a face.
    distant : bool
        Whether smaller faces are found too, by BlazeFace's far network; only for a recognizer with
        a method `recognize_faces`.
    """

    def __init__(self, recognizer: FaceRecognizer, *, smoothing: float = 0.5) -> None:
        self._recognizer = recognizer
        uncertain_below = getattr(recognizer, "uncertain_below", 0.0)
        self._tracker = Tracker(smoothing=smoothing, uncertain_below=uncertain_below)
        self.with_landmarks = self.distant = False

    @property
    def smoothing(self) -> float:
        """Time constant of the smoothing of probabilities, in seconds."""
        return self._tracker.smoothing

    @smoothing.setter
    def smoothing(self, seconds: float) -> None:
        self._tracker.smoothing = seconds

    def restart(self) -> None:
        """Forget all faces: numbers start at 1 again."""
        self._tracker.reset()

    def observe(self, encoded: bytes | memoryview, *, number: int, time: float) -> Observation:
        """Find, recognize and track the faces of one frame.

        Parameters
        ----------
        encoded : bytes-like
            A JPEG, or any other picture that OpenCV reads.
        number : int
            The frame's number.
        time : float
            When it was captured, in seconds; never before the frame that came last.

        Returns
        -------
        Observation
            Its boxes are in the pixels of this frame.

        Raises
        ------
        FrameError
            If the bytes are no picture.
        """
        frame = decode(encoded)
        faces = self._tracker.update(self._recognize(frame), time)
        if self.with_landmarks:
            find = self._landmarks.find
            faces = [replace(face, landmarks=find(frame, face)) for face in faces]
        height, width = frame.shape[:2]
        return Observation(number, time, width, height, tuple(faces))

    def _recognize(self, frame: NDArray[np.uint8]) -> list[RecognizedFace]:
        if not self.distant:
            return self._recognizer.recognize(frame)
        recognizer: Any = self._recognizer
        found: list[RecognizedFace] = recognizer.recognize_faces(frame, self._far.detect(frame))
        return found

    @cached_property
    def _landmarks(self) -> Landmarks:
        return Landmarks()

    @cached_property
    def _far(self) -> Detector:
        return find_detector("blazeface-far")


def decode(encoded: bytes | memoryview) -> NDArray[np.uint8]:
    """Return a picture as uint8 of shape (h, w, 3), red first.

    Raises
    ------
    FrameError
        If the bytes are no picture.
    """
    values = np.frombuffer(encoded, dtype=np.uint8)
    frame = cv2.imdecode(values, cv2.IMREAD_COLOR_RGB) if values.size else None
    if frame is None:
        raise FrameError(f"expected an encoded picture, got {values.size} bytes that are none")
    return np.asarray(frame, dtype=np.uint8)


def encode(frame: NDArray[np.uint8], *, width: int = 320, quality: float = 0.8) -> bytes:
    """Return a frame as the page sends it: a small JPEG.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        Red first.
    width : int
        Wider frames are made this wide; the height follows.
    quality : float
        0 to 1.
    """
    height, whole = frame.shape[:2]
    if whole > width:
        size = (width, round(height * width / whole))
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, round(100 * quality)]
    _, values = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)
    return values.tobytes()


def face_as_json(face: TrackedFace) -> dict[str, Any]:
    """Return a face as the page draws it: box and points to a tenth of a pixel."""
    return {
        "number": face.number,
        "box": [round(float(value), 1) for value in face.box],
        "keypoints": _points(face.keypoints),
        "landmarks": _points(face.landmarks),
        "emotion": face.emotion,
        "probabilities": [round(float(value), 4) for value in face.probabilities],
    }


def _points(points: NDArray[np.float32] | None) -> list[list[float]] | None:
    return None if points is None else points.astype(float).round(1).tolist()
