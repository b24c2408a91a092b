"""Frames of a video file, one after the other, with the times at which they are shown.

FFmpeg reads them, through PyAV. OpenCV is no second choice: it reads through FFmpeg too, and of
truncated and damaged files it gave no frame that PyAV did not.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

_USUAL_RATE = Fraction(30)
# FFmpeg draws the characters of a text file as a film.
_NO_VIDEOS = ("tty",)


class VideoError(ValueError):
    """A video that cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True, kw_only=True)
class VideoFrame:
    """A frame of a video.

    Attributes
    ----------
    number : int
        Its place in the file, from 0.
    time : float
        When it is shown, in seconds since the video began.
    image : ndarray of uint8, shape (h, w, 3)
        RGB, the right way up.
    """

    number: int
    time: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class DecodedFrame:
    """A frame that was decoded; it becomes an RGB image when that is first asked for.

    Attributes
    ----------
    number : int
        Its place in the file, from 0.
    time : float
        When it is shown, in seconds since the video began.
    picture : av.VideoFrame
        As the decoder gave it.
    reformatter : VideoReformatter
        Turns it into RGB; the same for all frames of a clip, which saves time.
    """

    number: int
    time: float
    picture: av.VideoFrame
    reformatter: VideoReformatter

    @property
    def quarters(self) -> int:
        """How often to turn it by 90 degrees; phones store frames as their sensor lies."""
        return round(self.picture.rotation / 90)

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        """RGB, the right way up, uint8 of shape (h, w, 3)."""
        rgb = self.reformatter.reformat(self.picture, format="rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, self.quarters), dtype=np.uint8)


class Clip:
    """An open video file; close it, or use it in a ``with`` statement.

    Parameters
    ----------
    path : str or Path
        Any video or picture that FFmpeg reads.
    sound : bool
        Whether to keep the packets of its sound while the frames are decoded.

    Attributes
    ----------
    duration : float or None
        Its length in seconds, as it says itself; None where it does not.
    interval : float
        Usual time from one frame to the next, in seconds.
    rate : Fraction
        Usual number of frames a second.
    start : float
        When the first frame is shown on the file's own clock, in seconds.
    damaged : int
        How many frames could not be decoded so far, or only in part.
    sound : av.AudioStream or None
        The sound that players choose where there are several; None where there is none, or it is
        not to be kept.
    sound_packets : deque of av.Packet
        What was met of the sound so far. Whoever uses it takes it out.

    Raises
    ------
    VideoError
        If the file is missing, empty or damaged, or holds no video.
    """

    def __init__(self, path: str | Path, *, sound: bool = False) -> None:
        self._path = Path(path)
        self._container = _open_file(self._path)
        streams = [stream for stream in self._container.streams.video if not _is_cover(stream)]
        if not streams or self._container.format.name in _NO_VIDEOS:
            self.close()
            raise VideoError(f"{self._path} holds no pictures: give a video")
        self._stream = streams[0]
        # With whole frames in several threads, a damaged one near the end takes others with it.
        self._stream.thread_type = "SLICE"
        self._base = self._stream.time_base or 1 / _USUAL_RATE
        self.rate = self._stream.guessed_rate or self._stream.average_rate or _USUAL_RATE
        self.interval = float(1 / self.rate)
        self.start = float((self._stream.start_time or 0) * self._base)
        self.duration = _duration(self._container, self._stream)
        self.damaged = 0
        self.sound = _best_sound(self._container) if sound else None
        self.sound_packets: deque[av.Packet[av.AudioStream]] = deque()
        self._reformatter = VideoReformatter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def decode(self) -> Iterator[DecodedFrame]:
        """Decode the frames in the order in which they are shown; only once.

        Times always grow: a frame without one, or with one that is not after that of the frame
        before, is shown one `interval` after it.

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
            shown = self._time(picture)
            if shown is None or shown <= time:
                shown = time + self.interval if number else 0.0
            yield DecodedFrame(
                number=number, time=shown, picture=picture, reformatter=self._reformatter
            )
            number, time = number + 1, shown
        if not number:
            raise VideoError(f"{self._path} holds no frame that can be read: take it again")

    def aspect(self, frame: DecodedFrame) -> Fraction:
        """Return the width of a pixel by its height, the right way up; 0 where it is not known."""
        aspect = self._stream.sample_aspect_ratio or Fraction(0)
        return 1 / aspect if aspect and frame.quarters % 2 else aspect

    def _time(self, picture: av.VideoFrame) -> float | None:
        if picture.pts is None:
            return None
        return float(picture.pts * self._base) - self.start

    def _pictures(self) -> Iterator[av.VideoFrame]:
        streams = [stream for stream in (self._stream, self.sound) if stream is not None]
        packets: Iterator[Any] = self._container.demux(streams)
        while True:
            try:
                packet = next(packets)
                if packet.stream is self.sound:
                    self.sound_packets.append(packet)
                else:
                    # The last packet is empty and fetches what the decoder still holds.
                    yield from self._checked(packet.decode())
            except (StopIteration, EOFError):
                return
            except av.error.InvalidDataError:
                self.damaged += 1

    def _checked(self, pictures: list[av.VideoFrame]) -> list[av.VideoFrame]:
        self.damaged += sum(picture.is_corrupt for picture in pictures)
        return pictures


class Sampling:
    """Which frames of a video are wanted.

    Parameters
    ----------
    every : int
        1 for all frames, 2 for each second one and so on, beginning with the first.
    rate : float, optional
        Frames a second: those nearest to evenly spaced times; all where there are fewer.

    Raises
    ------
    ValueError
        If `every` is below 1, `rate` is not above 0, or both are given.
    """

    def __init__(self, *, every: int = 1, rate: float | None = None) -> None:
        if every < 1 or every != int(every):
            raise ValueError(f"expected every to be a whole number from 1 on, got {every}")
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise ValueError(f"expected a rate above 0 frames per second, got {rate}")
        if rate is not None and every != 1:
            raise ValueError(f"expected every or rate, got both: every={every} and rate={rate}")
        self._every, self._rate = every, rate
        self._turn = -1

    def wants(self, frame: DecodedFrame, interval: float) -> bool:
        """Say whether the next frame is wanted; `interval` is the usual one in seconds."""
        if self._rate is None:
            return frame.number % self._every == 0
        turn = math.floor((frame.time + interval / 2) * self._rate)
        due = turn > self._turn
        self._turn = max(turn, self._turn)
        return due


def _open_file(path: Path) -> av.container.InputContainer:
    if not path.exists():
        raise VideoError(f"{path} is missing: check the path")
    if not path.is_file():
        raise VideoError(f"{path} is no file: give the path of one video")
    if not path.stat().st_size:
        raise VideoError(f"{path} is empty: take it again from its source")
    try:
        # An absolute path, since FFmpeg takes what stands before a colon for a protocol.
        return av.open(str(path.absolute()), metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise VideoError(
            f"{path} is no video that can be read, or its index is missing ({error.strerror}): "
            "take it again from its source, or convert it to MP4"
        ) from error


def _is_cover(stream: av.VideoStream) -> bool:
    """Say whether a stream is the picture that a piece of music comes with."""
    return bool(stream.disposition & Disposition.attached_pic)


def _best_sound(container: av.container.InputContainer) -> av.AudioStream | None:
    """Return the sound that players choose, if FFmpeg knows what it is."""
    stream = container.streams.best("audio")
    if isinstance(stream, av.AudioStream) and stream.codec_context is not None:
        return stream
    return None


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base
