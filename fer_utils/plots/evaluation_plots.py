"""Plot comparisons, robustness, explanations, and label quality."""

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from fer_utils.data.drawn_faces.face import draw_face
from fer_utils.data.drawn_faces.sampling import sample_face
from fer_utils.evaluation.baselines import THIS_MODEL
from fer_utils.evaluation.robustness import CORRUPTIONS, STRENGTHS, corrupt
from fer_utils.plots.axes import axes_or_new
from fer_utils.plots.face_plots import plot_faces

_COLUMNS = 4
_BORDER = 200  # Gray value.


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
    rows = np.arange(len(table))
    colors = ["C1" if name == THIS_MODEL else "C0" for name in table.index]
    percent = 100 * table
    ax.hlines(rows, percent["low"], percent["high"], colors=colors, linewidth=3, alpha=0.4)
    ax.scatter(percent["accuracy"], rows, color=colors, label="Accuracy", zorder=3)
    rings = percent["macro_f1"].to_numpy()
    ax.scatter(rings, rows, facecolors="none", edgecolors=colors, label="Macro-F1", zorder=3)
    for row, value in zip(rows, percent["accuracy"], strict=True):
        ax.annotate(f"{value:.1f}", (value, row), (0, 6), textcoords="offset points", ha="center")
    ax.set(yticks=rows, yticklabels=table.index, xlim=(0, 100), xlabel="Score (%)")
    ax.set_ylim(len(table) - 0.5, -0.6)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    sns.despine(ax=ax)
    return ax


def plot_corruptions(seed: int = 0, ax: Axes | None = None) -> Axes:
    """Draw a face after each corruption at each strength.

    Parameters
    ----------
    seed : int
        Seed of the corruptions; the drawn face is always the same.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One column per corruption, one row per strength.
    """
    face = draw_face(*sample_face("happy", np.random.default_rng(24)))[None]
    corrupted = [
        corrupt(face, name, strength=strength, seed=seed)
        for strength in STRENGTHS
        for name in CORRUPTIONS
    ]
    ax = plot_faces(np.concatenate(corrupted), columns=len(CORRUPTIONS), ax=ax)
    height, width = np.array(ax.get_images()[0].get_size()) / (len(STRENGTHS), len(CORRUPTIONS))
    for column, name in enumerate(CORRUPTIONS):
        ax.text((column + 0.5) * width, -3, name, ha="center", va="bottom", fontsize=8)
    for row, strength in enumerate(STRENGTHS):
        text = f"strength {strength}"
        ax.text(-3, (row + 0.5) * height, text, ha="right", va="center", fontsize=8)
    return ax


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
        axes = _panels(len(names))
    for ax, name in zip(axes, names, strict=True):
        rows = corrupted[corrupted["corruption"] == name]
        strengths = rows["strength"]
        ax.axhline(100 * clean["accuracy"], color="gray", linestyle=":", label="Clean faces")
        ax.fill_between(strengths, 100 * rows["low"], 100 * rows["high"], alpha=0.2)
        ax.plot(strengths, 100 * rows["accuracy"], marker="o")
        ax.set(title=name, xlabel=CORRUPTIONS[name].unit, ylim=(0, 100))
        ax.set_xticks(strengths, [f"{amount:g}" for amount in rows["amount"]])
        sns.despine(ax=ax)
    for ax in axes[::_COLUMNS]:
        ax.set_ylabel("Accuracy (%)")
    axes[0].legend(frameon=False, loc="lower left")
    return axes


def plot_maps(
    maps: Sequence[NDArray[np.floating]] | NDArray[np.floating],
    titles: Sequence[str] | None = None,
    *,
    rows: Sequence[str] = (),
    faces: NDArray[np.uint8] | None = None,
    columns: int = 7,
    ax: Axes | None = None,
) -> Axes:
    """Draw maps of the evidence for an emotion (red) and against it (blue).

    Parameters
    ----------
    maps : sequence of ndarray of float, shape (48, 48)
        `Explanation.maps`, or mean maps. Each one has its own scale: its strongest pixel has the
        full color.
    titles : sequence of str, optional
        A title above each map.
    rows : sequence of str
        A label to the left of each row.
    faces : ndarray of uint8, shape (n, 48, 48), optional
        Faces to draw the maps on; white by default.
    columns : int
        Maps per row.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One image of all maps.
    """
    maps = np.asarray(maps)
    strongest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    scaled = np.divide(maps, strongest, out=np.zeros_like(maps), where=strongest > 0)
    colored = 255 * mpl.colormaps["RdBu_r"]((scaled + 1) / 2)[..., :3]
    if faces is not None:
        weight = 0.7 * np.abs(scaled)[..., None]
        colored = weight * colored + (1 - weight) * faces[..., None]
    # Without a border, a map on white would have no visible edge.
    colored[:, [0, -1]] = _BORDER
    colored[:, :, [0, -1]] = _BORDER
    if rows:
        # Leave room for the row labels.
        ax = axes_or_new(ax, (2 + 0.95 * min(columns, len(maps)), 1.2 * len(rows)))
    ax = plot_faces(np.rint(colored).astype(np.uint8), titles, columns=columns, ax=ax)
    height = ax.get_images()[0].get_size()[0] / max(1, len(rows))
    for number, text in enumerate(rows):
        ax.text(-4, (number + 0.6) * height, text, ha="right", va="center")
    return ax


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
    rows = np.arange(len(table))
    points = 100 * table[["change", "low", "high"]]
    ax.axvline(0, color="gray", linestyle=":")
    ax.hlines(rows, points["low"], points["high"], color="C0", linewidth=3, alpha=0.4)
    ax.scatter(points["change"], rows, color="C0", zorder=3)
    names = [f"{reason} ({count})" for reason, count in table["left out"].items()]
    ax.set(yticks=rows, yticklabels=names, xlabel="Change in accuracy (percentage points)")
    ax.set_ylim(len(table) - 0.5, -0.5)
    sns.despine(ax=ax)
    return ax


def _panels(count: int) -> NDArray[np.object_]:
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(2.7 * columns, 2.6 * rows),
        sharey=True,
        squeeze=False,
        layout=ConstrainedLayoutEngine(hspace=0.08),
    )
    for ax in axes.flat[count:]:
        figure.delaxes(ax)
    return axes.ravel()[:count]
