"""Write an annotated copy of a video: H.264 in MP4, with the original sound."""

import math
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from fer_utils.video.clip import Clip, DecodedFrame
from fer_utils.video.sinks import OutputFile
from fer_utils.video.sound import SoundCopy
from fer_utils.vision.annotation import annotate
from fer_utils.vision.observation import Observation, TrackedFace

# Ticks per second. They hit the frames of all usual rates within 8 microseconds; MPEG-4 allows
# at most 65,535.
_TICKS = 60_000
# B-frames would shift the decoded times of unevenly spaced frames.
_H264 = {"preset": "veryfast", "crf": "20", "bf": "0"}
# FFmpeg's code for an unknown color space.
_UNKNOWN_COLORS = 2


class AnnotatedCopy(OutputFile):
    """An MP4 file with the frames of a clip, the faces drawn on them, and the clip's sound.

    Frames keep their times. Width and height are rounded down to even numbers, as the format
    requires; frames of another size than the first are scaled to it.

    Parameters
    ----------
    path : Path
        The file to write.
    clip : Clip
        The original; its sound is copied if the clip collects it.
    """

    def __init__(self, path: Path, clip: Clip) -> None:
        self._clip = clip
        # With the index at the front, a browser plays the file while it loads.
        options = {"movflags": "+faststart"}
        self._file = av.open(str(path.absolute()), "w", format="mp4", options=options)
        self._stream: av.VideoStream | None = None
        self._sound: SoundCopy | None = None
        self._faces: tuple[TrackedFace, ...] = ()
        self._time, self._ticks = 0.0, -1
        self._is_cut = False

    def add(self, frame: DecodedFrame, observation: Observation | None) -> None:
        """Add a frame; if it was not observed, it shows the faces of the previous one."""
        if observation is not None:
            self._faces = observation.faces
        image = annotate(frame.image, self._faces)
        if self._stream is None or self._sound is None:
            self._stream = self._add_stream(frame, image)
            self._sound = SoundCopy(self._clip, self._file)
        context = self._stream.codec_context
        if image.shape[1::-1] != (context.width, context.height):
            size = (context.width, context.height)
            image = np.asarray(cv2.resize(image, size), dtype=np.uint8)
        picture = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=context.colorspace
        )
        self._time = frame.time
        shown = frame.time + self._clip.start - self._sound.origin
        # Two frames may fall into one tick.
        self._ticks = max(round(shown * _TICKS), self._ticks + 1)
        picture.pts, picture.time_base = self._ticks, Fraction(1, _TICKS)
        self._file.mux(self._stream.encode(picture))
        self._sound.write(until=frame.time)

    def cut(self) -> None:
        """End the sound with the last frame that was added, not with the clip."""
        self._is_cut = True

    def finish(self) -> None:
        """Write what is missing; nothing can be added afterwards."""
        if self._stream is None or self._sound is None:
            return
        self._file.mux(self._stream.encode(None))
        self._sound.finish(until=self._time + self._clip.interval if self._is_cut else math.inf)
        self._file.close()

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()

    def _add_stream(self, frame: DecodedFrame, image: NDArray[np.uint8]) -> av.VideoStream:
        stream: av.VideoStream
        if "libx264" in av.codecs_available:
            stream = self._file.add_stream("libx264", rate=self._clip.rate, options=_H264)
        else:
            stream = self._file.add_stream("mpeg4", rate=self._clip.rate)
        context = stream.codec_context
        context.time_base = Fraction(1, _TICKS)
        height, width = image.shape[:2]
        context.width, context.height = max(2, width // 2 * 2), max(2, height // 2 * 2)
        context.pix_fmt = "yuv420p"
        aspect = self._clip.aspect(frame)
        if aspect:
            context.sample_aspect_ratio = aspect
        # The colors of the original: decoded, drawn on and encoded in the same color space.
        context.colorspace = frame.picture.colorspace or _UNKNOWN_COLORS
        context.color_primaries = frame.picture.color_primaries
        context.color_trc = frame.picture.color_trc
        context.color_range = ColorRange.MPEG
        return stream
