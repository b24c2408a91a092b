"""Figures of what was found in a video: each function draws on one Axes and returns it."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from fer_utils.emotions import COLORS, EMOTIONS, SHOWN_EMOTIONS, UNCERTAIN
from fer_utils.plots.axes import axes_or_new
from fer_utils.video.emotion_times import shares, transitions

# On the page neutral and uncertain share a colour; beside each other they need two.
_COLORS = COLORS | {UNCERTAIN: "#ececec"}


def plot_timeline(table: pd.DataFrame, *, face: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw the probabilities of a face's emotions over time, stacked.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, such as `process_video` writes.
    face : int, optional
        The face's number; the one in most frames by default.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one area for each emotion, and a gap wherever the face is not seen.

    Raises
    ------
    ValueError
        If the table has no such face, or none at all.
    """
    numbers = table["face"].dropna().astype(int)
    if numbers.empty or (face is not None and face not in set(numbers)):
        known = ", ".join(map(str, sorted(set(numbers)))) or "none"
        raise ValueError(f"expected the number of a face in the table, got {face}: it has {known}")
    face = int(numbers.mode()[0]) if face is None else face
    times = table.drop_duplicates("frame").set_index("frame")["time"].sort_index()
    rows = table[table["face"] == face].set_index("frame").reindex(times.index)
    ax = axes_or_new(ax, (8, 3))
    ax.stackplot(
        times,
        *(rows[emotion].to_numpy(dtype=float, na_value=np.nan) for emotion in EMOTIONS),
        labels=EMOTIONS,
        colors=[_COLORS[emotion] for emotion in EMOTIONS],
    )
    ax.set(xlabel="seconds", ylabel="probability", ylim=(0, 1), title=f"face {face}")
    if len(times) > 1:
        ax.set_xlim(times.iloc[0], times.iloc[-1])
    _legend(ax)
    return ax


def plot_shares(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw for how much of its time each face shows each emotion.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, such as `process_video` writes.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With one bar for each face, in percent.
    """
    parts = 100 * shares(table)
    ax = axes_or_new(ax, (8, 1.2 + 0.4 * len(parts)))
    left = np.zeros(len(parts))
    places = [str(number) for number in parts.index]
    for name in SHOWN_EMOTIONS:
        ax.barh(places, parts[name], left=left, color=_COLORS[name], label=name)
        left += parts[name].to_numpy()
    ax.invert_yaxis()
    ax.set(xlabel="% of the time in which the face is seen", ylabel="face", xlim=(0, 100))
    _legend(ax)
    return ax


def plot_transitions(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how often faces went from one emotion to another.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, such as `process_video` writes.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        With a cell for each pair of emotions, all faces together; empty where there was no such
        change.
    """
    ax = axes_or_new(ax, (5.5, 4.5))
    counts = transitions(table)
    sns.heatmap(
        counts,
        annot=counts.astype(str).where(counts > 0, ""),
        fmt="",
        cmap="Blues",
        vmin=0,
        vmax=max(1, counts.to_numpy().max()),
        square=True,
        mask=np.eye(len(counts), dtype=bool),
        cbar=False,
        ax=ax,
    )
    ax.tick_params(axis="x", rotation=45)
    ax.tick_params(axis="y", rotation=0)
    ax.set_title(f"{counts.to_numpy().sum()} changes")
    return ax


def _legend(ax: Axes) -> None:
    # Beside the axes, and from top to bottom as the areas are stacked.
    ax.legend(frameon=False, reverse=True, loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    sns.despine(ax=ax)
