"""Process a video in one pass: tables of the faces and an annotated copy."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from fer_utils.paths import atomic_file, resolved
from fer_utils.video.annotated_copy import AnnotatedCopy
from fer_utils.video.clip import Clip, DecodedFrame, ffmpeg_errors
from fer_utils.video.frames import Sampling, watch
from fer_utils.video.sinks import CsvTable, Sink, WideTable
from fer_utils.vision.observation import Observation
from fer_utils.vision.recognizer import FaceRecognizer, Recognizer
from fer_utils.vision.tracker import Tracker


@dataclass(frozen=True, kw_only=True)
class VideoProgress:
    """The progress of processing a video.

    Attributes
    ----------
    frames : int
        Number of frames examined.
    seconds : float
        Time of the last one.
    total_seconds : float or None
        Length of the video; None if unknown.
    """

    frames: int
    seconds: float
    total_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class VideoSummary:
    """The result of processing a video.

    Attributes
    ----------
    frames : int
        Number of frames examined.
    frames_with_faces : int
        How many of them show a face.
    faces : int
        Number of different faces.
    damaged : int
        Number of frames that could not be decoded completely.
    seconds : float
        Time of the last frame.
    stopped : bool
        Whether processing ended before the video did.
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
    """Ctrl-C, raised once the files with the results so far are complete.

    Attributes
    ----------
    summary : VideoSummary
        The results so far.
    """

    def __init__(self, summary: VideoSummary) -> None:
        super().__init__(f"stopped after {summary.seconds:.1f} seconds of the video")
        self.summary = summary


