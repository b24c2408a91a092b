"""One uploaded video: its folder, its work beside the page, and how far that is."""

import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from fer_utils.video.processing import VideoProgress, VideoSummary
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.video_findings import VideoFindings

Process = Callable[..., VideoSummary]


class VideoJob:
    """A video in a temporary folder of its own.

    Parameters
    ----------
    number : int
        Which of the session's videos it is.
    name : str
        What the person calls it.
    clock : callable
        Returns seconds.

    Attributes
    ----------
    source, table, annotated : Path
        The video that came, and what is made of it.
    stopping : threading.Event
        Set to end the work early.
    progress : VideoProgress or None
        How far the work is.
    findings : VideoFindings or None
        What came of it.
    """

    def __init__(
        self, number: int, name: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.number = number
        self.name = name
        # Removed at the latest when the kernel ends.
        self._folder = tempfile.TemporaryDirectory(prefix="fer_video_", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self.source = folder / f"upload{safe_suffix(name)}"
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
        """Work through the video; delete it whatever happens.

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
        table = pd.read_csv(self.table).astype({"face": "Int64", "emotion": "string"})
        return VideoFindings(summary, table)

    def advance(self, progress: VideoProgress) -> None:
        """Take how far the work is."""
        self._began = self._clock() if self._began is None else self._began
        self.progress = progress

    def share(self) -> float | None:
        """Return how much of the video is done, 0 to 1; None where its length is not known."""
        if self.progress is None or not self.progress.total_seconds:
            return None
        return min(1.0, self.progress.seconds / self.progress.total_seconds)

    def seconds_left(self) -> float | None:
        """Return how long it may still take, in seconds; None where that is not known."""
        share = self.share()
        if not share or self._began is None:
            return None
        return (self._clock() - self._began) * (1 - share) / share

    def reword(self, text: str) -> str:
        """Return a message with the person's own name for the video in the place of its path."""
        return text.replace(str(self.source), self.name).replace(self.source.name, self.name)

    def remove(self) -> None:
        """End the work, and delete all of the video's files."""
        self.stopping.set()
        self._folder.cleanup()


def safe_suffix(name: str) -> str:
    """Return the suffix of a file name that somebody else chose; empty if it looks like none."""
    suffix = Path(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""
