"""The studio: one live camera with its charts and acting practice, and files of one's own."""

from pathlib import Path
from typing import Any

import ipywidgets

from fer_utils.vision.recognizer import FaceRecognizer, Recognizer
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.charts import LiveCharts
from fer_utils.widgets.pictures import Pictures
from fer_utils.widgets.practice import Practice
from fer_utils.widgets.videos import Videos

# One column, or two where each has room; the look of the rest is in panel.css.
_COLUMNS = "repeat(auto-fit, minmax(max(min(100%, 440px), 50% - 12px), 1fr))"


class Studio(ipywidgets.GridBox):
    """Tabs for the live camera, Live and Practice, and for one's own files, Picture and Video.

    Live and Practice stand beside the camera on a wide page and below it on a narrow one. Picture
    and Video have the page for themselves: nobody would see that the camera is on, so it is
    switched off.

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
    pictures : Pictures
        The tab Picture.
    videos : Videos
        The tab Video.
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
        self.pictures = Pictures(recognizer)
        self.videos = Videos(recognizer)
        self.tabs = ipywidgets.Tab()
        self.add_tab("Live", self.charts)
        self.add_tab("Practice", self.practice)
        self.add_tab("Picture", self.pictures)
        self.add_tab("Video", self.videos)
        self.tabs.selected_index = 0
        layout = {"width": "100%", "grid_template_columns": _COLUMNS, "grid_gap": "16px 24px"}
        super().__init__([self.camera, self.tabs], layout=layout)
        self.add_class("fer-studio")
        self.tabs.observe(self._turn, "selected_index")
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

    def _turn(self, _: Any) -> None:
        """Lay the page out for the chosen tab."""
        chosen = self.tabs.selected_index
        alone = chosen is not None and self.tabs.children[chosen] in (self.pictures, self.videos)
        self.camera.layout.display = "none" if alone else None
        if alone:
            self.camera.switch_off()
            self.add_class("fer-alone")
        else:
            self.remove_class("fer-alone")

    def _wait(self, change: Any) -> None:
        if change["new"] != "live":
            self.practice.pause()
