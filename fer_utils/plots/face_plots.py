"""Figures for the notebooks: each function draws on one Axes and returns it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from fer_utils.data.audit import Audit
from fer_utils.data.faces import SPLITS, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.plots.axes import axes_or_new

_PALETTE = "deep"


def plot_class_counts(counts: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many faces each emotion has, one bar for each column of the table.

    Parameters
    ----------
    counts : DataFrame
        Emotions as index; for example `Faces.counts()`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one bar for each emotion and column.
    """
    ax = axes_or_new(ax, (8, 3.5))
    long = counts.rename_axis("emotion").reset_index().melt("emotion", value_name="faces")
    sns.barplot(long, x="emotion", y="faces", hue="variable", palette=_PALETTE, ax=ax)
    ax.set(xlabel="")
    ax.legend(title=None, frameon=False)
    sns.despine(ax=ax)
    return ax


def plot_balance(counts: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw originals and added faces of each emotion, stacked.

    Parameters
    ----------
    counts : DataFrame
        `Balanced.counts()`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one stacked bar for each emotion.
    """
    ax = axes_or_new(ax, (8, 3.5))
    colors = sns.color_palette(_PALETTE)[:2]
    counts.plot.bar(stacked=True, rot=0, width=0.8, color=colors, ax=ax)
    ax.set(ylabel="faces")
    ax.legend(title=None, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    sns.despine(ax=ax)
    return ax


def plot_faces(
    images: NDArray[np.uint8],
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw faces in a grid, row by row.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, 48, 48) or (n, 48, 48, 3)
        The faces, gray or in colour.
    titles : sequence of str, optional
        A short text above each face.
    columns : int
        Faces in a row.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one picture of the whole grid.
    """
    columns = max(1, min(columns, len(images)))
    rows = -(-len(images) // columns)
    cell, title_height = 52, 0 if titles is None else 14
    ax = axes_or_new(ax, (columns * 0.95, rows * 0.95 * (cell + title_height) / cell))
    shape = (rows * (cell + title_height), columns * cell, *images.shape[3:])
    grid = np.full(shape, 255, dtype=np.uint8)
    for index, image in enumerate(images):
        top = index // columns * (cell + title_height) + title_height
        left = index % columns * cell
        grid[top : top + 48, left + 2 : left + 50] = image
        if titles is not None:
            ax.text(left + cell / 2, top - 3, titles[index], ha="center", va="bottom", fontsize=7)
    ax.imshow(grid, cmap="gray", vmin=0, vmax=255)
    ax.axis("off")
    return ax


def plot_contact_sheet(
    faces: Faces, *, per_emotion: int = 10, seed: int = 0, ax: Axes | None = None
) -> Axes:
    """Draw some faces of each emotion, one emotion a row.

    Parameters
    ----------
    faces : Faces
        The faces to choose from.
    per_emotion : int
        At most so many faces in a row.
    seed : int
        What the choice starts from.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one row for each emotion, named at its left.
    """
    random = np.random.default_rng(seed)
    images = np.full((len(EMOTIONS), per_emotion, 48, 48), 255, dtype=np.uint8)
    for label in range(len(EMOTIONS)):
        found = random.permutation(np.flatnonzero(faces.labels == label))[:per_emotion]
        images[label, : len(found)] = faces.images[found]
    ax = plot_faces(images.reshape(-1, 48, 48), columns=per_emotion, ax=ax)
    for label, emotion in enumerate(EMOTIONS):
        ax.text(-4, label * 52 + 24, emotion, ha="right", va="center")
    return ax


def plot_audit(audit: Audit, statistic: str = "sharpness", ax: Axes | None = None) -> Axes:
    """Draw how an image statistic is spread in each split; equal splits lie on one another.

    Parameters
    ----------
    audit : Audit
        What `fer_utils.data.audit.audit` found.
    statistic : str
        A name of `fer_utils.data.audit.STATISTICS`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one curve for each split.
    """
    ax = axes_or_new(ax, (5, 3))
    sns.kdeplot(
        audit.statistics,
        x=statistic,
        hue="split",
        hue_order=SPLITS,
        common_norm=False,
        palette=_PALETTE,
        warn_singular=False,
        ax=ax,
    )
    ax.set(ylabel="", yticks=[])
    if ax.legend_ is not None:
        ax.legend_.set(title=None, frame_on=False)
    sns.despine(ax=ax, left=True)
    return ax


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
