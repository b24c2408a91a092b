"""Keep the files, the progress, and the findings of one uploaded video."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.paths import ScratchFolder
from fer_utils.video.emotion_times import emotion_seconds, frame_lengths
from fer_utils.video.processing import VideoProgress, VideoSummary
from fer_utils.vision.face_table import read_face_table
from fer_utils.widgets.figures import spoken_probabilities, video_time

# Of the timeline.
MOST_STEPS = 240


@dataclass(frozen=True)
class VideoFindings:
    """The faces of a video over time.

    Attributes
    ----------
    summary : VideoSummary
        Counts of frames and faces.
    table : DataFrame
        One row per frame and face, with the columns `fer_utils.vision.face_table.COLUMNS`; the
        largest face of a frame first.
    """

    summary: VideoSummary
    table: pd.DataFrame

    @property
    def length(self) -> float:
        """Seconds from the first frame to the end of the last one."""
        return float(frame_lengths(self.table).sum())

    def faces(self) -> list[int]:
        """Return the numbers of the faces."""
        return sorted(self.table["face"].dropna().astype(int).unique().tolist())

    def timeline(self, face: int | None = None) -> NDArray[np.float32]:
        """Return the probabilities of a face over the whole video.

        Parameters
        ----------
        face : int, optional
            Number of the face; by default, the largest face of each frame.

        Returns
        -------
        ndarray of float32, shape (7, n)
            Means over n equal steps of time, with n at most `MOST_STEPS`; NaN where the face is
            not in the picture.
        """
        count = max(1, min(MOST_STEPS, self.summary.frames))
        frames = self.table.drop_duplicates("frame")
        rows = frames if face is None else self.table[self.table["face"] == face]
        steps = range(count)
        means = rows.groupby(self._step(rows, count))[list(EMOTIONS)].mean().reindex(steps)
        # During a step without a frame, the previous frame is still shown.
        shown = pd.Series(self._step(frames, count)).drop_duplicates()
        source = pd.Series(shown.to_numpy(), index=shown).reindex(steps).ffill().fillna(0)
        return means.loc[source].to_numpy(dtype=np.float32).T

    def seconds(self) -> dict[str, float]:
        """Return the time of each emotion over all faces, with "uncertain" last."""
        return {str(name): float(time) for name, time in emotion_seconds(self.table).sum().items()}

    def _step(self, rows: pd.DataFrame, count: int) -> NDArray[np.int64]:
        # The file has rounded times, so a frame may seem to end one step too early.
        steps = np.floor(rows["time"].to_numpy() / (self.length or 1) * count + 0.01)
        return np.minimum(steps.astype(np.int64), count - 1)


class VideoJob:
    """A video in a temporary folder of its own.

    Parameters
    ----------
    number : int
        Number of the video in this session.
    name : str
        The person's name for it.

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

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self._scratch = ScratchFolder()
        folder = self._scratch.path
        self.source = folder / "upload"
        self.table = folder / "faces.csv"
        self.annotated = folder / "annotated.mp4"
        self.stopping = threading.Event()
        self.progress: VideoProgress | None = None
        self.findings: VideoFindings | None = None
        self._began = 0.0

    def run(self, process: Callable[..., VideoSummary]) -> VideoFindings:
        """Process the video, and delete it afterwards in any case.

        Parameters
        ----------
        process : callable
            As `fer_utils.video.own_process.process_apart`.

        Raises
        ------
        VideoError
            If it cannot be read.
        """
        try:
            summary = process(
                self.source,
                table=self.table,
                annotated=self.annotated,
                should_stop=self.stopping.is_set,
            )
        finally:
            self.source.unlink(missing_ok=True)
        return VideoFindings(summary, read_face_table(self.table))

    def advance(self, progress: VideoProgress, now: float) -> None:
        """Record the progress at a time in seconds."""
        if self.progress is None:
            self._began = now
        self.progress = progress

    def share(self) -> float | None:
        """Return the processed share of the video, 0 to 1; None if its length is unknown."""
        if self.progress is None or not self.progress.total_seconds:
            return None
        return min(1.0, self.progress.seconds / self.progress.total_seconds)

    def seconds_left(self, now: float) -> float | None:
        """Return the estimated seconds until the end; None if unknown."""
        share = self.share()
        return (now - self._began) * (1 - share) / share if share else None

    def reword(self, text: str) -> str:
        """Replace the path of the video in a message with the person's name for it."""
        return text.replace(str(self.source), self.name).replace(self.source.name, self.name)

    def remove(self) -> None:
        """Stop the processing, and delete all files of the video."""
        self.stopping.set()
        self._scratch.remove()


def spoken_timeline(timeline: NDArray[np.float32], length: float) -> str:
    """Return a timeline as text for screen readers."""
    text = f"Probabilities over {video_time(length, length)}."
    if np.isnan(timeline).all():
        return f"{text} The face is not in the picture."
    return f"{text} Mean: {spoken_probabilities(np.nanmean(timeline, axis=1))}."
