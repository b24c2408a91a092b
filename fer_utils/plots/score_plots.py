"""Plot learning curves, metrics, and calibration."""

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
    ax.set(xlabel="Epoch", ylabel=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)
    sns.despine(ax=ax)
    return ax


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
    sns.heatmap(
        100 * confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1),
        annot=True,
        fmt=".0f",
        cmap="Blues",
        vmin=0,
        vmax=100,
        square=True,
        xticklabels=EMOTIONS,
        yticklabels=EMOTIONS,
        cbar_kws={"label": "Share of the true emotion (%)"},
        ax=ax,
    )
    ax.set(xlabel="Predicted emotion", ylabel="True emotion")
    ax.tick_params(axis="x", rotation=45)
    ax.tick_params(axis="y", rotation=0)
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
    ax.set(ylabel="Score (%)", ylim=(0, 100))
    ax.legend(title=None, frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


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
    ax.set(xlabel="Confidence (%)", ylabel="Accuracy (%)", xlim=(0, 100), ylim=(0, 100))
    ax.legend(frameon=False)
    sns.despine(ax=ax)
    return ax


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
        ax.legend(frameon=False)
    ax.set(xlabel="Coverage (%)", ylabel="Accuracy on covered faces (%)", xlim=(0, 100))
    ax.set_ylim(top=100)
    sns.despine(ax=ax)
    return ax
