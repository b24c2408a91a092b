"""Put the live camera, charts, acting practice, pictures, and videos on one page."""

from pathlib import Path
from typing import Any

import ipywidgets

from fer_utils.vision.recognizer import FaceRecognizer, Recognizer
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.charts import LiveCharts
from fer_utils.widgets.pictures import Pictures
from fer_utils.widgets.practice import Practice
from fer_utils.widgets.videos import Videos

# Two columns if there is room, else one; the rest of the style is in panel.css.
_COLUMNS = "repeat(auto-fit, minmax(max(min(100%, 440px), 50% - 12px), 1fr))"


class Studio(ipywidgets.GridBox):
    """Tabs for the live camera, Live and Practice, and for your own files, Picture and Video.

    Live and Practice appear next to the camera on a wide page and below it on a narrow one.
    Picture and Video hide the camera and switch it off, so that it never runs unnoticed.

    Parameters
    ----------
    recognizer : FaceRecognizer, optional
        Finds faces and their emotions; by default, `Recognizer()` with the shipped model.
    model : str or Path, optional
        A model folder for `Recognizer(model)`, in place of `recognizer`.

    Attributes
    ----------
    camera : LiveCamera
        The camera.
    charts : LiveCharts
        The tab Live; `charts.session` has everything recorded.
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
            raise ValueError("expected a recognizer or a model, got both: leave one out")
        if recognizer is None:
            recognizer = Recognizer() if model is None else Recognizer(model)
        self.camera = LiveCamera(recognizer)
        self.charts = LiveCharts()
        # Nobody who acts seven emotions in turn is mostly neutral, as people in photographs are.
        even = recognizer.expect_evenly if isinstance(recognizer, Recognizer) else None
        self.practice = Practice(convert=even)
        self.pictures = Pictures(recognizer)
        self.videos = Videos(recognizer)
        panels = [self.charts, self.practice, self.pictures, self.videos]
        titles = ("Live", "Practice", "Picture", "Video")
        self.tabs = ipywidgets.Tab(panels, titles=titles, selected_index=0)
        layout = {"width": "100%", "grid_template_columns": _COLUMNS, "grid_gap": "16px 24px"}
        super().__init__([self.camera, self.tabs], layout=layout)
        self.add_class("fer-studio")
        self.tabs.observe(self._arrange, "selected_index")
        self.camera.observe_faces(self.charts.update)
        self.camera.observe_faces(self.practice.update)
        self.camera.observe(self._pause_practice, "state")

    def add_tab(self, title: str, widget: ipywidgets.Widget) -> None:
        """Add a tab after the others."""
        titles = self.tabs.titles
        self.tabs.children = (*self.tabs.children, widget)
        self.tabs.titles = (*titles, title)

    def close(self) -> None:
        """Switch the camera off and remove the studio from the page."""
        if self.children:  # none if the constructor failed
            for widget in (*self.tabs.children, *self.children):
                widget.close()
        super().close()

    def _arrange(self, _: Any) -> None:
        """Arrange the page for the selected tab."""
        alone = self.tabs.selected_index in (2, 3)  # Picture and Video
        self.camera.layout.display = "none" if alone else None
        if alone:
            self.camera.switch_off()
            self.add_class("fer-alone")
        else:
            self.remove_class("fer-alone")

    def _pause_practice(self, change: Any) -> None:
        if change["new"] != "live":
            self.practice.pause()
