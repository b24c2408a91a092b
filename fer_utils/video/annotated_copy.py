"""A copy of a video with something drawn on it: H.264 in MP4, with the original's sound."""

import math
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from fer_utils.video.clip import Clip, DecodedFrame
from fer_utils.video.sound import Sound

# Frames of all usual rates lie on such ticks, or 8 millionths of a second beside them. MPEG-4
# knows no more than 65,535 in a second.
_TICKS = 60_000
# B-frames would shift the times at which unevenly spaced frames are decoded.
_H264 = {"preset": "veryfast", "crf": "20", "bf": "0"}
# As FFmpeg counts rules for colours.
_UNKNOWN_COLORS = 2


class AnnotatedCopy:
    """An MP4 file that gets the frames of a clip one after the other, and the clip's sound.

    Frames keep their times. Sides are made even, as the format wants them; a frame of another
    size than the first is scaled to that.

    Parameters
    ----------
    path : Path
        The file to write.
    clip : Clip
        Where the frames come from, and the sound if it was opened with it.
    """

    def __init__(self, path: Path, clip: Clip) -> None:
        self._clip = clip
        # With its index in front, a browser plays the file while it loads.
        options = {"movflags": "+faststart"}
        self._file = av.open(str(path.absolute()), "w", format="mp4", options=options)
        self._stream: av.VideoStream | None = None
        self._sound: Sound | None = None
        self._time, self._ticks = 0.0, -1

    def add(self, frame: DecodedFrame, image: NDArray[np.uint8]) -> None:
        """Add a frame that shows `image`, uint8 of shape (h, w, 3), instead of its own picture."""
        if self._stream is None or self._sound is None:
            self._stream = self._add_stream(frame, image)
            self._sound = Sound(self._clip, self._file)
        context = self._stream.codec_context
        if image.shape[1::-1] != (context.width, context.height):
            size = (context.width, context.height)
            image = np.asarray(cv2.resize(image, size), dtype=np.uint8)
        picture = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=context.colorspace
        )
        self._time = frame.time
        shown = frame.time + self._clip.start - self._sound.origin
        # Frames may be nearer to each other than a tick.
        self._ticks = max(round(shown * _TICKS), self._ticks + 1)
        picture.pts, picture.time_base = self._ticks, Fraction(1, _TICKS)
        self._file.mux(self._stream.encode(picture))
        self._sound.write(until=frame.time)

    def finish(self, *, whole: bool) -> None:
        """Write what is missing; the sound ends with the last frame unless the clip is `whole`."""
        if self._stream is None or self._sound is None:
            return
        self._file.mux(self._stream.encode(None))
        self._sound.finish(until=math.inf if whole else self._time + self._clip.interval)
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
        # The same colours as before: read, drawn on and stored by the same rule.
        context.colorspace = frame.picture.colorspace or _UNKNOWN_COLORS
        context.color_primaries = frame.picture.color_primaries
        context.color_trc = frame.picture.color_trc
        context.color_range = ColorRange.MPEG
        return stream
