"""Figures for the notebooks: each function draws on one Axes and returns it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
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
