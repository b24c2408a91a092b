from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from axes_contents import heights, legend, tick_labels
from matplotlib.axes import Axes

from fer_utils.emotions import EMOTIONS
from fer_utils.plots.score_plots import (
    plot_comparison,
    plot_confusion,
    plot_coverage,
    plot_learning_curves,
    plot_per_class,
    plot_reliability,
    plot_robustness,
    plot_score_changes,
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

COMPARISON = pd.DataFrame(
    {
        "accuracy": [0.7, 0.65, 0.25],
        "low": [0.68, np.nan, 0.24],
        "high": [0.72, np.nan, 0.26],
        "macro_f1": [0.6, np.nan, 0.05],
    },
    index=["this model", "people", "always happy"],
)
ROBUSTNESS = pd.DataFrame(
    {
        "corruption": ["none", *["blur"] * 5, *["jpeg"] * 5],
        "strength": [0, *range(1, 6), *range(1, 6)],
        "amount": [0, 0.5, 1, 1.5, 2, 3, 50, 30, 20, 10, 5],
        "accuracy": [0.7, 0.7, 0.6, 0.5, 0.4, 0.3, 0.7, 0.69, 0.68, 0.6, 0.5],
    }
).assign(low=lambda table: table["accuracy"] - 0.05, high=lambda table: table["accuracy"] + 0.05)
CHANGES = pd.DataFrame(
    {
        "left out": [280, 33],
        "accuracy": [0.68, 0.7],
        "change": [-0.012, 0.002],
        "low": [-0.02, 0.0],
        "high": [-0.01, 0.004],
    },
    index=["copy in Training", "conflicting labels"],
)

PLOTS: dict[str, Callable[..., Axes]] = {
    "learning_curves": lambda **at: plot_learning_curves(HISTORY, **at),
    "confusion": lambda **at: plot_confusion(CONFUSION, **at),
    "per_class": lambda **at: plot_per_class(PER_CLASS, **at),
    "reliability": lambda **at: plot_reliability(BINS, **at),
    "coverage": lambda **at: plot_coverage(CURVE, 0.5, **at),
    "comparison": lambda **at: plot_comparison(COMPARISON, **at),
    "score_changes": lambda **at: plot_score_changes(CHANGES, **at),
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


def test_the_comparison_has_a_dot_with_an_interval_for_each_system() -> None:
    ax = plot_comparison(COMPARISON)
    lines, dots, rings = ax.collections
    np.testing.assert_allclose(dots.get_offsets(), [[70, 0], [65, 1], [25, 2]])
    np.testing.assert_allclose(lines.get_segments()[0], [[68, 0], [72, 0]])
    np.testing.assert_allclose(rings.get_offsets().compressed(), [60, 0, 5, 2])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == COMPARISON.index.tolist()
    assert ax.get_xlabel() == "Score (%)"
    assert ax.yaxis_inverted()
    assert [text.get_text() for text in ax.texts] == ["70.0", "65.0", "25.0"]


def test_this_model_has_its_own_color() -> None:
    dots = plot_comparison(COMPARISON).collections[1]
    first, *others = map(tuple, dots.get_facecolors())
    assert first not in others
    assert len(set(others)) == 1


def test_each_corruption_has_its_own_axes() -> None:
    axes = plot_robustness(ROBUSTNESS)
    assert [ax.get_title() for ax in axes] == ["blur", "jpeg"]
    for ax, kind in zip(axes, ("blur", "jpeg"), strict=True):
        clean, curve = ax.lines
        assert set(clean.get_ydata()) == {70}
        expected = 100 * ROBUSTNESS.loc[ROBUSTNESS["corruption"] == kind, "accuracy"]
        np.testing.assert_allclose(curve.get_xydata(), np.column_stack([range(1, 6), expected]))
        (band,) = ax.collections
        assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(expected.max() + 5)
    assert [tick.get_text() for tick in axes[1].get_xticklabels()] == ["50", "30", "20", "10", "5"]
    assert axes[1].get_xlabel() == "JPEG quality"
    assert axes[0].get_ylabel() == "Accuracy (%)"


def test_robustness_draws_on_the_axes_it_was_given() -> None:
    _, axes = plt.subplots(1, 2)
    assert plot_robustness(ROBUSTNESS, axes) is axes
    assert all(len(ax.lines) == 2 for ax in axes)


def test_changes_are_drawn_in_percentage_points() -> None:
    ax = plot_score_changes(CHANGES)
    lines, dots = ax.collections
    np.testing.assert_allclose(dots.get_offsets(), [[-1.2, 0], [0.2, 1]])
    np.testing.assert_allclose(lines.get_segments()[1], [[0, 1], [0.4, 1]])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "copy in Training (280)",
        "conflicting labels (33)",
    ]
    assert ax.get_xlabel() == "Change in accuracy (percentage points)"
