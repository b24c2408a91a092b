"""Turn frames from the live camera, or from a clip in its place, into Observations."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.image_files import MOST_PIXELS_OF_MANY, read_image
from fer_utils.video.frames import read_frames
from fer_utils.vision.detector import Detector, find_detector
from fer_utils.vision.landmarks import Landmarks
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace
from fer_utils.vision.picture import SAMPLE_PICTURE
from fer_utils.vision.recognizer import FaceRecognizer, Recognizer
from fer_utils.vision.tracker import Tracker


class FrameHandler:
    """Decode frames, recognize their faces, and track them from frame to frame.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions. In place of faces of all sizes, near ones are looked for,
        to keep up with the camera, unless the recognizer has a `recognize` of its own. Its
        `uncertain_below` applies to the smoothed probabilities too.

    Attributes
    ----------
    tracker : Tracker
        Follows the faces and smooths their probabilities.
    with_landmarks : bool
        Whether to find 468 points on each face as well, which takes a millisecond per face.
    distant : bool
        Whether to find smaller faces too, with BlazeFace's far network.
    """

    def __init__(self, recognizer: FaceRecognizer) -> None:
        self._recognizer = recognizer
        self._finds_all = _finds_all(recognizer)
        self.tracker = Tracker(uncertain_below=recognizer.uncertain_below)
        self.with_landmarks = False
        self.distant = False

    def observe(self, encoded: bytes | memoryview, *, number: int, time: float) -> Observation:
        """Find, recognize, and track the faces of one frame.

        Parameters
        ----------
        encoded : bytes-like
            A JPEG, PNG, or WebP picture.
        number : int
            The frame's number.
        time : float
            When the frame was captured, in seconds; never earlier than the previous frame.

        Returns
        -------
        Observation
            Boxes and points are in the pixels of this frame.

        Raises
        ------
        ImageError
            If the bytes are not a picture, or it has more than `MOST_PIXELS_OF_MANY`.
        """
        frame = read_image(bytes(encoded), most_pixels=MOST_PIXELS_OF_MANY)
        faces = self.tracker.update(self._recognize(frame), time)
        if self.with_landmarks:
            find = self._landmarks.find
            faces = [replace(face, landmarks=find(frame, face)) for face in faces]
        height, width = frame.shape[:2]
        return Observation(number, time, width, height, tuple(faces))

    def _recognize(self, frame: NDArray[np.uint8]) -> Sequence[RecognizedFace]:
        if self.distant:
            return self._recognizer.recognize_faces(frame, self._far.detect(frame))
        if self._finds_all:
            return self._recognizer.recognize_faces(frame, self._near.detect(frame))
        return self._recognizer.recognize(frame)

    @cached_property
    def _landmarks(self) -> Landmarks:
        return Landmarks()

    @cached_property
    def _near(self) -> Detector:
        return find_detector("near")

    @cached_property
    def _far(self) -> Detector:
        return find_detector("far")


def encode_jpeg(frame: NDArray[np.uint8], *, width: int = 320, quality: float = 0.8) -> bytes:
    """Return a frame as a JPEG, by default as small as the page sends it.

    Parameters
    ----------
    frame : ndarray of uint8, shape (h, w, 3)
        RGB.
    width : int
        Maximum width in pixels; wider frames are scaled down to it.
    quality : float
        JPEG quality, 0 to 1.
    """
    height, whole = frame.shape[:2]
    if whole > width:
        size = (width, round(height * width / whole))
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, round(100 * quality)]
    _, values = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)
    return values.tobytes()


def observation_as_json(observation: Observation) -> dict[str, Any]:
    """Return an Observation for the page, which draws it."""
    return {
        "number": observation.number,
        "width": observation.width,
        "height": observation.height,
        "faces": [_face_as_json(face) for face in observation.faces],
    }


def observation_from_json(seen: Mapping[str, Any]) -> Observation:
    """Return the Observation that a page describes, with its points but without landmarks."""
    faces = (_face_from_json(face) for face in seen["faces"])
    return Observation(seen["number"], seen["time"], seen["width"], seen["height"], tuple(faces))


def _face_from_json(face: Mapping[str, Any]) -> TrackedFace:
    x, y, width, height = map(float, face["box"])
    return TrackedFace(
        box=(x, y, width, height),
        score=face["score"],
        keypoints=np.array(face["keypoints"], dtype=np.float32),
        probabilities=np.array(face["probabilities"], dtype=np.float32),
        emotion=face["emotion"],
        is_small=face["isSmall"],
        number=face["number"],
    )


def _face_as_json(face: TrackedFace) -> dict[str, Any]:
    # A tenth of a pixel is precise enough to draw.
    return {
        "number": face.number,
        "box": [round(float(value), 1) for value in face.box],
        "keypoints": _points_as_json(face.keypoints),
        "landmarks": _points_as_json(face.landmarks),
        "emotion": face.emotion,
        "probabilities": [round(float(value), 4) for value in face.probabilities],
    }


def _points_as_json(points: NDArray[np.float32] | None) -> list[list[float]] | None:
    return None if points is None else points.astype(float).round(1).tolist()


def replay(
    path: str | Path | None, handler: FrameHandler, *, width: int = 320, quality: float = 0.8
) -> list[Observation]:
    """Pass every frame of a clip to a handler the way the page sends the camera's frames.

    Parameters
    ----------
    path : str, Path or None
        Any clip that `fer_utils.video.frames.read_frames` reads, or a single picture. None is a
        sample, see `write_sample_clip`.
    handler : FrameHandler
        A new handler, or one whose tracker was reset.
    width : int
        Maximum width in pixels; wider frames are scaled down to it.
    quality : float
        JPEG quality, 0 to 1.

    Returns
    -------
    list of Observation
        One per frame; times count from the beginning of the clip.

    Raises
    ------
    VideoError
        If the clip does not exist, or no frame of it can be read.
    """
    if path is None:
        with tempfile.TemporaryDirectory() as folder:
            clip = write_sample_clip(Path(folder, "portrait.avi"))
            return replay(clip, handler, width=width, quality=quality)
    return [
        handler.observe(
            encode_jpeg(frame.image, width=width, quality=quality),
            number=frame.number + 1,
            time=frame.time,
        )
        for frame in read_frames(path)
    ]


def write_sample_clip(path: Path) -> Path:
    """Write an AVI file of three seconds in which a portrait moves from side to side."""
    picture = cv2.cvtColor(read_image(SAMPLE_PICTURE), cv2.COLOR_RGB2BGR)
    side, top = len(picture), (480 - len(picture)) // 2
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (640, 480))
    for turn in np.linspace(0, 2 * np.pi, 60, endpoint=False):
        left = round((640 - side) / 2 + 100 * np.sin(turn))
        frame = np.full((480, 640, 3), 150, dtype=np.uint8)
        frame[top : top + side, left : left + side] = picture
        writer.write(frame)
    writer.release()
    return path


def _finds_all(recognizer: FaceRecognizer) -> bool:
    return (
        isinstance(recognizer, Recognizer)
        and type(recognizer).recognize is Recognizer.recognize
        and recognizer.faces == "all"
    )
