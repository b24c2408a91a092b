"""Summarize the faces of an uploaded video over time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.video.emotion_times import emotion_seconds, frame_lengths
from fer_utils.video.processing import VideoSummary
from fer_utils.widgets.figures import spoken_probabilities
from fer_utils.widgets.wording import video_time

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


def spoken_timeline(timeline: NDArray[np.float32], length: float) -> str:
    """Return a timeline as text for screen readers."""
    text = f"Probabilities over {video_time(length, length)}."
    if np.isnan(timeline).all():
        return f"{text} The face is not in the picture."
    return f"{text} Mean: {spoken_probabilities(np.nanmean(timeline, axis=1))}."
