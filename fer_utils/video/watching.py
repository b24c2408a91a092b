"""Recognize and follow the faces of a clip while its next frames are decoded."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor

from fer_utils.video.clip import Clip, DecodedFrame, Sampling
from fer_utils.vision.observation import Observation, RecognizedFace
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.vision.tracker import Tracker

# Frames that may wait for the recognizer or for those before them: all that is held in memory.
AHEAD = 4

Found = Future[list[RecognizedFace]] | None


def watch(
    clip: Clip, recognizer: FaceRecognizer, sampling: Sampling, tracker: Tracker
) -> Generator[tuple[DecodedFrame, Observation | None]]:
    """Give each frame of a clip with what is seen in it.

    The recognizer works in a thread of its own, on one frame after the other; both it and the
    decoder leave Python's lock to each other.

    Parameters
    ----------
    clip : Clip
        Is decoded.
    recognizer : FaceRecognizer
        As of `fer_utils.video.processing.observe_video`.
    sampling : Sampling
        Which frames are wanted.
    tracker : Tracker
        Follows the faces.

    Yields
    ------
    DecodedFrame, Observation or None
        None where the frame is not wanted.
    """
    waiting: deque[tuple[DecodedFrame, Found]] = deque()
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recognizer")
    try:
        for frame in clip.decode():
            wanted = sampling.wants(frame, clip.interval)
            found = thread.submit(recognizer.recognize, frame.image) if wanted else None
            waiting.append((frame, found))
            if len(waiting) > AHEAD:
                yield _follow(*waiting.popleft(), tracker)
        while waiting:
            yield _follow(*waiting.popleft(), tracker)
    finally:
        thread.shutdown(cancel_futures=True)


def make_tracker(recognizer: FaceRecognizer, smoothing: float) -> Tracker:
    """Return a tracker whose faces are as uncertain as those of the recognizer.

    Raises
    ------
    ValueError
        If `smoothing`, in seconds, is negative or no number.
    """
    uncertain_below = getattr(recognizer, "uncertain_below", 0.0)
    return Tracker(smoothing=smoothing, uncertain_below=uncertain_below)


def _follow(
    frame: DecodedFrame, found: Found, tracker: Tracker
) -> tuple[DecodedFrame, Observation | None]:
    if found is None:
        return frame, None
    faces = tuple(tracker.update(found.result(), frame.time))
    height, width = frame.image.shape[:2]
    return frame, Observation(frame.number, frame.time, width, height, faces)
