"""Play a clip through the live camera's own handler, without a browser."""

import tempfile
from pathlib import Path

import cv2
import numpy as np

from fer_utils.data.image_files import read_image
from fer_utils.video.frames import read_frames
from fer_utils.vision.observation import Observation
from fer_utils.vision.picture import SAMPLE_PICTURE
from fer_utils.widgets.frame_handler import FrameHandler, encode_jpeg

_SAMPLE_SIZE = (640, 480)
_SAMPLE_FRAMES = 60
_SAMPLE_RATE = 20.0


def replay(
    path: str | Path | None, handler: FrameHandler, *, width: int = 320, quality: float = 0.8
) -> list[Observation]:
    """Pass every frame of a clip to a handler the way the page sends the camera's frames.

    Parameters
    ----------
    path : str, Path or None
        Any clip that `fer_utils.video.processing.read_frames` reads, or a single picture. None is
        a sample, see `write_sample_clip`.
    handler : FrameHandler
        A new handler, or one that was restarted.
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


def write_sample_clip(path: str | Path) -> Path:
    """Write an AVI file of three seconds in which a portrait moves from side to side."""
    picture = cv2.cvtColor(read_image(SAMPLE_PICTURE), cv2.COLOR_RGB2BGR)
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
