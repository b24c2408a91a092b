"""Keep the files and the progress of one uploaded video."""

import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fer_utils.video.processing import VideoProgress, VideoSummary
from fer_utils.vision.face_table import read_face_table
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.video_findings import VideoFindings

Process = Callable[..., VideoSummary]


class VideoJob:
    """A video in a temporary folder of its own.

    Parameters
    ----------
    number : int
        Number of the video in this session.
    name : str
        The person's name for it.
    clock : callable
        Returns the time in seconds.

    Attributes
    ----------
    source, table, annotated : Path
        The uploaded video, and its results.
    stopping : threading.Event
        Set it to stop the processing early.
    progress : VideoProgress or None
        Progress of the processing.
    findings : VideoFindings or None
        The result.
    """

    def __init__(
        self, number: int, name: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.number = number
        self.name = name
        # Removed when the kernel ends, at the latest.
        self._folder = tempfile.TemporaryDirectory(prefix="fer_video_", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self.source = folder / f"upload{_safe_suffix(name)}"
        self.table = folder / "faces.csv"
        self.annotated = folder / "annotated.mp4"
        self.stopping = threading.Event()
        self.progress: VideoProgress | None = None
        self.findings: VideoFindings | None = None
        self._clock = clock
        self._began: float | None = None

    def run(
        self,
        recognizer: FaceRecognizer,
        process: Process,
        on_progress: Callable[[VideoProgress], object],
    ) -> VideoFindings:
        """Process the video, and delete it afterwards in any case.

        Raises
        ------
        VideoError
            If it cannot be read.
        """
        try:
            summary = process(
                self.source,
                recognizer,
                table=self.table,
                annotated=self.annotated,
                on_progress=on_progress,
                should_stop=self.stopping.is_set,
            )
        finally:
            self.source.unlink(missing_ok=True)
        return VideoFindings(summary, read_face_table(self.table))

    def advance(self, progress: VideoProgress) -> None:
        """Record the progress."""
        self._began = self._clock() if self._began is None else self._began
        self.progress = progress

    def share(self) -> float | None:
        """Return the processed share of the video, 0 to 1; None if its length is unknown."""
        if self.progress is None or not self.progress.total_seconds:
            return None
        return min(1.0, self.progress.seconds / self.progress.total_seconds)

    def seconds_left(self) -> float | None:
        """Return the estimated seconds until the end; None if unknown."""
        share = self.share()
        if not share or self._began is None:
            return None
        return (self._clock() - self._began) * (1 - share) / share

    def reword(self, text: str) -> str:
        """Replace the path of the video in a message with the person's name for it."""
        return text.replace(str(self.source), self.name).replace(self.source.name, self.name)

    def remove(self) -> None:
        """Stop the processing, and delete all files of the video."""
        self.stopping.set()
        self._folder.cleanup()


def _safe_suffix(name: str) -> str:
    """Return the suffix of an untrusted file name, or nothing if it looks unusual."""
    suffix = Path(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""
