"""Draw a model's learning curves and scores."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.plots.axes import axes_or_new
from fer_utils.plots.face_plots import plot_class_counts


def plot_learning_curves(
    history: pd.DataFrame, quantity: str = "accuracy", ax: Axes | None = None
) -> Axes:
    """Draw accuracy or loss over the epochs, on training batches and on PublicTest.

    Parameters
    ----------
    history : DataFrame
        `Trained.history`.
    quantity : str
        ``accuracy`` or ``loss``.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With two curves, and a dot at the epoch that was kept.
    """
    ax = axes_or_new(ax, (5, 3.5))
    validation = history[f"val_{quantity}"]
    ax.plot(history["epoch"], history[quantity], label="training batches")
    ax.plot(history["epoch"], validation, label="PublicTest")
    kept = int(history["val_accuracy"].argmax())
    ax.plot(history["epoch"].iloc[kept], validation.iloc[kept], "o", color="C1", label="epoch kept")
    ax.set(xlabel="epoch", ylabel=quantity)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)
    sns.despine(ax=ax)
    return ax


def plot_confusion(confusion: NDArray[np.integer], ax: Axes | None = None) -> Axes:
    """Draw a confusion matrix; every row shows where the faces of one emotion went.

    Parameters
    ----------
    confusion : ndarray of int, shape (7, 7)
        `Evaluation.confusion`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With each row in percent of its faces.
    """
    ax = axes_or_new(ax, (6, 5))
    shares = 100 * confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    sns.heatmap(
        shares,
        annot=True,
        fmt=".0f",
        cmap="Blues",
        vmin=0,
        vmax=100,
        square=True,
        xticklabels=EMOTIONS,
        yticklabels=EMOTIONS,
        cbar_kws={"label": "% of the true emotion"},
        ax=ax,
    )
    ax.set(xlabel="predicted", ylabel="true")
    ax.tick_params(axis="x", rotation=45)
    ax.tick_params(axis="y", rotation=0)
    return ax


def plot_per_class(per_class: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw precision, recall and F1 of each emotion.

    Parameters
    ----------
    per_class : DataFrame
        `Evaluation.per_class()`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With three bars for each emotion.
    """
    ax = plot_class_counts(per_class[["precision", "recall", "f1"]], ax)
    ax.set(ylabel="", ylim=(0, 1))
    ax.legend(title=None, frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


def plot_reliability(parts: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how often a model is right against how sure it says it is.

    Parameters
    ----------
    parts : DataFrame
        `fer_utils.model.calibration.reliability`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With a dot for each part, the larger the more faces, and a line where dots ought to be.
    """
    ax = axes_or_new(ax, (4, 4))
    ax.plot([0, 1], [0, 1], color="gray", linestyle=":", label="as sure as right")
    sizes = 10 + 300 * parts["count"] / parts["count"].sum()
    ax.scatter(parts["confidence"], parts["accuracy"], s=sizes, label="faces of like confidence")
    ax.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    ax.legend(frameon=False)
    sns.despine(ax=ax)
    return ax


def plot_coverage(curve: pd.DataFrame, uncertain_below: float, ax: Axes | None = None) -> Axes:
    """Draw how accurate a model is if it names only the faces it is surest of.

    Parameters
    ----------
    curve : DataFrame
        `fer_utils.model.calibration.coverage_curve`.
    uncertain_below : float
        The confidence below which a face counts as uncertain, 0 to 1; marked by a dot.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With accuracy over coverage.
    """
    ax = axes_or_new(ax, (4, 4))
    ax.plot(curve["coverage"], curve["accuracy"])
    certain = curve[curve["confidence"] >= uncertain_below]
    if len(certain):
        last = certain.iloc[-1]
        ax.plot(last["coverage"], last["accuracy"], "o", color="C1", label="uncertain from here")
        ax.legend(frameon=False)
    ax.set(xlabel="coverage: share of faces named", ylabel="accuracy on these", xlim=(0, 1))
    ax.set_ylim(top=1)
    sns.despine(ax=ax)
    return ax
