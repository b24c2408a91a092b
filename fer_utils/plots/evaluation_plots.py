"""Figures of a model's scores and reasons: each function draws on Axes and returns them."""

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from fer_utils.evaluation.baselines import THIS_MODEL
from fer_utils.evaluation.corruptions import CORRUPTIONS
from fer_utils.evaluation.robustness import CLEAN
from fer_utils.plots.axes import axes_or_new
from fer_utils.plots.face_plots import plot_faces

_COLUMNS = 4
_EDGE = 200


def plot_comparison(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the scores of a model beside those of others.

    Parameters
    ----------
    table : DataFrame
        `fer_utils.evaluation.baselines.compare`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With a row for each system, the first one at the top: a dot for its accuracy with its
        interval, and a ring for its macro-F1 where that is known.
    """
    ax = axes_or_new(ax, (7, 0.9 + 0.45 * len(table)))
    places = np.arange(len(table))
    colors = ["C1" if name == THIS_MODEL else "C0" for name in table.index]
    percent = 100 * table
    ax.hlines(places, percent["low"], percent["high"], colors=colors, linewidth=3, alpha=0.4)
    ax.scatter(percent["accuracy"], places, color=colors, label="accuracy", zorder=3)
    rings = percent["macro_f1"].to_numpy()
    ax.scatter(rings, places, facecolors="none", edgecolors=colors, label="macro-F1", zorder=3)
    for place, value in zip(places, percent["accuracy"], strict=True):
        ax.annotate(f"{value:.1f}", (value, place), (0, 6), textcoords="offset points", ha="center")
    ax.set(yticks=places, yticklabels=table.index, xlim=(0, 100), xlabel="%")
    ax.set_ylim(len(table) - 0.5, -0.6)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    sns.despine(ax=ax)
    return ax


def plot_robustness(
    table: pd.DataFrame, axes: NDArray[np.object_] | None = None
) -> NDArray[np.object_]:
    """Draw the accuracy over the strength of each corruption.

    Parameters
    ----------
    table : DataFrame
        `fer_utils.evaluation.robustness.measure_robustness`.
    axes : ndarray of Axes, optional
        Where to draw, one Axes for each corruption; a new figure by default.

    Returns
    -------
    ndarray of Axes, shape (number of corruptions,)
        Each with a curve, the band of its interval, and a line where clean faces are.
    """
    clean = table.loc[table["corruption"] == CLEAN].iloc[0]
    kinds = [kind for kind in table["corruption"].unique() if kind != CLEAN]
    if axes is None:
        axes = _panels(len(kinds))
    for ax, kind in zip(axes, kinds, strict=True):
        rows = table[table["corruption"] == kind]
        strengths = rows["strength"]
        ax.axhline(100 * clean["accuracy"], color="gray", linestyle=":", label="clean faces")
        ax.fill_between(strengths, 100 * rows["low"], 100 * rows["high"], alpha=0.2)
        ax.plot(strengths, 100 * rows["accuracy"], marker="o")
        ax.set(title=kind, xlabel=CORRUPTIONS[kind].unit, ylim=(0, 100))
        ax.set_xticks(strengths, [f"{amount:g}" for amount in rows["amount"]])
        sns.despine(ax=ax)
    for ax in axes[::_COLUMNS]:
        ax.set_ylabel("accuracy, %")
    axes[0].legend(frameon=False, loc="lower left")
    return axes


def plot_maps(
    maps: NDArray[np.floating],
    titles: Sequence[str] | None = None,
    *,
    rows: Sequence[str] = (),
    faces: NDArray[np.uint8] | None = None,
    columns: int = 7,
    ax: Axes | None = None,
) -> Axes:
    """Draw which places of a face speak for an emotion (red) and against it (blue).

    Parameters
    ----------
    maps : ndarray of float, shape (n, 48, 48)
        `fer_utils.evaluation.occlusion.occlusion_maps`, or Grad-CAM. Each one is drawn on its own
        scale: its strongest place has the full colour.
    titles : sequence of str, optional
        A short text above each map.
    rows : sequence of str
        A short text before each row.
    faces : ndarray of uint8, shape (n, 48, 48), optional
        What to draw the maps on; white by default.
    columns : int
        Maps in a row.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one picture of all maps.
    """
    strongest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    scaled = np.divide(maps, strongest, out=np.zeros_like(maps), where=strongest > 0)
    colored = 255 * mpl.colormaps["RdBu_r"]((scaled + 1) / 2)[..., :3]
    if faces is not None:
        weight = 0.7 * np.abs(scaled)[..., None]
        colored = weight * colored + (1 - weight) * faces[..., None]
    # A map on white would have no visible edge.
    colored[:, [0, -1]] = _EDGE
    colored[:, :, [0, -1]] = _EDGE
    if rows:
        # The names of the rows need room beside the maps.
        ax = axes_or_new(ax, (1.8 + 0.95 * min(columns, len(maps)), 1.2 * len(rows)))
    ax = plot_faces(np.rint(colored).astype(np.uint8), titles, columns=columns, ax=ax)
    height = len(np.asarray(ax.get_images()[0].get_array())) / max(1, len(rows))
    for number, text in enumerate(rows):
        ax.text(-4, (number + 0.6) * height, text, ha="right", va="center")
    return ax


def plot_score_changes(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how far the accuracy moves when faces in doubt are left out.

    Parameters
    ----------
    table : DataFrame
        `fer_utils.evaluation.label_quality.score_without`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With a row for each reason, the first one at the top: the change with its interval.
    """
    ax = axes_or_new(ax, (7, 0.9 + 0.45 * len(table)))
    places = np.arange(len(table))
    points = 100 * table[["change", "low", "high"]]
    ax.axvline(0, color="gray", linestyle=":")
    ax.hlines(places, points["low"], points["high"], color="C0", linewidth=3, alpha=0.4)
    ax.scatter(points["change"], places, color="C0", zorder=3)
    names = [f"{reason} ({count})" for reason, count in table["left out"].items()]
    ax.set(yticks=places, yticklabels=names, xlabel="change of accuracy in percentage points")
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
