"""What the live camera saw: the last minute of a face, how long each emotion lasted, and a CSV."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS, SHOWN_EMOTIONS
from fer_utils.vision.face_table import COLUMNS
from fer_utils.vision.observation import Observation

# One row for each face and frame: two hours of one face at 30 frames/s, 14 MB.
ROW_LIMIT = 216_000
# Seconds. Frames further apart than this are a pause, such as a hidden tab, that nobody acted in.
LONGEST_GAP = 0.5
# The timeline: 60 seconds in steps of half a second.
STEP = 0.5
POINTS = 120


_ROW = np.dtype(
    [
        ("time", "f8"),
        ("frame", "i4"),
        ("face", "i4"),
        ("box", "f4", 4),
        ("score", "f4"),
        ("probabilities", "f4", len(EMOTIONS)),
        ("emotion", "u1"),
        ("largest", "?"),
    ]
)
_LINE = ",".join(["%d", "%.3f", "%d", *["%.1f"] * 4, "%.3f", *["%.4f"] * len(EMOTIONS), "%s\n"])


class SessionLog:
    """Collects Observations in bounded memory.

    Times are seconds since the first frame. When the camera is started again they go on from the
    last frame; the faces' numbers then begin at 1 again, and the timeline begins afresh.

    Parameters
    ----------
    row_limit : int
        Most rows that are kept, one for each face and frame. When it is reached, the oldest tenth
        is dropped; the seconds of the emotions still count the whole session.

    Raises
    ------
    ValueError
        If `row_limit` is less than 10.

    Examples
    --------
    >>> log = SessionLog()
    >>> log.add(Observation(number=1, time=0.0, width=640, height=480, faces=()))
    >>> log.to_csv().splitlines()[1:]
    []
    """

    def __init__(self, *, row_limit: int = ROW_LIMIT) -> None:
        if row_limit < 10:
            raise ValueError(f"row_limit is {row_limit}: expected at least 10 rows")
        self._row_limit = row_limit
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next frame is the first one."""
        # Memory of zeros is not taken before it is written to.
        self._rows = np.zeros(self._row_limit, dtype=_ROW)
        self._count = 0
        self._seconds = np.zeros(len(SHOWN_EMOTIONS))
        self._last: Observation | None = None
        self._origin = 0.0
        self._first_row = 0  # of those since the camera was started last

    def __len__(self) -> int:
        return self._count

    @property
    def time(self) -> float:
        """Seconds from the first frame to the last one."""
        return 0.0 if self._last is None else self._last.time - self._origin

    def add(self, observation: Observation) -> None:
        """Take the faces of one more frame.

        Every face adds the time since the frame before to its emotion, unless that is longer than
        `LONGEST_GAP`.
        """
        before = self.time
        if self._last is None:
            self._origin = observation.time
        elif observation.time < self._last.time:  # the camera was started again
            self._origin = observation.time - before
            self._first_row = self._count
        self._last = observation
        passed = self.time - before
        for index, face in enumerate(observation.faces):
            emotion = SHOWN_EMOTIONS.index(face.emotion)
            if passed <= LONGEST_GAP:
                self._seconds[emotion] += passed
            self._append(
                (
                    *(self.time, observation.number, face.number, face.box, face.score),
                    *(face.probabilities, emotion, index == 0),
                )
            )

    def faces(self) -> list[int]:
        """Return the numbers of the faces that were seen in the last 60 seconds."""
        return np.unique(self._recent()["face"]).tolist()

    def latest(self, face: int | None = None) -> NDArray[np.float32] | None:
        """Return the seven probabilities of a face in the last frame, None if it was not there.

        Parameters
        ----------
        face : int, optional
            Its number; the largest face by default.
        """
        seen = () if self._last is None else self._last.faces
        chosen = [one for one in seen if face is None or one.number == face]
        return chosen[0].probabilities if chosen else None

    def timeline(self, face: int | None = None) -> NDArray[np.float32]:
        """Return the probabilities of a face over the last 60 seconds.

        Parameters
        ----------
        face : int, optional
            Its number; by default whichever face was the largest.

        Returns
        -------
        ndarray of float32, shape (7, 120)
            Means over half a second each, the last column the newest; NaN where it was not seen.
        """
        rows = self._recent()
        rows = rows[rows["largest"] if face is None else rows["face"] == face]
        points = (rows["time"] // STEP - self._first_step()).astype(int)
        sums = np.zeros((POINTS, len(EMOTIONS)), dtype=np.float32)
        np.add.at(sums, points, rows["probabilities"])
        counts = np.bincount(points, minlength=POINTS)
        means = np.full_like(sums, np.nan)
        np.divide(sums, counts[:, None], out=means, where=counts[:, None] > 0, casting="same_kind")
        return means.T

    def seconds(self) -> dict[str, float]:
        """Return how long each emotion lasted, over all faces together, `UNCERTAIN` last."""
        return dict(zip(SHOWN_EMOTIONS, self._seconds.tolist(), strict=True))

    def shares(self) -> dict[str, float]:
        """Return the parts of these times in their sum, 0 to 1; all 0 before anything was seen."""
        whole = self._seconds.sum() or 1.0
        return dict(zip(SHOWN_EMOTIONS, (self._seconds / whole).tolist(), strict=True))

    def to_csv(self) -> str:
        """Return the session as CSV, one row for each face and frame.

        The columns are `COLUMNS`: the box in pixels of the frame, the detector's score and the
        probabilities from 0 to 1.
        """
        lines = [",".join(COLUMNS) + "\n"]
        for row in self._rows[: self._count].tolist():
            time, frame, face, box, score, probabilities, emotion, _ = row
            lines.append(
                _LINE % (frame, time, face, *box, score, *probabilities, SHOWN_EMOTIONS[emotion])
            )
        return "".join(lines)

    def _append(self, row: tuple) -> None:
        if self._count == self._row_limit:
            dropped = self._row_limit // 10
            self._rows[:-dropped] = self._rows[dropped:]
            self._count -= dropped
            self._first_row = max(0, self._first_row - dropped)
        self._rows[self._count] = row
        self._count += 1

    def _first_step(self) -> float:
        return self.time // STEP - POINTS + 1

    def _recent(self) -> NDArray[np.void]:
        since = self._first_step() * STEP
        first = bisect_left(
            range(self._count), since, lo=self._first_row, key=lambda row: self._rows["time"][row]
        )
        return self._rows[first : self._count]
