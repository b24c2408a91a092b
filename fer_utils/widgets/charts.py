"""Chart the last minute of a face, and the time of each emotion."""

import math
from collections.abc import Callable
from typing import Any

from fer_utils.vision.observation import Observation
from fer_utils.widgets.figures import (
    minutes,
    spoken_probabilities,
    timeline_as_json,
    times_as_json,
)
from fer_utils.widgets.panel import Panel, join_files
from fer_utils.widgets.session_log import SessionLog


class LiveCharts(Panel):
    """Charts of the live camera's session, which the page saves as CSV.

    Shows the seven probabilities of one face over the last 60 seconds, and the time of each
    emotion over all faces as bars and as a ring. The page is updated at most twice a second.

    Parameters
    ----------
    **traits
        Initial values of the traits.

    Attributes
    ----------
    session : SessionLog
        Everything recorded since the start or the last reset.
    face : int
        Number of the face in the timeline; 0 is the largest face of each frame.

    Examples
    --------
    >>> charts = LiveCharts()  # doctest: +SKIP
    >>> camera.observe_faces(charts.update)  # doctest: +SKIP
    """

    _esm = join_files("shared.js", "panel.js", "figures.js", "charts.js")
    _css = join_files("panel.css", "figures.css")

    def __init__(self, **traits: Any) -> None:
        self.session = SessionLog()
        super().__init__(**traits)

    def update(self, observation: Observation) -> None:
        """Add what the camera saw, and update the page if it is time to."""
        self.session.add(observation)
        self.publish_every(0.5, observation.time or 0.0)

    def reset(self) -> None:
        """Clear the session: timeline, times, and CSV."""
        self.session.reset()
        self._updated_at = -math.inf
        self.face = 0
        self.publish()

    def to_csv(self) -> str:
        """Return the session as CSV, see `SessionLog.to_csv`."""
        return self.session.to_csv()

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what each button on the page does."""
        return {"reset": self.reset}

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        session, face = self.session, self.face or None
        latest = session.latest(face)
        now = "The face is not in the picture now."
        if latest is not None:
            now = f"Now: {spoken_probabilities(latest)}."
        return {
            "faces": session.faces(),
            "can_save": len(session) > 0,
            "timeline": timeline_as_json(session.timeline(face)),
            "latest": None if latest is None else [round(float(value), 3) for value in latest],
            "spoken": f"Probabilities of the last 60 seconds. {now}",
            **times_as_json(session.seconds(), lambda time: minutes(int(time))),
        }
