from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from axes_contents import heights, legend, tick_labels
from matplotlib.axes import Axes

from fer_utils.emotions import EMOTIONS
from fer_utils.plots.score_plots import (
    plot_confusion,
    plot_coverage,
    plot_learning_curves,
    plot_per_class,
    plot_reliability,
)

HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "accuracy": [0.3, 0.5, 0.7],
        "loss": [2.0, 1.5, 1.0],
        "val_accuracy": [0.2, 0.6, 0.4],
        "val_loss": [2.1, 1.4, 1.3],
    }
)
CONFUSION = np.diag([8, 0, 6, 5, 4, 3, 2])
CONFUSION[0, 3] = 2  # Of 10 angry faces, 2 are predicted happy; disgust has none.
PER_CLASS = pd.DataFrame(
    {
        "precision": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        "recall": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
        "f1": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        "support": [10, 20, 30, 40, 50, 60, 70],
    },
    index=list(EMOTIONS),
)

BINS = pd.DataFrame({"confidence": [0.4, 0.9], "accuracy": [0.5, 0.8], "count": [30, 10]})
CURVE = pd.DataFrame(
    {"confidence": [0.9, 0.8, 0.4], "coverage": [1 / 3, 2 / 3, 1], "accuracy": [1, 1, 2 / 3]}
)

PLOTS: dict[str, Callable[..., Axes]] = {
    "learning_curves": lambda **at: plot_learning_curves(HISTORY, **at),
    "confusion": lambda **at: plot_confusion(CONFUSION, **at),
    "per_class": lambda **at: plot_per_class(PER_CLASS, **at),
    "reliability": lambda **at: plot_reliability(BINS, **at),
    "coverage": lambda **at: plot_coverage(CURVE, 0.5, **at),
}
every_plot = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS.keys())


@every_plot
def test_the_axes_given_are_drawn_on_and_returned(plot: Callable[..., Axes]) -> None:
    _, (left, right) = plt.subplots(1, 2)
    assert plot(ax=right) is right
    assert right.has_data()
    assert not left.has_data()
    assert len(plt.get_fignums()) == 1


@every_plot
def test_without_axes_a_figure_is_made(plot: Callable[..., Axes]) -> None:
    first, second = plot(), plot()
    assert isinstance(first, Axes)
    assert first.figure is not second.figure
    assert len(plt.get_fignums()) == 2


@every_plot
def test_every_figure_can_be_rendered(plot: Callable[..., Axes]) -> None:
    plot().figure.canvas.draw()


@pytest.mark.parametrize(
    ("quantity", "label", "training", "validation"),
    [
        ("accuracy", "Accuracy (%)", [30, 50, 70], [20, 60, 40]),
        ("loss", "Loss", [2.0, 1.5, 1.0], [2.1, 1.4, 1.3]),
    ],
)
def test_learning_curves_show_both_curves_and_the_selected_epoch(
    quantity: str, label: str, training: list[float], validation: list[float]
) -> None:
    ax = plot_learning_curves(HISTORY, quantity)
    curves = [(list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines]
    # Epoch 2 has the best accuracy on PublicTest, whichever quantity is plotted.
    assert curves == [([1, 2, 3], training), ([1, 2, 3], validation), ([2], [validation[1]])]
    assert legend(ax) == ["Training batches", "PublicTest", "Selected epoch"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Epoch", label)


def test_confusion_shows_each_row_in_percent() -> None:
    ax = plot_confusion(CONFUSION)
    written = np.array([text.get_text() for text in ax.texts]).reshape(7, 7)
    assert written[0].tolist() == ["80", "0", "0", "20", "0", "0", "0"]
    assert written[1].tolist() == ["0"] * 7
    assert written[6].tolist() == ["0"] * 6 + ["100"]


def test_confusion_has_true_emotions_in_rows_and_predicted_ones_in_columns() -> None:
    ax = plot_confusion(CONFUSION)
    assert tick_labels(ax, "x") == tick_labels(ax, "y") == list(EMOTIONS)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Predicted emotion", "True emotion")
    assert ax.yaxis_inverted()


def test_colors_of_the_confusion_run_from_0_to_100_percent() -> None:
    assert plot_confusion(CONFUSION // 2).collections[0].get_clim() == (0, 100)


def test_per_class_has_three_bars_for_each_emotion() -> None:
    ax = plot_per_class(PER_CLASS)
    expected = [pytest.approx(100 * PER_CLASS[name]) for name in ("precision", "recall", "f1")]
    assert heights(ax) == expected
    assert legend(ax) == ["Precision", "Recall", "F1"]
    assert tick_labels(ax, "x") == list(EMOTIONS)
    assert ax.get_ylim() == (0, 100)
    assert ax.get_ylabel() == "Score (%)"


def test_reliability_has_a_dot_for_each_bin_sized_by_its_faces() -> None:
    (dots,) = plot_reliability(BINS).collections
    np.testing.assert_allclose(np.asarray(dots.get_offsets()), [[40, 50], [90, 80]])
    few, many = sorted(dots.get_sizes())
    assert list(dots.get_sizes()) == [many, few]


@pytest.mark.parametrize(
    ("uncertain_below", "point"),
    [(0.0, (100, 200 / 3)), (0.5, (200 / 3, 100)), (0.85, (100 / 3, 100))],
)
def test_coverage_marks_where_faces_become_uncertain(
    uncertain_below: float, point: tuple[float, float]
) -> None:
    curve, dot = plot_coverage(CURVE, uncertain_below).lines
    np.testing.assert_allclose(curve.get_xydata(), 100 * CURVE[["coverage", "accuracy"]])
    np.testing.assert_allclose(dot.get_xydata(), [point])


def test_coverage_marks_nothing_where_every_face_is_uncertain() -> None:
    assert len(plot_coverage(CURVE, 0.95).lines) == 1