def process_video(
    path: str | Path,
    recognizer: FaceRecognizer | None = None,
    *,
    every: int = 1,
    rate: float | None = None,
    smoothing: float = 0.5,
    table: str | Path | None = None,
    wide_table: str | Path | None = None,
    annotated: str | Path | None = None,
    sinks: Sequence[Sink] = (),
    on_progress: Callable[[VideoProgress], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> VideoSummary:
    """Recognize the faces in a video and write the results, in one pass and constant memory.

    Files replace existing ones only once all of them are complete; after an error, the existing
    ones stay.

    Ctrl-C ends processing early, as `should_stop` does: files are completed with the results so
    far, then `VideoInterrupted`, a KeyboardInterrupt, is raised. A second Ctrl-C discards them.

    Parameters
    ----------
    path, recognizer, every, rate, smoothing
        See `observe_video`.
    table : str or Path, optional
        A CSV file with a row for each frame and face and the columns
        `fer_utils.vision.face_table.COLUMNS`; frames without a face have a row without values.
    wide_table : str or Path, optional
        A CSV file with a row for each frame and its faces side by side
        (`fer_utils.video.sinks.WideTable`).
    annotated : str or Path, optional
        An MP4 file: the whole video with its sound and the faces drawn on it. It has all frames,
        whatever `every` and `rate` are, to play as smoothly as the original; frames that are not
        examined show the faces of the last one that was.
    sinks : sequence of Sink
        More sinks, which the caller opens and closes.
    on_progress : callable, optional
        Called with a `VideoProgress` after each examined frame.
    should_stop : callable, optional
        Called after each frame; the rest of the video is left out once it returns True.

    Returns
    -------
    VideoSummary
        Counts, and the files that were written.

    Raises
    ------
    ValueError
        As `observe_video` does; or if an output is the video itself, two are the same file, or
        `annotated` does not end in ``.mp4``.
    VideoError
        If the video cannot be read, or its copy cannot be written.
    OSError
        If there is no space left for the files.
    VideoInterrupted
        After Ctrl-C, with the summary of the results so far.
    """
    sampling = Sampling(every=every, rate=rate)
    outputs = _Outputs(table=table, wide_table=wide_table, annotated=annotated)
    outputs.check(Path(path))
    recognizer = Recognizer() if recognizer is None else recognizer
    tracker = Tracker(smoothing=smoothing, uncertain_below=recognizer.uncertain_below)
    stopped = False
    with (
        ffmpeg_errors(path),
        Clip(path, sound=annotated is not None) as clip,
        deferred_interrupt() as interrupted,
        outputs.opened(clip, sinks) as results,
    ):
        try:
            with closing(watch(clip, recognizer, sampling, tracker)) as frames:
                for frame, observation in frames:
                    results.add(frame, observation)
                    if observation is not None and on_progress is not None:
                        on_progress(results.progress())
                    stopped = interrupted.is_set() or (should_stop is not None and should_stop())
                    if stopped:
                        break
        except KeyboardInterrupt:
            # The second Ctrl-C, or one that the recognizer raises itself.
            if interrupted.is_set() or not results.frames:
                raise
            interrupted.set()
            stopped = True
        if results.copy is not None:
            results.copy.is_cut = stopped
    summary = results.summary(outputs, stopped=stopped)
    if interrupted.is_set():
        raise VideoInterrupted(summary)
    return summary


@contextmanager
def deferred_interrupt() -> Iterator[threading.Event]:
    """Note the first Ctrl-C in place of raising KeyboardInterrupt; a second one raises as usual.

    Nothing changes outside the main thread, where Ctrl-C never arrives, and in background programs
    that ignore it.

    Yields
    ------
    Event
        Set by Ctrl-C.
    """
    pressed = threading.Event()
    usual = signal.getsignal(signal.SIGINT)
    is_ignored = usual in (signal.SIG_IGN, None)
    if is_ignored or threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def note(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, usual)


@dataclass(frozen=True, kw_only=True)
class _Outputs:
    """The paths of the files to write; None for those that are not wanted."""

    table: str | Path | None
    wide_table: str | Path | None
    annotated: str | Path | None

    def check(self, source: Path) -> None:
        """Raise ValueError if a file would replace the video or another one, or is not an MP4."""
        taken = {resolved(source): "the video itself"}
        for name, path in vars(self).items():
            other = name if path is None else taken.setdefault(resolved(path), name)
            if other != name:
                raise ValueError(f"{name} is {path}, which is {other}: choose another name")
        if self.annotated is not None and Path(self.annotated).suffix.lower() != ".mp4":
            raise ValueError(
                f"annotated is {self.annotated}, but is written as MP4: choose a name with .mp4"
            )

    @contextmanager
    def opened(self, clip: Clip, sinks: Sequence[Sink]) -> Iterator["_Results"]:
        """Yield open files, which are renamed once all of them are finished."""
        with ExitStack() as names, ExitStack() as files:
            tables: list[Sink] = []
            copy = None
            if self.table is not None:
                path = names.enter_context(atomic_file(self.table))
                tables.append(files.enter_context(CsvTable(path)))
            if self.wide_table is not None:
                path = names.enter_context(atomic_file(self.wide_table))
                tables.append(files.enter_context(WideTable(path)))
            if self.annotated is not None:
                path = names.enter_context(atomic_file(self.annotated))
                copy = files.enter_context(AnnotatedCopy(path, clip))
            yield _Results(clip, [*tables, *sinks], copy)


class _Results:
    """Write and count the faces of a video, frame by frame."""

    def __init__(self, clip: Clip, sinks: Sequence[Sink], copy: AnnotatedCopy | None) -> None:
        self._clip, self._sinks, self.copy = clip, sinks, copy
        self.frames = self._with_faces = self._faces = 0
        self._seconds = 0.0

    def add(self, frame: DecodedFrame, observation: Observation | None) -> None:
        if observation is not None:
            for sink in self._sinks:
                sink.add(observation)
            self.frames += 1
            self._with_faces += len(observation) > 0
            self._faces = max([self._faces, *(face.number for face in observation)])
        if self.copy is not None:
            self.copy.add(frame, observation)
        self._seconds = frame.time

    def progress(self) -> VideoProgress:
        return VideoProgress(
            frames=self.frames, seconds=self._seconds, total_seconds=self._clip.duration
        )

    def summary(self, outputs: _Outputs, *, stopped: bool) -> VideoSummary:
        return VideoSummary(
            frames=self.frames,
            frames_with_faces=self._with_faces,
            faces=self._faces,
            damaged=self._clip.damaged,
            seconds=self._seconds,
            stopped=stopped,
            **vars(outputs),
        )
