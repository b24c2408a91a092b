"""Put sliders under a figure, so that a reader can move what it shows."""

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

_Plot = Callable[..., Axes | NDArray[np.object_]]
_STEP = 0.05  # of numbers that are not whole


class Explorer(ipywidgets.VBox):
    """A figure with sliders under it; a still picture where widgets do not run.

    Parameters
    ----------
    plot : callable
        Returns the figure as a PNG image, for one value of each control.
    controls : dict of str to ipywidgets.Widget
        The slider or menu of each parameter of `plot`.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        As given.
    picture : ipywidgets.Image
        The figure as a PNG image.
    """

    def __init__(self, plot: Callable[..., bytes], controls: dict[str, Any]) -> None:
        self._plot, self.controls = plot, controls
        # Otherwise the box would stretch the picture to its own width.
        layout = {"max_width": "100%", "align_self": "flex-start"}
        self.picture = ipywidgets.Image(format="png", layout=layout)
        self._draw()
        for control in controls.values():
            control.observe(self._draw, "value")
        super().__init__([self.picture, *controls.values()])

    def _draw(self, _: object = None) -> None:
        values = {name: control.value for name, control in self.controls.items()}
        self.picture.value = self._plot(**values)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """Return the widget and its picture: a page shows what it can."""
        values = ", ".join(f"{name} {control.value}" for name, control in self.controls.items())
        still = base64.b64encode(self.picture.value).decode("ascii")
        bundle = super()._repr_mimebundle_(**options)
        return bundle | {"image/png": still, "text/plain": f"A figure at {values}"}


def explore(plot: _Plot, *given: Any, **ranges: Sequence[float] | Sequence[str]) -> Explorer:
    """Draw a figure with sliders under it that move its parameters.

    Parameters
    ----------
    plot : callable
        A function of `fer_utils.plots`.
    *given
        Its first arguments.
    **ranges
        What may be moved: a parameter's smallest, largest, and first value, or the texts that it
        may take, of which the first one is shown first. Whole numbers move in steps of 1, others in
        steps of 0.05.

    Returns
    -------
    Explorer
        A widget. Where widgets do not run, it displays the figure at the first values.

    Examples
    --------
    >>> from fer_utils.plots import explore, plot_blend
    >>> face, neighbor = np.zeros((48, 48), np.uint8), np.full((48, 48), 200, np.uint8)
    >>> explore(plot_blend, face, neighbor, position=(0.0, 1.0, 0.5)).controls["position"].value
    0.5
    """
    controls = {name: _control(name, values) for name, values in ranges.items()}
    return Explorer(lambda **values: _as_png(plot(*given, **values)), controls)


def _control(name: str, values: Sequence[Any]) -> ipywidgets.Widget:
    if isinstance(values[0], str):
        return ipywidgets.Dropdown(options=list(values), value=values[0], description=name)
    smallest, largest, first = values
    limits = {"min": smallest, "max": largest, "value": first, "description": name}
    if all(isinstance(value, int) for value in values):
        return ipywidgets.IntSlider(**limits)
    return ipywidgets.FloatSlider(**limits, step=_STEP)


def _as_png(axes: Axes | NDArray[np.object_]) -> bytes:
    """Return the figure of Axes as a PNG image, and close it."""
    figure, file = np.ravel(np.asarray(axes))[0].figure, io.BytesIO()
    figure.savefig(file, format="png")
    plt.close(figure)
    return file.getvalue()
