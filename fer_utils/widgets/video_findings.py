"""What is found in a video that somebody uploads, and how it is shown."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS, SHOWN_EMOTIONS
from fer_utils.video.emotion_times import frame_lengths
from fer_utils.video.processing import VideoSummary
from fer_utils.widgets.figures import spoken_probabilities

# Most steps of the timeline.
POINTS = 240
# Seconds up to which times are written with a tenth.
_SHORT = 20


@dataclass(frozen=True)
class VideoFindings:
    """A video's faces over time.

    Attributes
    ----------
    summary : VideoSummary
        What was found, in numbers.
    table : DataFrame
        A row for each frame and face by `fer_utils.vision.face_table.COLUMNS`, the largest first.
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
            Its number; by default whichever face is the largest.

        Returns
        -------
        ndarray of float32, shape (7, n)
            Means over one n-th of the length each, n at most `POINTS`; NaN where the face is not
            seen.
        """
        count = max(1, min(POINTS, self.summary.frames))
        frames = self.table.drop_duplicates("frame")
        rows = frames if face is None else self.table[self.table["face"] == face]
        steps = range(count)
        means = rows.groupby(self._step(rows, count))[list(EMOTIONS)].mean().reindex(steps)
        # A step without a frame still shows the one before.
        shown = pd.Series(self._step(frames, count)).drop_duplicates()
        source = pd.Series(shown.to_numpy(), index=shown).reindex(steps).ffill().fillna(0)
        return means.loc[source].to_numpy(dtype=np.float32).T

    def times(self) -> list[dict[str, Any]]:
        """Return how long each emotion lasted, over all faces, and its part in the sum."""
        seconds = self._seconds()
        whole = sum(seconds.values()) or 1.0
        return [
            {"share": round(lasted / whole, 4), "time": moment(lasted, self.length)}
            for lasted in seconds.values()
        ]

    def most(self) -> str | None:
        """Return the emotion that lasted longest, None where there is no face."""
        seconds = self._seconds()
        return max(seconds, key=seconds.__getitem__) if any(seconds.values()) else None

    def _seconds(self) -> dict[str, float]:
        lengths = self.table["frame"].map(frame_lengths(self.table))
        sums = lengths.groupby(self.table["emotion"]).sum()
        return {name: float(sums.get(name, 0.0)) for name in SHOWN_EMOTIONS}

    def _step(self, rows: pd.DataFrame, count: int) -> NDArray[np.int64]:
        # Times are rounded in the file, so a frame may seem to end the step before its own.
        steps = np.floor(rows["time"].to_numpy() / (self.length or 1) * count + 0.01)
        return np.minimum(steps.astype(np.int64), count - 1)


def marks(length: float) -> list[str]:
    """Return the five times below a timeline."""
    return [moment(length * quarter / 4, length) for quarter in range(5)]


def moment(seconds: float, length: float) -> str:
    """Return a time in a video of some length: ``1.5 s``, or ``2:05`` in a longer one."""
    if length < _SHORT:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def time_left(seconds: float) -> str:
    """Return a time to wait in words, such as ``about 12 s left``."""
    if seconds < 60:
        return f"about {max(1, math.ceil(seconds))} s left"
    return f"about {math.ceil(seconds / 60)} min left"


def spoken(timeline: NDArray[np.float32], length: float) -> str:
    """Return a timeline in words for screen readers."""
    text = f"Probabilities over {moment(length, length)}."
    if np.isnan(timeline).all():
        return f"{text} The face is not seen."
    return f"{text} Mean: {spoken_probabilities(np.nanmean(timeline, axis=1))}."
