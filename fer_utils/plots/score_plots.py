"""Plot the scores of a model: in training, by emotion, by confidence, and under corruption."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.baselines import THIS_MODEL
from fer_utils.evaluation.robustness import CORRUPTIONS
from fer_utils.plots.axes import axes_or_new, draw_intervals, draw_table, finish
from fer_utils.plots.face_plots import plot_class_counts


def plot_learning_curves(
    history: pd.DataFrame, quantity: str = "accuracy", ax: Axes | None = None
) -> Axes:
    """Plot accuracy or loss over the epochs, on training batches and on PublicTest.

    Parameters
    ----------
    history : DataFrame
        `ModelFolder.history`.
    quantity : str
        ``accuracy`` or ``loss``.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Two curves, and a dot at the selected epoch.
    """
    ax = axes_or_new(ax, (5, 3.5))
    label, scale = ("Accuracy (%)", 100) if quantity == "accuracy" else (quantity.capitalize(), 1)
    epochs, validation = history["epoch"], scale * history[f"val_{quantity}"]
    ax.plot(epochs, scale * history[quantity], label="Training batches")
    ax.plot(epochs, validation, label="PublicTest")
    best = int(history["val_accuracy"].argmax())
    ax.plot(epochs.iloc[best], validation.iloc[best], "o", color="C1", label="Selected epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return finish(ax, "inside", xlabel="Epoch", ylabel=label)


def plot_confusion(confusion: NDArray[np.integer], ax: Axes | None = None) -> Axes:
    """Plot a confusion matrix in percent of each true emotion.

    Parameters
    ----------
    confusion : ndarray of int, shape (7, 7)
        `Metrics.confusion`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Rows are true emotions and sum to 100; columns are predicted emotions.
    """
    ax = axes_or_new(ax, (6, 5))
    shares = 100 * confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    table = pd.DataFrame(shares, list(EMOTIONS), list(EMOTIONS))
    bar = {"label": "Share of the true emotion (%)"}
    draw_table(ax, table, annot=True, fmt=".0f", vmax=100, cbar_kws=bar)
    ax.set(xlabel="Predicted emotion", ylabel="True emotion")
    return ax


def plot_per_class(per_class: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot the precision, recall, and F1 of each emotion.

    Parameters
    ----------
    per_class : DataFrame
        `Metrics.per_class()`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Three bars per emotion.
    """
    names = {"precision": "Precision", "recall": "Recall", "f1": "F1"}
    ax = plot_class_counts(100 * per_class[list(names)].rename(columns=names), ax)
    return finish(ax, "above", ylabel="Score (%)", ylim=(0, 100))


