"""Record what the live camera saw: the last minute of a face, the time of each emotion, a CSV."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS, SHOWN_EMOTIONS
from fer_utils.video.sinks import csv_text
from fer_utils.vision.face_table import COLUMNS
from fer_utils.vision.observation import Observation

# In seconds. Frames further apart are a pause, such as a hidden tab, which counts for no emotion.
LONGEST_GAP = 0.5
# Steps of the timeline: 60 seconds in steps of half a second.
TIMELINE_STEPS = 120
_STEP = 0.5
# One row per frame and face: two hours of one face at 30 frames/s, 14 MB.
_ROW_LIMIT = 216_000

_TYPES = dict.fromkeys(COLUMNS, "f4") | {"frame": "i4", "time": "f8", "face": "i4", "emotion": "u1"}
_ROW = np.dtype([*_TYPES.items(), ("largest", "?")])
_DECIMALS = {"time": 3, "x": 1, "y": 1, "width": 1, "height": 1, "score": 3}
_DECIMALS |= dict.fromkeys(EMOTIONS, 4)


class SessionLog:
    """Collects Observations in bounded memory.

    Times are seconds since the first frame. When the camera is started again, time continues from
    the last frame, but the faces' numbers start at 1 again and the timeline starts empty.

    Parameters
    ----------
    row_limit : int
        Maximum number of rows, one per frame and face; at least 10. When it is reached, the oldest
        tenth is dropped; the times of the emotions still cover the whole session.

    Examples
    --------
    >>> log = SessionLog()
    >>> log.add(Observation(number=1, time=0.0, width=640, height=480, faces=()))
    >>> log.to_csv().splitlines()[1:]
    []
    """

    def __init__(self, *, row_limit: int = _ROW_LIMIT) -> None:
        self._row_limit = row_limit
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next frame is the first one."""
        # The system does not allocate zeroed memory before it is written to.
        self._rows = np.zeros(self._row_limit, dtype=_ROW)
        self._count = 0
        self._seconds = np.zeros(len(SHOWN_EMOTIONS))
        self._last: Observation | None = None
        self._now = self._origin = 0.0  # camera's times of the last and the first frame
        self._first_row = 0  # since the camera was last started

    def __len__(self) -> int:
        return self._count

    @property
    def time(self) -> float:
        """Seconds from the first frame to the last one."""
        return self._now - self._origin

    def add(self, observation: Observation) -> None:
        """Add the faces of a frame.

        Each face adds the time since the previous frame to its emotion, unless that is longer than
        `LONGEST_GAP`.
        """
        now, before = observation.time or 0.0, self.time
        if self._last is None:
            self._origin = now
        elif now < self._now:  # the camera was started again
            self._origin = now - before
            self._first_row = self._count
        self._last, self._now = observation, now
        passed = self.time - before
        for index, face in enumerate(observation.faces):
            emotion = SHOWN_EMOTIONS.index(face.emotion)
            if passed <= LONGEST_GAP:
                self._seconds[emotion] += passed
            values = (face.number, *face.box, face.score, *face.probabilities, emotion)
            self._append((observation.number, self.time, *values, index == 0))

    def faces(self) -> list[int]:
        """Return the numbers of the faces of the last 60 seconds."""
        return np.unique(self._recent()["face"]).tolist()

    def latest(self, face: int | None = None) -> NDArray[np.float32] | None:
        """Return the seven probabilities of a face in the last frame; None if it is not there.

        Parameters
        ----------
        face : int, optional
            Number of the face; by default, the largest face.
        """
        seen = () if self._last is None else self._last.faces
        return next((one.probabilities for one in seen if face in (None, one.number)), None)

    def timeline(self, face: int | None = None) -> NDArray[np.float32]:
        """Return the probabilities of a face over the last 60 seconds.

        Parameters
        ----------
        face : int, optional
            Number of the face; by default, the largest face of each frame.

        Returns
        -------
        ndarray of float32, shape (7, 120)
            Means over half a second each, the most recent last; NaN where the face is not in the
            picture.
        """
        rows = self._recent()
        rows = rows[rows["largest"] if face is None else rows["face"] == face]
        steps = (rows["time"] // _STEP - self._first_step()).astype(int)
        means = pd.DataFrame(rows[list(EMOTIONS)]).groupby(steps).mean()
        return means.reindex(range(TIMELINE_STEPS)).to_numpy(dtype=np.float32).T

    def seconds(self) -> dict[str, float]:
        """Return the time of each emotion over all faces, with "uncertain" last."""
        return dict(zip(SHOWN_EMOTIONS, self._seconds.tolist(), strict=True))

    def to_csv(self) -> str:
        """Return the session as CSV, one row per frame and face.

        The columns are `fer_utils.vision.face_table.COLUMNS`: the box in pixels of the frame,
        the detector's score and the probabilities from 0 to 1.
        """
        rows = (
            dict(zip(COLUMNS, (*values, SHOWN_EMOTIONS[emotion]), strict=True))
            for *values, emotion, _ in self._rows[: self._count].tolist()
        )
        return csv_text(rows, decimals=_DECIMALS)

    def _append(self, row: tuple) -> None:
        if self._count == self._row_limit:
            dropped = self._row_limit // 10
            self._rows[:-dropped] = self._rows[dropped:]
            self._count -= dropped
            self._first_row = max(0, self._first_row - dropped)
        self._rows[self._count] = row
        self._count += 1

    def _first_step(self) -> float:
        return self.time // _STEP - TIMELINE_STEPS + 1

    def _recent(self) -> NDArray[np.void]:
        rows = self._rows[self._first_row : self._count]
        return rows[np.searchsorted(rows["time"], self._first_step() * _STEP) :]
