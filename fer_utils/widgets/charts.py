"""Live charts: the last minute of a face, and how long each emotion lasted."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import SHOWN_EMOTIONS
from fer_utils.vision.observation import Observation
from fer_utils.widgets.figures import spoken_probabilities, timeline_as_json
from fer_utils.widgets.panel import Panel, page_script, page_style
from fer_utils.widgets.session_log import SessionLog

# Seconds between two updates of the page.
UPDATE_EVERY = 0.5


class LiveCharts(Panel):
    """Shows the session of a live camera, and saves it as CSV.

    The seven probabilities of one face over the last 60 seconds; the time that each emotion
    lasted, over all faces, as bars and as a ring. The page is updated at most twice a second.

    Parameters
    ----------
    session : SessionLog, optional
        What is shown; an empty one by default.
    **traits
        First values of the traits.

    Attributes
    ----------
    session : SessionLog
        Everything that was seen since the start or the last reset.
    face : int
        The number of the face in the timeline; 0 is whichever face is the largest.

    Examples
    --------
    >>> charts = LiveCharts()  # doctest: +SKIP
    >>> camera.observe_faces(charts.update)  # doctest: +SKIP
    """

    _esm = page_script("figures.js", "charts.js")
    _css = page_style("figures.css")
    _file_stem = "emotions"

    def __init__(self, session: SessionLog | None = None, **traits: Any) -> None:
        self.session = SessionLog() if session is None else session
        self._updated_at = -np.inf
        super().__init__(**traits)
        self.observe(lambda _: self.publish(), "face")

    def update(self, observation: Observation) -> None:
        """Take what the camera saw, and update the page if it is time to."""
        self.session.add(observation)
        if not 0 <= observation.time - self._updated_at < UPDATE_EVERY:
            self._updated_at = observation.time
            self.publish()

    def reset(self) -> None:
        """Forget what was seen; timeline, times and CSV start again."""
        self.session.reset()
        self._updated_at = -np.inf
        self.face = 0
        self.publish()

    def to_csv(self) -> str:
        """Return the session as `SessionLog.to_csv` gives it."""
        return self.session.to_csv()

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what the buttons of the page do, by name."""
        return {"reset": self.reset}

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        session, face = self.session, self.face or None
        latest = session.latest(face)
        times, shares = session.seconds(), session.shares()
        return {
            "faces": session.faces(),
            "can_save": len(session) > 0,
            "timeline": timeline_as_json(session.timeline(face)),
            "latest": None if latest is None else [round(float(value), 3) for value in latest],
            "spoken": spoken(latest),
            "times": [
                {"share": round(shares[name], 4), "time": clock(times[name])}
                for name in SHOWN_EMOTIONS
            ],
            "most": max(shares, key=shares.__getitem__) if any(shares.values()) else None,
        }


def spoken(latest: NDArray[np.float32] | None) -> str:
    """Return the newest probabilities in words for screen readers."""
    if latest is None:
        return "Probabilities of the last 60 seconds. The face is not in the picture now."
    return f"Probabilities of the last 60 seconds. Now: {spoken_probabilities(latest)}."


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, such as ``2:05``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