def plot_reliability(bins: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot a reliability diagram: accuracy against confidence.

    Parameters
    ----------
    bins : DataFrame
        `Evaluation.reliability()`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        A dot per bin, sized by its number of faces, and the diagonal of perfect calibration.
    """
    ax = axes_or_new(ax, (4, 4))
    ax.plot([0, 100], [0, 100], color="gray", linestyle=":", label="Perfect calibration")
    sizes = 10 + 300 * bins["count"] / bins["count"].sum()
    confidence, accuracy = 100 * bins["confidence"], 100 * bins["accuracy"]
    ax.scatter(confidence, accuracy, s=sizes, label="This model", clip_on=False)
    labels = {"xlabel": "Confidence (%)", "ylabel": "Accuracy (%)"}
    return finish(ax, "inside", **labels, xlim=(0, 100), ylim=(0, 100))


def plot_coverage(curve: pd.DataFrame, uncertain_below: float, ax: Axes | None = None) -> Axes:
    """Plot the accuracy on a model's most confident predictions.

    Parameters
    ----------
    curve : DataFrame
        `Evaluation.coverage()`.
    uncertain_below : float
        Confidence below which a prediction counts as uncertain, 0 to 1; marked by a dot.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Accuracy over coverage.
    """
    ax = axes_or_new(ax, (4, 4))
    percent = 100 * curve
    ax.plot(percent["coverage"], percent["accuracy"])
    certain = percent[curve["confidence"] >= uncertain_below]
    if len(certain):
        last = certain.iloc[-1]
        ax.plot(last["coverage"], last["accuracy"], "o", color="C1", label="Uncertain from here on")
    ax.set_ylim(top=100)
    labels = {"xlabel": "Coverage (%)", "ylabel": "Accuracy on covered faces (%)"}
    return finish(ax, "inside" if len(certain) else "", **labels, xlim=(0, 100))


def plot_comparison(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot the score of a model and its baselines.

    Parameters
    ----------
    table : DataFrame
        `Evaluation.compare()`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One row per system, the first one at the top: a dot and an interval for its accuracy, and
        a ring for its macro-F1 if known.
    """
    ax = axes_or_new(ax, (7, 0.9 + 0.45 * len(table)))
    percent = 100 * table
    colors = ["C1" if name == THIS_MODEL else "C0" for name in table.index]
    draw_intervals(ax, percent, "accuracy", colors)
    rows, rings = range(len(table)), percent["macro_f1"].to_numpy()
    ax.scatter(rings, rows, facecolors="none", edgecolors=colors, label="Macro-F1", zorder=3)
    for row, value in zip(rows, percent["accuracy"], strict=True):
        ax.annotate(f"{value:.1f}", (value, row), (0, 6), textcoords="offset points", ha="center")
    return finish(ax, "right", xlim=(0, 100), ylim=(len(table) - 0.5, -0.6), xlabel="Score (%)")


def plot_robustness(
    table: pd.DataFrame, axes: NDArray[np.object_] | None = None
) -> NDArray[np.object_]:
    """Plot the accuracy over the amount of each corruption.

    Parameters
    ----------
    table : DataFrame
        Output of `measure_robustness`.
    axes : ndarray of Axes, optional
        Axes to draw on, one per corruption; a new figure by default.

    Returns
    -------
    ndarray of Axes, shape (number of corruptions,)
        Each with a curve, the band of its interval, and a line at the accuracy on clean faces.
    """
    clean = table.loc[table["strength"] == 0].iloc[0]
    corrupted = table[table["strength"] > 0]
    names = corrupted["corruption"].unique()
    if axes is None:
        columns = min(len(names), 4)
        rows = -(-len(names) // columns)
        layout = ConstrainedLayoutEngine(hspace=0.08)
        figure = plt.figure(figsize=(2.7 * columns, 2.6 * rows), layout=layout)
        grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
        axes, unused = np.split(grid.ravel(), [len(names)])
        for ax in unused:
            ax.remove()
    for ax, name in zip(axes, names, strict=True):
        scores = corrupted[corrupted["corruption"] == name]
        strengths = scores["strength"]
        ax.axhline(100 * clean["accuracy"], color="gray", linestyle=":", label="Clean faces")
        ax.fill_between(strengths, 100 * scores["low"], 100 * scores["high"], alpha=0.2)
        ax.plot(strengths, 100 * scores["accuracy"], marker="o")
        ax.set_xticks(strengths, [f"{amount:g}" for amount in scores["amount"]])
        finish(ax, title=name, xlabel=CORRUPTIONS[name].unit, ylim=(0, 100))
    for ax in axes[::4]:
        ax.set_ylabel("Accuracy (%)")
    axes[0].legend(frameon=False, loc="lower left")
    return axes


def plot_score_changes(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot how the accuracy changes when doubtful faces are excluded.

    Parameters
    ----------
    table : DataFrame
        `Evaluation.score_changes()`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One row per reason, the first one at the top: the change and its interval.
    """
    ax = axes_or_new(ax, (7, 0.9 + 0.45 * len(table)))
    ax.axvline(0, color="gray", linestyle=":")
    draw_intervals(ax, 100 * table, "change")
    names = [f"{reason} ({count})" for reason, count in table["left out"].items()]
    return finish(ax, yticklabels=names, xlabel="Change in accuracy (percentage points)")
