"""Read the frames of a video, and recognize and track the faces in them."""

import math
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer_utils.video.clip import Clip, DecodedFrame
from fer_utils.vision.observation import Observation, RecognizedFace
from fer_utils.vision.recognizer import FaceRecognizer, Recognizer
from fer_utils.vision.tracker import Tracker

# Frames that may wait for the recognizer; no others are held in memory.
AHEAD = 4

_Found = Future[Sequence[RecognizedFace]] | None


@dataclass(frozen=True, kw_only=True)
class VideoFrame:
    """A frame of a video.

    Attributes
    ----------
    number : int
        Index in the file, from 0.
    time : float
        When it is shown, in seconds since the first frame.
    image : ndarray of uint8, shape (h, w, 3)
        RGB, upright.
    """

    number: int
    time: float
    image: NDArray[np.uint8]


class Sampling:
    """Choose frames of a video.

    Parameters
    ----------
    every : int
        Choose every `every`-th frame, starting with the first.
    rate : float, optional
        Choose this many frames per second: those nearest to evenly spaced times; all if the video
        has fewer.

    Raises
    ------
    ValueError
        If `every` is below 1, `rate` is not above 0, or both are given.
    """

    def __init__(self, *, every: int = 1, rate: float | None = None) -> None:
        if every < 1 or every != int(every):
            raise ValueError(f"expected every to be an integer of at least 1, got {every}")
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise ValueError(f"expected a rate above 0 frames per second, got {rate}")
        if rate is not None and every != 1:
            raise ValueError(f"expected every or rate, got both: every={every} and rate={rate}")
        self._every, self._rate = every, rate
        self._turn = -1

    def wants(self, frame: DecodedFrame, interval: float) -> bool:
        """Return whether the next frame is chosen; `interval` is the usual one in seconds."""
        if self._rate is None:
            return frame.number % self._every == 0
        turn = math.floor((frame.time + interval / 2) * self._rate)
        due = turn > self._turn
        self._turn = max(turn, self._turn)
        return due

    def step(self, interval: float) -> float:
        """Return the seconds from one chosen frame to the next."""
        if self._rate is None:
            return interval * self._every
        return max(interval, 1 / self._rate)


def read_frames(
    path: str | Path, *, every: int = 1, rate: float | None = None
) -> Iterator[VideoFrame]:
    """Read the frames of a video one by one, in constant memory.

    Parameters
    ----------
    path : str or Path
        Any video or picture that FFmpeg can read.
    every : int
        Read every `every`-th frame, starting with the first.
    rate : float, optional
        Read this many frames per second, chosen by their times: those nearest to evenly spaced
        ones; all if the video has fewer.

    Yields
    ------
    VideoFrame
        With its own time; times need not be evenly spaced. Damaged frames are left out.

    Raises
    ------
    ValueError
        If `every` or `rate` is out of range, or both are given.
    VideoError
        With the first frame, if the file is missing, empty or damaged, or has no frames.
    """
    return _read(Path(path), Sampling(every=every, rate=rate))


def observe_video(
    path: str | Path,
    recognizer: FaceRecognizer | None = None,
    *,
    every: int = 1,
    rate: float | None = None,
    smoothing: float = 0.5,
) -> Iterator[Observation]:
    """Recognize and track the faces in a video, frame by frame.

    Frames are decoded while the recognizer works on earlier ones in its own thread: do not use it
    elsewhere before the last frame.

    Parameters
    ----------
    path, every, rate
        See `read_frames`.
    recognizer : FaceRecognizer, optional
        Finds faces and their emotions; by default `Recognizer()`. A `Recognizer` for faces of all
        sizes follows them from frame to frame, and searches a whole frame every three seconds.
        Its `uncertain_below` also applies to the smoothed probabilities.
    smoothing : float
        Time constant of the smoothing of probabilities, in seconds; 0 turns it off.

    Yields
    ------
    Observation
        The faces in each frame, with its index in the file and its time.

    Raises
    ------
    ValueError, VideoError
        As `read_frames` does, or if `smoothing` is negative.
    """
    sampling = Sampling(every=every, rate=rate)
    recognizer = Recognizer() if recognizer is None else recognizer
    tracker = Tracker(smoothing=smoothing, uncertain_below=recognizer.uncertain_below)
    return _observe(Path(path), recognizer, sampling, tracker)


def watch(
    clip: Clip, recognizer: FaceRecognizer, sampling: Sampling, tracker: Tracker
) -> Generator[tuple[DecodedFrame, Observation | None]]:
    """Yield each frame of a clip with the faces in it, or None if the frame is not chosen.

    The recognizer runs in its own thread, one frame after the other; both it and the decoder
    release the GIL.
    """
    if isinstance(recognizer, Recognizer):
        recognizer = recognizer.for_clip(sampling.step(clip.interval))
    waiting: deque[tuple[DecodedFrame, _Found]] = deque()
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recognizer")
    try:
        for frame in clip.decode():
            is_wanted = sampling.wants(frame, clip.interval)
            found = thread.submit(recognizer.recognize, frame.image) if is_wanted else None
            waiting.append((frame, found))
            if len(waiting) > AHEAD:
                yield _track(*waiting.popleft(), tracker)
        while waiting:
            yield _track(*waiting.popleft(), tracker)
    finally:
        thread.shutdown(cancel_futures=True)


def _track(
    frame: DecodedFrame, found: _Found, tracker: Tracker
) -> tuple[DecodedFrame, Observation | None]:
    if found is None:
        return frame, None
    faces = tuple(tracker.update(found.result(), frame.time))
    height, width = frame.image.shape[:2]
    return frame, Observation(frame.number, frame.time, width, height, faces)


def _read(path: Path, sampling: Sampling) -> Iterator[VideoFrame]:
    with Clip(path) as clip:
        for frame in clip.decode():
            if sampling.wants(frame, clip.interval):
                yield VideoFrame(number=frame.number, time=frame.time, image=frame.image)


def _observe(
    path: Path, recognizer: FaceRecognizer, sampling: Sampling, tracker: Tracker
) -> Iterator[Observation]:
    with Clip(path) as clip:
        for _, observation in watch(clip, recognizer, sampling, tracker):
            if observation is not None:
                yield observation
