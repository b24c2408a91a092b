"""Figures: each function draws what it says on the Axes it was given."""

from collections.abc import Callable, Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from fer_utils.data.audit import audit
from fer_utils.data.faces import SPLITS, Faces, Provenance
from fer_utils.emotions import EMOTIONS
from fer_utils.plots.face_plots import (
    plot_audit,
    plot_balance,
    plot_class_counts,
    plot_confusion,
    plot_contact_sheet,
    plot_coverage,
    plot_faces,
    plot_learning_curves,
    plot_per_class,
    plot_reliability,
)

FACES = np.arange(1, 6, dtype=np.uint8).repeat(2304).reshape(5, 48, 48) * 40
COUNTS = pd.DataFrame(
    {"Training": [7, 1, 5, 12, 6, 4, 9], "PublicTest": [2, 0, 1, 3, 2, 1, 2]}, index=list(EMOTIONS)
)
BALANCE = pd.DataFrame(
    {"original": [7, 1, 5, 12, 6, 4, 9], "added": [5, 11, 7, 0, 6, 8, 3]}, index=list(EMOTIONS)
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
CONFUSION[0, 3] = 2  # Of 10 angry faces, 2 are taken for happy; disgust has none.
PER_CLASS = pd.DataFrame(
    {
        "precision": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        "recall": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
        "f1": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        "support": [10, 20, 30, 40, 50, 60, 70],
    },
    index=list(EMOTIONS),
)

PARTS = pd.DataFrame({"confidence": [0.4, 0.9], "accuracy": [0.5, 0.8], "count": [30, 10]})
CURVE = pd.DataFrame(
    {"confidence": [0.9, 0.8, 0.4], "coverage": [1 / 3, 2 / 3, 1], "accuracy": [1, 1, 2 / 3]}
)


def noise_audit():
    images = np.random.default_rng(0).integers(0, 256, (30, 48, 48), dtype=np.uint8)
    return audit(
        Faces(
            images=images,
            labels=np.zeros(30, dtype=np.uint8),
            splits=np.array(SPLITS).repeat(10),
            names=np.full(30, "name"),
            origins=np.full(30, "noise"),
            provenance=Provenance("noise", "noise"),
        )
    )


AUDIT = noise_audit()

PLOTS: dict[str, Callable[..., Axes]] = {
    "class_counts": lambda **at: plot_class_counts(COUNTS, **at),
    "balance": lambda **at: plot_balance(BALANCE, **at),
    "faces": lambda **at: plot_faces(FACES, **at),
    "audit": lambda **at: plot_audit(AUDIT, **at),
    "learning_curves": lambda **at: plot_learning_curves(HISTORY, **at),
    "confusion": lambda **at: plot_confusion(CONFUSION, **at),
    "per_class": lambda **at: plot_per_class(PER_CLASS, **at),
    "reliability": lambda **at: plot_reliability(PARTS, **at),
    "coverage": lambda **at: plot_coverage(CURVE, 0.5, **at),
}
every_plot = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS.keys())


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("a plot function must neither show nor save")


