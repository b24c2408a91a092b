"""Decode video files with FFmpeg, through PyAV."""

# OpenCV is no fallback: it reads with FFmpeg too, and no more of truncated or damaged files.

import io
import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from fer_utils.paths import is_disk_full

# The pixels of an 8K frame.
MOST_FRAME_PIXELS = 7680 * 4320

_USUAL_RATE = Fraction(30)
# FFmpeg also reads playlists, lists of files, and text, which may name any other file.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mjpeg,h264,hevc,m4v,"
    "mpegvideo,gif,jpeg_pipe,png_pipe,webp_pipe"
)


class VideoError(ValueError):
    """A video that cannot be used; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class DecodedFrame:
    """A decoded frame, converted to RGB on first use.

    Attributes
    ----------
    number : int
        Index in the file, from 0.
    time : float
        When it is shown, in seconds since the first frame.
    picture : av.VideoFrame
        Output of the decoder.
    reformatter : VideoReformatter
        Converts it to RGB; all frames of a clip share one, which saves time.
    """

    number: int
    time: float
    picture: av.VideoFrame
    reformatter: VideoReformatter

    @property
    def quarters(self) -> int:
        """Number of rotations by 90 degrees; phones store frames in their sensor's orientation."""
        return round(self.picture.rotation / 90)

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        """RGB, upright, uint8 of shape (h, w, 3)."""
        with ffmpeg_errors(f"frame {self.number}"):
            rgb = self.reformatter.reformat(self.picture, format="rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, self.quarters), dtype=np.uint8)


class Clip:
    """An open video file; use it in a ``with`` statement, or close it.

    Parameters
    ----------
    path : str or Path
        A video or picture in a usual format; its content counts, not its suffix. No other file is
        opened, whatever this one says.
    sound : bool
        Whether to collect the packets of its sound while frames are decoded.

    Attributes
    ----------
    duration : float or None
        Length in seconds according to the file; None if unknown.
    interval : float
        Usual time between two frames, in seconds.
    rate : Fraction
        Usual number of frames per second.
    start : float
        When the first frame is shown, in seconds of the file's own clock.
    damaged : int
        Number of frames so far that could not be decoded completely.
    sound : av.AudioStream or None
        The audio stream that players choose; None if there is none or it is not collected.
    sound_packets : deque of av.Packet
        The packets of the sound so far; its consumer removes them.

    Raises
    ------
    VideoError
        If the file is missing, empty or damaged, has another format or no video, or its frames
        have more than `MOST_FRAME_PIXELS`.
    """

    def __init__(self, path: str | Path, *, sound: bool = False) -> None:
        self._path = Path(path)
        self._file = _open_file(self._path)
        try:
            with ffmpeg_errors(self._path, "is not a readable video, or its index is missing"):
                self._container = _open_container(self._file)
        except VideoError:
            self._file.close()
            raise
        # Audio files may have a cover picture.
        streams = [
            stream
            for stream in self._container.streams.video
            if not stream.disposition & Disposition.attached_pic
        ]
        if not streams:
            self.close()
            raise VideoError(f"{self._path} has no pictures: use a video")
        self._stream = streams[0]
        self._check_decoder()
        # With frame threads, a damaged frame near the end takes others with it.
        self._stream.thread_type = "SLICE"
        self._base = self._stream.time_base or 1 / _USUAL_RATE
        self.rate = self._stream.guessed_rate or self._stream.average_rate or _USUAL_RATE
        self.interval = float(1 / self.rate)
        self.start = float((self._stream.start_time or 0) * self._base)
        self.duration = _duration(self._container, self._stream)
        self.damaged = 0
        self._last_error = ""
        self.sound = _best_sound(self._container) if sound else None
        self.sound_packets: deque[av.Packet[av.AudioStream]] = deque()
        self._reformatter = VideoReformatter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()

    def decode(self) -> Iterator[DecodedFrame]:
        """Decode the frames once, in the order in which they are shown.

        Times always increase: a frame without a time, or with one that is not after that of the
        previous frame, is shown one `interval` after it.

        Yields
        ------
        DecodedFrame
            Each frame that can be read.

        Raises
        ------
        VideoError
            If there is none.
        """
        number, time = 0, -math.inf
        for picture in self._pictures():
            shown = (
                -math.inf if picture.pts is None else float(picture.pts * self._base) - self.start
            )
            if shown <= time:
                shown = time + self.interval if number else 0.0
            yield DecodedFrame(
                number=number, time=shown, picture=picture, reformatter=self._reformatter
            )
            number, time = number + 1, shown
        if not number:
            cause = f" ({self._last_error})" if self._last_error else ""
            raise VideoError(f"{self._path} has no readable frame{cause}: get the file again")

    def aspect(self, frame: DecodedFrame) -> Fraction:
        """Return the aspect ratio of upright pixels, width to height; 0 if unknown."""
        aspect = self._stream.sample_aspect_ratio or Fraction(0)
        return 1 / aspect if aspect and frame.quarters % 2 else aspect

    def _check_decoder(self) -> None:
        """Raise VideoError, and close the file, if frames are of an unknown codec or too large."""
        decoder = self._stream.codec_context
        if decoder is None:
            problem = "is of an unknown kind: convert it to MP4"
        elif decoder.width * decoder.height > MOST_FRAME_PIXELS:
            problem = (
                f"has frames of {decoder.width}x{decoder.height} pixels, but the limit is "
                f"{MOST_FRAME_PIXELS / 1e6:.0f} million: save it smaller"
            )
        else:
            # The size may change midway.
            decoder.options = {"max_pixels": str(MOST_FRAME_PIXELS)}
            return
        self.close()
        raise VideoError(f"{self._path} {problem}")

    def _pictures(self) -> Iterator[av.VideoFrame]:
        streams = [stream for stream in (self._stream, self.sound) if stream is not None]
        packets: Iterator[Any] = self._container.demux(streams)
        while True:
            try:
                packet = next(packets)
                if packet.stream is self.sound:
                    self.sound_packets.append(packet)
                else:
                    # The last packet is empty; it flushes the decoder.
                    pictures = packet.decode()
                    self.damaged += sum(picture.is_corrupt for picture in pictures)
                    yield from pictures
            except (StopIteration, EOFError):
                return
            except av.FFmpegError as error:
                self.damaged += 1
                self._last_error = error.strerror or ""


@contextmanager
def ffmpeg_errors(what: str | Path, problem: str = "cannot be processed") -> Iterator[None]:
    """Turn FFmpeg's errors in a block, which are of many classes, into a `VideoError`.

    If it is for lack of space that a file cannot be written, the error is an OSError.
    """
    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError) and is_disk_full(error):
            raise OSError(error.errno, error.strerror, error.filename) from error
        raise VideoError(
            f"{what} {problem} ({error.strerror}): get the file again, or convert it to MP4"
        ) from error


def _open_file(path: Path) -> io.FileIO:
    if not path.exists():
        raise VideoError(f"{path} is missing: check the path")
    if not path.is_file():
        raise VideoError(f"{path} is not a file: give the path of one video")
    if not path.stat().st_size:
        raise VideoError(f"{path} is empty: get the file again")
    file = io.FileIO(path)
    # FFmpeg would guess the format from the name, or take it for a pattern of names.
    file.name = "video"
    return file


def _open_container(file: io.FileIO) -> av.container.InputContainer:
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}
    return av.open(file, "r", options=options, metadata_errors="replace")


def _best_sound(container: av.container.InputContainer) -> av.AudioStream | None:
    """Return the audio stream that players choose, if FFmpeg can decode it."""
    stream = container.streams.best("audio")
    if isinstance(stream, av.AudioStream) and stream.codec_context is not None:
        return stream
    return None


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base
