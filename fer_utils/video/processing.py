"""Videos in, faces with emotions out: as observations, as tables and as an annotated copy."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from fer_utils.video.clip import Clip, DecodedFrame, Sampling, VideoError, VideoFrame
from fer_utils.video.interrupts import deferred_interrupt
from fer_utils.video.output_files import OutputPaths, VideoFiles
from fer_utils.video.watching import make_tracker, watch
from fer_utils.vision.observation import Observation
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.vision.tracker import Tracker

__all__ = [
    "VideoError",
    "VideoFrame",
    "VideoInterrupted",
    "VideoProgress",
    "VideoSummary",
    "observe_video",
    "process_video",
    "read_frames",
]


@dataclass(frozen=True, kw_only=True)
class VideoProgress:
    """How far a video is.

    Attributes
    ----------
    frames : int
        Frames that were looked at.
    seconds : float
        The time of the last one.
    total_seconds : float or None
        The video's length; None where the file does not say it.
    """

    frames: int
    seconds: float
    total_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class VideoSummary:
    """What was found in a video.

    Attributes
    ----------
    frames : int
        Frames that were looked at.
    frames_with_faces : int
        Those of them that show a face.
    faces : int
        Different faces: as many as numbers were given.
    damaged : int
        Frames that could not be decoded, or only in part.
    seconds : float
        The time of the last frame.
    stopped : bool
        Whether the rest of the video was left out.
    table, wide_table, annotated : str, Path or None
        The files that were written.
    """

    frames: int
    frames_with_faces: int
    faces: int
    damaged: int
    seconds: float
    stopped: bool
    table: str | Path | None = None
    wide_table: str | Path | None = None
    annotated: str | Path | None = None


class VideoInterrupted(KeyboardInterrupt):
    """Ctrl-C, raised once what was done is finished.

    Attributes
    ----------
    summary : VideoSummary
        What was done.
    """

    def __init__(self, summary: VideoSummary) -> None:
        super().__init__(f"stopped after {summary.seconds:.1f} seconds of the video")
        self.summary = summary


def read_frames(
    path: str | Path, *, every: int = 1, rate: float | None = None
) -> Iterator[VideoFrame]:
    """Read the frames of a video one after the other, in constant memory.

    Parameters
    ----------
    path : str or Path
        Any video or picture that FFmpeg reads.
    every : int
        1 for all frames, 2 for each second one and so on, beginning with the first.
    rate : float, optional
        Frames a second, chosen by their times: those nearest to evenly spaced ones; all where the
        video has fewer.

    Yields
    ------
    VideoFrame
        With its own time, which need not be evenly spaced. A damaged frame is left out.

    Raises
    ------
    ValueError
        If `every` or `rate` cannot be, or both are given.
    VideoError
        With the first frame, if the file is missing, empty or damaged, or holds no frame.
    """
    return _read(Path(path), Sampling(every=every, rate=rate))


def observe_video(
    path: str | Path,
    recognizer: FaceRecognizer,
    *,
    every: int = 1,
    rate: float | None = None,
    smoothing: float = 0.5,
) -> Iterator[Observation]:
    """Find, recognize and follow the faces of a video, frame by frame.

    Frames are decoded while the recognizer works on earlier ones in a thread of its own: leave it
    alone until the last frame.

    Parameters
    ----------
    path, every, rate
        As of `read_frames`.
    recognizer : FaceRecognizer
        Finds faces and their emotions. Its `uncertain_below`, if it has one, holds for the
        smoothed probabilities too.
    smoothing : float
        Time constant of the smoothing of probabilities, in seconds; 0 turns it off.

    Yields
    ------
    Observation
        Of each frame, with its place in the file and its time.

    Raises
    ------
    ValueError, VideoError
        As `read_frames` does, or if `smoothing` is negative.
    """
    sampling = Sampling(every=every, rate=rate)
    return _observe(Path(path), recognizer, sampling, make_tracker(recognizer, smoothing))


def process_video(
    path: str | Path,
    recognizer: FaceRecognizer,
    *,
    every: int = 1,
    rate: float | None = None,
    smoothing: float = 0.5,
    table: str | Path | None = None,
    wide_table: str | Path | None = None,
    annotated: str | Path | None = None,
    on_progress: Callable[[VideoProgress], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> VideoSummary:
    """Recognize the faces of a video and write what is found, in one pass and constant memory.

    Files stand under their names only when they are finished; what stood there before stays until
    then, and for good if something fails.

    Ctrl-C ends it early, as `should_stop` does: what was done so far is finished, then
    `VideoInterrupted` is raised, which is a KeyboardInterrupt. A second Ctrl-C drops the files.

    Parameters
    ----------
    path, recognizer, every, rate, smoothing
        As of `observe_video`.
    table : str or Path, optional
        A CSV file: a row for each frame and face, with the columns of
        `fer_utils.vision.face_table.COLUMNS`; frames without a face have a row without values.
    wide_table : str or Path, optional
        A CSV file: a row for each frame, its faces beside each other
        (`fer_utils.video.sinks.WideTable`).
    annotated : str or Path, optional
        An MP4 file: the whole video with its sound and the faces drawn on it. It has all frames,
        whatever `every` and `rate` are, so that it plays as smoothly as the original; between two
        frames that were looked at, the faces of the first stay where they are.
    on_progress : callable, optional
        Gets a `VideoProgress` after each frame that was looked at.
    should_stop : callable, optional
        Asked after each frame; if it says True, the rest of the video is left out.

    Returns
    -------
    VideoSummary
        What was found.

    Raises
    ------
    ValueError
        As `observe_video` does, or if a file to write is the video itself, is named twice, or
        `annotated` does not end in ``.mp4``.
    VideoError
        If the video cannot be read.
    VideoInterrupted
        After Ctrl-C, with the summary of what was done.
    """
    sampling, tracker = Sampling(every=every, rate=rate), make_tracker(recognizer, smoothing)
    paths = OutputPaths(table=table, wide_table=wide_table, annotated=annotated)
    paths.check(Path(path))
    counts, stopped = _Counts(), False
    with (
        Clip(path, sound=annotated is not None) as clip,
        deferred_interrupt() as interrupted,
        VideoFiles(clip, paths) as files,
    ):
        try:
            with closing(watch(clip, recognizer, sampling, tracker)) as frames:
                for frame, seen in frames:
                    files.add(frame, seen)
                    counts.add(frame, seen)
                    if seen is not None and on_progress is not None:
                        on_progress(counts.progress(clip))
                    stopped = interrupted.is_set() or (should_stop is not None and should_stop())
                    if stopped:
                        break
        except KeyboardInterrupt:
            # The second Ctrl-C, or one that the recognizer raises by itself.
            if interrupted.is_set() or not counts.frames:
                raise
            interrupted.set()
            stopped = True
        files.finish(whole=not stopped)
        summary = counts.summary(clip, paths, stopped=stopped)
    if interrupted.is_set():
        raise VideoInterrupted(summary)
    return summary


class _Counts:
    """What is counted on the way through a video."""

    def __init__(self) -> None:
        self.frames = self._with_faces = self._faces = 0
        self._seconds = 0.0

    def add(self, frame: DecodedFrame, seen: Observation | None) -> None:
        self._seconds = frame.time
        if seen is not None:
            self.frames += 1
            self._with_faces += bool(seen.faces)
            self._faces = max([self._faces, *(face.number for face in seen.faces)])

    def progress(self, clip: Clip) -> VideoProgress:
        return VideoProgress(frames=self.frames, seconds=self._seconds, total_seconds=clip.duration)

    def summary(self, clip: Clip, paths: OutputPaths, *, stopped: bool) -> VideoSummary:
        return VideoSummary(
            frames=self.frames,
            frames_with_faces=self._with_faces,
            faces=self._faces,
            damaged=clip.damaged,
            seconds=self._seconds,
            stopped=stopped,
            table=paths.table,
            wide_table=paths.wide_table,
            annotated=paths.annotated,
        )


def _read(path: Path, sampling: Sampling) -> Iterator[VideoFrame]:
    with Clip(path) as clip:
        for frame in clip.decode():
            if sampling.wants(frame, clip.interval):
                yield VideoFrame(number=frame.number, time=frame.time, image=frame.image)


def _observe(
    path: Path, recognizer: FaceRecognizer, sampling: Sampling, tracker: Tracker
) -> Iterator[Observation]:
    with Clip(path) as clip:
        for _, seen in watch(clip, recognizer, sampling, tracker):
            if seen is not None:
                yield seen
