"""Play a clip through the live camera's own handler, without a browser."""

from pathlib import Path

import cv2
import numpy as np

from fer_utils.video.processing import read_frames
from fer_utils.vision.observation import Observation
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.frame_handler import FrameHandler, decode, encode

# Eileen Collins, NASA, 1999: public domain.
SAMPLE_PICTURE = Path(__file__).with_name("sample_portrait.jpg")

_SAMPLE_SIZE = (640, 480)
_SAMPLE_FRAMES = 60
_SAMPLE_RATE = 20.0


def replay(
    path: str | Path, recognizer: FaceRecognizer, *, width: int = 320, quality: float = 0.8
) -> list[Observation]:
    """Send every frame of a clip the way that the page sends the camera's frames.

    Parameters
    ----------
    path : str or Path
        Any clip that `fer_utils.video.processing.read_frames` reads, or a single picture.
    recognizer : FaceRecognizer
        Finds faces and their emotions.
    width : int
        Wider frames are made this wide, in pixels.
    quality : float
        JPEG quality, 0 to 1.

    Returns
    -------
    list of Observation
        One for each frame; times count from the clip's beginning.

    Raises
    ------
    VideoError
        If there is no such clip, or no frame can be read from it.
    """
    handler = FrameHandler(recognizer)
    return [
        handler.observe(
            encode(frame.image, width=width, quality=quality),
            number=frame.number + 1,
            time=frame.time,
        )
        for frame in read_frames(path)
    ]


def write_sample_clip(path: str | Path) -> Path:
    """Write three seconds of a portrait that moves from side to side, as an AVI file."""
    picture = cv2.cvtColor(decode(SAMPLE_PICTURE.read_bytes()), cv2.COLOR_RGB2BGR)
    width, height = _SAMPLE_SIZE
    side = picture.shape[0]
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), codec, _SAMPLE_RATE, _SAMPLE_SIZE)
    for index in range(_SAMPLE_FRAMES):
        swing = np.sin(2 * np.pi * index / _SAMPLE_FRAMES)
        left, top = round((width - side) / 2 + 100 * swing), (height - side) // 2
        frame = np.full((height, width, 3), 150, dtype=np.uint8)
        frame[top : top + side, left : left + side] = picture
        writer.write(frame)
    writer.release()
    return Path(path)