@pytest.fixture(autouse=True)
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse to show or save figures, and close them all afterwards."""
    monkeypatch.setattr(plt, "show", refuse)
    monkeypatch.setattr(matplotlib.figure.Figure, "show", refuse)
    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", refuse)
    plt.close("all")
    yield
    plt.close("all")


def heights(ax: Axes) -> list[list[float]]:
    """Return the heights of the bars, one list for each column of the table."""
    return [[bar.get_height() for bar in bars] for bars in ax.containers]


def tick_labels(ax: Axes, axis: str) -> list[str]:
    ticks = ax.get_xticklabels() if axis == "x" else ax.get_yticklabels()
    return [tick.get_text() for tick in ticks]


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


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


def test_class_counts_have_a_bar_for_each_emotion_and_column() -> None:
    ax = plot_class_counts(COUNTS)
    assert heights(ax) == [[7, 1, 5, 12, 6, 4, 9], [2, 0, 1, 3, 2, 1, 2]]
    assert tick_labels(ax, "x") == list(EMOTIONS)
    assert legend(ax) == ["Training", "PublicTest"]
    assert ax.get_ylabel() == "faces"


def test_balance_stacks_added_faces_on_originals() -> None:
    ax = plot_balance(BALANCE)
    assert heights(ax) == [[7, 1, 5, 12, 6, 4, 9], [5, 11, 7, 0, 6, 8, 3]]
    assert [bar.get_y() for bar in ax.containers[1]] == [7, 1, 5, 12, 6, 4, 9]
    assert tick_labels(ax, "x") == list(EMOTIONS)
    assert legend(ax) == ["original", "added"]


def test_faces_are_drawn_row_by_row_in_one_picture() -> None:
    (picture,) = plot_faces(FACES, columns=3).images
    grid = np.asarray(picture.get_array())
    assert grid.shape == (2 * 52, 3 * 52)
    corners = [grid[top, left] for top in (0, 52) for left in (2, 54, 106)]
    assert corners == [40, 80, 120, 160, 200, 255]
    for index, face in enumerate(FACES):
        top, left = index // 3 * 52, index % 3 * 52 + 2
        np.testing.assert_array_equal(grid[top : top + 48, left : left + 48], face)


def test_faces_keep_their_gray_values_whatever_their_range() -> None:
    (picture,) = plot_faces(FACES[:1] // 2).images
    assert picture.get_clim() == (0, 255)
    assert picture.get_cmap().name == "gray"


def test_fewer_faces_than_columns_make_a_narrow_grid() -> None:
    (picture,) = plot_faces(FACES[:2], columns=10).images
    assert picture.get_array().shape == (52, 2 * 52)


def test_titles_stand_above_their_faces() -> None:
    ax = plot_faces(FACES[:3], ["one", "two", "three"], columns=2)
    assert [text.get_text() for text in ax.texts] == ["one", "two", "three"]
    assert [text.get_position()[0] for text in ax.texts] == [26, 78, 26]
    grid = np.asarray(ax.images[0].get_array())
    for text, face in zip(ax.texts, FACES, strict=False):
        left, bottom = text.get_position()
        # White under the title, the face right below.
        assert grid[int(bottom), int(left)] == 255
        assert grid[int(bottom) + 3, int(left)] == face[0, 0]


def test_faces_have_no_axis_lines() -> None:
    assert not plot_faces(FACES).axison


def test_the_audit_has_a_curve_for_each_split() -> None:
    ax = plot_audit(AUDIT)
    assert len(ax.lines) == 3
    assert sorted(legend(ax)) == sorted(SPLITS)
    assert ax.get_xlabel() == "sharpness"


@pytest.mark.parametrize("statistic", ["mean", "standard deviation"])
def test_the_audit_draws_the_statistic_asked_for(statistic: str) -> None:
    ax = plot_audit(AUDIT, statistic)
    assert ax.get_xlabel() == statistic
    values = AUDIT.statistics[statistic]
    peaks = [line.get_xdata()[np.argmax(line.get_ydata())] for line in ax.lines]
    assert values.min() < min(peaks) <= max(peaks) < values.max()


def test_each_curve_of_the_audit_has_the_same_area() -> None:
    areas = [np.trapezoid(line.get_ydata(), line.get_xdata()) for line in plot_audit(AUDIT).lines]
    assert areas == pytest.approx([1, 1, 1], abs=0.02)


@pytest.mark.parametrize(
    ("quantity", "training", "validation"),
    [
        ("accuracy", [0.3, 0.5, 0.7], [0.2, 0.6, 0.4]),
        ("loss", [2.0, 1.5, 1.0], [2.1, 1.4, 1.3]),
    ],
)
def test_learning_curves_show_both_curves_and_the_epoch_kept(
    quantity: str, training: list[float], validation: list[float]
) -> None:
    ax = plot_learning_curves(HISTORY, quantity)
    curves = [(list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines]
    # The best accuracy on PublicTest is that of epoch 2, whatever is drawn.
    assert curves == [([1, 2, 3], training), ([1, 2, 3], validation), ([2], [validation[1]])]
    assert legend(ax) == ["training batches", "PublicTest", "epoch kept"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", quantity)


def test_confusion_shows_each_row_in_percent() -> None:
    ax = plot_confusion(CONFUSION)
    written = np.array([text.get_text() for text in ax.texts]).reshape(7, 7)
    assert written[0].tolist() == ["80", "0", "0", "20", "0", "0", "0"]
    assert written[1].tolist() == ["0"] * 7
    assert written[6].tolist() == ["0"] * 6 + ["100"]


def test_confusion_has_true_emotions_in_rows_and_predicted_ones_in_columns() -> None:
    ax = plot_confusion(CONFUSION)
    assert tick_labels(ax, "x") == tick_labels(ax, "y") == list(EMOTIONS)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert ax.yaxis_inverted()


def test_colours_of_the_confusion_run_from_0_to_100_percent() -> None:
    assert plot_confusion(CONFUSION // 2).collections[0].get_clim() == (0, 100)


def test_per_class_has_three_bars_for_each_emotion() -> None:
    ax = plot_per_class(PER_CLASS)
    expected = [PER_CLASS[name].tolist() for name in ("precision", "recall", "f1")]
    assert heights(ax) == expected
    assert legend(ax) == ["precision", "recall", "f1"]
    assert tick_labels(ax, "x") == list(EMOTIONS)
    assert ax.get_ylim() == (0, 1)


def test_a_contact_sheet_has_a_named_row_for_each_emotion() -> None:
    labels = np.array([3, 3, 3, 0], dtype=np.uint8)
    faces = Faces(
        images=np.full((4, 48, 48), 60, dtype=np.uint8) + 10 * labels[:, None, None],
        labels=labels,
        splits=np.full(4, "Training"),
        names=np.array(list("abcd")),
        origins=np.full(4, "test"),
        provenance=Provenance("test", "made up"),
    )
    ax = plot_contact_sheet(faces, per_emotion=2)
    (picture,) = ax.get_images()
    grid = np.asarray(picture.get_array())
    assert [text.get_text() for text in ax.texts] == list(EMOTIONS)
    assert grid.shape == (7 * 52, 2 * 52)
    # The row of "happy" is full, that of "angry" has one face, all others are empty.
    assert (grid[3 * 52 + 24, [26, 78]] == 90).all()
    assert grid[24, [26, 78]].tolist() == [60, 255]
    assert (grid[52 : 3 * 52] == 255).all()


def test_reliability_has_a_dot_for_each_part_the_larger_the_more_faces() -> None:
    (dots,) = plot_reliability(PARTS).collections
    np.testing.assert_allclose(np.asarray(dots.get_offsets()), [[0.4, 0.5], [0.9, 0.8]])
    few, many = sorted(dots.get_sizes())
    assert list(dots.get_sizes()) == [many, few]


@pytest.mark.parametrize(
    ("uncertain_below", "place"), [(0.0, (1, 2 / 3)), (0.5, (2 / 3, 1)), (0.85, (1 / 3, 1))]
)
def test_coverage_marks_where_faces_become_uncertain(
    uncertain_below: float, place: tuple[float, float]
) -> None:
    curve, dot = plot_coverage(CURVE, uncertain_below).lines
    np.testing.assert_allclose(curve.get_xydata(), CURVE[["coverage", "accuracy"]])
    np.testing.assert_allclose(dot.get_xydata(), [place])


def test_coverage_marks_nothing_where_every_face_is_uncertain() -> None:
    assert len(plot_coverage(CURVE, 0.95).lines) == 1
