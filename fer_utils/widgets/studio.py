"""Put the live camera, charts, acting practice, pictures, videos, and a game on one page."""

from pathlib import Path
from typing import Any

import ipywidgets

from fer_utils.data.faces import Faces
from fer_utils.evaluation.evaluation import classifier_of
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.model_folder import ModelFolder
from fer_utils.vision.recognizer import FaceRecognizer, Recognizer
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.charts import LiveCharts
from fer_utils.widgets.guessing import Guessing
from fer_utils.widgets.pictures import Pictures
from fer_utils.widgets.practice import Practice
from fer_utils.widgets.videos import Videos

# Two columns if there is room, else one; the rest of the style is in panel.css.
_COLUMNS = "repeat(auto-fit, minmax(max(min(100%, 440px), 50% - 12px), 1fr))"


class Studio(ipywidgets.GridBox):
    """Tabs for the live camera, for your own files, and for a game against the network.

    Live and Practice appear next to the camera on a wide page and below it on a narrow one. The
    other tabs hide the camera and switch it off, so that it never runs unnoticed: Picture and Video
    for your own files, and Guess, in which you and the network name the same drawn faces.

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
    guessing : Guessing
        The tab Guess.
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
        network = recognizer if isinstance(recognizer, Recognizer) else None
        # Nobody who acts seven emotions in turn is mostly neutral, as people in photographs are.
        self.practice = Practice(convert=network.expect_evenly if network else None)
        self.pictures = Pictures(recognizer)
        self.videos = Videos(recognizer)
        self.guessing = Guessing(classify=network.classify if network else None)
        panels = [self.charts, self.practice, self.pictures, self.videos, self.guessing]
        titles = ("Live", "Practice", "Picture", "Video", "Guess")
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

    @staticmethod
    def play(
        faces: Faces,
        model: ModelFolder | AnyClassifier,
        *,
        show_faces: bool = False,
        seed: int | None = None,
    ) -> Guessing:
        """Return the game of the tab Guess alone, with other faces: you against a model.

        Parameters
        ----------
        faces : Faces
            The faces to name; only those of PublicTest are used (PrivateTest if that is empty),
            and of these only faces without a copy in Training and with a right answer.
        model : ModelFolder or AnyClassifier
            A model folder, or any object with the same `predict` as a classifier.
        show_faces : bool
            Whether faces of real people may be shown; if not, drawn ones take their place.
        seed : int, optional
            Seed of the choice and the order of the faces; by default, they are different every
            time.

        Returns
        -------
        Guessing
            A widget that displays itself in a notebook.

        Raises
        ------
        DataError
            If none of the faces can be used.

        Examples
        --------
        >>> Studio.play(faces, model, show_faces=True)  # doctest: +SKIP
        """
        classify = classifier_of(model).predict
        return Guessing(faces, classify=classify, show_faces=show_faces, seed=seed)

    def close(self) -> None:
        """Switch the camera off and remove the studio from the page."""
        if self.children:  # none if the constructor failed
            for widget in (*self.tabs.children, *self.children):
                widget.close()
        super().close()

    def _arrange(self, _: Any) -> None:
        """Arrange the page for the selected tab."""
        alone = self.tabs.selected_index in (2, 3, 4)  # Picture, Video, and Guess
        self.camera.layout.display = "none" if alone else None
        if alone:
            self.camera.switch_off()
            self.add_class("fer-alone")
        else:
            self.remove_class("fer-alone")

    def _pause_practice(self, change: Any) -> None:
        if change["new"] != "live":
            self.practice.pause()
