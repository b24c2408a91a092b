import base64
import io
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

from fer_utils.plots.sliders import Explorer, explore

DRAWN: list[dict[str, object]] = []


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """Let figures be saved here: a slider shows a picture of one."""
    DRAWN.clear()
    yield
    plt.close("all")


def plot_amount(color: str, amount: float = 0.0, kind: str = "") -> Axes:
    DRAWN.append({"color": color, "amount": amount, "kind": kind})
    ax = plt.subplots(figsize=(1, 1))[1]
    ax.barh([0], [amount], color=color)
    return ax


def pixels(explorer: Explorer) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(explorer.picture.value)).convert("RGB"))


def test_a_slider_draws_the_figure_at_its_first_value_and_when_it_moves() -> None:
    explorer = explore(plot_amount, "red", amount=(0.0, 2.0, 1.0))
    before = pixels(explorer)
    assert DRAWN == [{"color": "red", "amount": 1.0, "kind": ""}]
    explorer.controls["amount"].value = 2.0
    assert DRAWN[1:] == [{"color": "red", "amount": 2.0, "kind": ""}]
    assert pixels(explorer).shape == before.shape == (100, 100, 3)
    assert (pixels(explorer) != before).any()
    assert plt.get_fignums() == []


def test_numbers_get_sliders_and_texts_get_a_menu() -> None:
    controls = explore(plot_amount, "red", amount=(0, 5, 3), kind=["plain", "dotted"]).controls
    assert (controls["amount"].min, controls["amount"].max, controls["amount"].step) == (0, 5, 1)
    assert controls["kind"].options == ("plain", "dotted")
    assert DRAWN == [{"color": "red", "amount": 3, "kind": "plain"}]
    [slider] = explore(plot_amount, "red", amount=(0.0, 1.0, 0.5)).controls.values()
    assert (slider.step, slider.value) == (0.05, 0.5)


def test_the_first_axes_of_several_tell_the_figure() -> None:
    explorer = explore(lambda amount: np.array(plt.subplots(1, 2)[1]), amount=(0, 1, 0))
    assert pixels(explorer).shape[2] == 3


def test_a_page_without_widgets_gets_the_still_picture() -> None:
    explorer = explore(plot_amount, "red", amount=(0, 5, 3))
    bundle = explorer._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == explorer.picture.value
    assert bundle["text/plain"] == "A figure at amount 3"
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.model_id
