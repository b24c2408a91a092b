"""The studio: one live camera with its charts and acting practice."""

from pathlib import Path
from typing import Any

import ipywidgets

from fer_utils.vision.recognizer import Recognizer
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.charts import LiveCharts
from fer_utils.widgets.frames import FaceRecognizer
from fer_utils.widgets.practice import Practice


class Studio(ipywidgets.GridBox):
    """A live camera, and tabs with what is made of it: Live and Practice.

    Beside each other on a wide page, the camera above the tabs on a narrow one.

    Parameters
    ----------
    recognizer : FaceRecognizer, optional
        Finds faces and their emotions; one with the shipped model by default.
    model : str or Path, optional
        The model folder of the recognizer that is made instead.

    Attributes
    ----------
    camera : LiveCamera
        The camera.
    charts : LiveCharts
        The tab Live; `charts.session` is everything that was seen.
    practice : Practice
        The tab Practice.
    tabs : ipywidgets.Tab
        The tabs.

    Raises
    ------
    ValueError
        If both a recognizer and a model are given.

    Examples
    --------
    >>> Studio()  # doctest: +SKIP
    """

    def __init__(
        self, recognizer: FaceRecognizer | None = None, *, model: str | Path | None = None
    ) -> None:
        if recognizer is not None and model is not None:
            raise ValueError("got a recognizer and a model: expected one of them or none")
        if recognizer is None:
            recognizer = Recognizer() if model is None else Recognizer(model)
        self.camera = LiveCamera(recognizer)
        self.charts = LiveCharts()
        self.practice = Practice()
        self.tabs = ipywidgets.Tab(layout={"max_width": "720px", "margin": "0"})
        self.add_tab("Live", self.charts)
        self.add_tab("Practice", self.practice)
        self.tabs.selected_index = 0
        # One column, or two where each has room.
        columns = "repeat(auto-fit, minmax(min(100%, 440px), 1fr))"
        layout = {"width": "100%", "grid_template_columns": columns, "grid_gap": "16px 24px"}
        super().__init__([self.camera, self.tabs], layout=layout)
        self.camera.observe_faces(self.charts.update)
        self.camera.observe_faces(self.practice.update)
        self.camera.observe(self._wait, "state")

    def add_tab(self, title: str, widget: ipywidgets.Widget) -> None:
        """Add a tab behind the others."""
        titles = self.tabs.titles
        self.tabs.children = (*self.tabs.children, widget)
        self.tabs.titles = (*titles, title)

    def close(self) -> None:
        """Switch the camera off and remove everything from the page."""
        for widget in self.children:
            for part in getattr(widget, "children", ()):
                part.close()
            widget.close()
        super().close()

    def _wait(self, change: Any) -> None:
        if change["new"] != "live":
            self.practice.pause()
