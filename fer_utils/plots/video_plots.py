"""Plot the emotions in a video."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fer_utils.emotions import COLORS, EMOTIONS, SHOWN_EMOTIONS, UNCERTAIN
from fer_utils.plots.axes import axes_or_new, draw_table, finish
from fer_utils.video.emotion_times import shares, transitions

# Elsewhere neutral and uncertain share a color; next to each other they need two.
_COLORS = COLORS | {UNCERTAIN: "#ececec"}


def plot_timeline(table: pd.DataFrame, *, face: int | None = None, ax: Axes | None = None) -> Axes:
    """Plot the probabilities of a face's emotions over time, stacked.

    Parameters
    ----------
    table : DataFrame
        One row per face and frame, as written by `process_video`.
    face : int, optional
        Number of the face; the one in most frames by default.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One area per emotion, with gaps where the face is missing.

    Raises
    ------
    ValueError
        If the table has no such face.
    """
    numbers = table["face"].dropna().astype(int)
    if numbers.empty or (face is not None and face not in set(numbers)):
        known = ", ".join(map(str, sorted(set(numbers)))) or "none"
        raise ValueError(f"expected a face of the table, which has {known}, got {face}")
    face = int(numbers.mode()[0]) if face is None else face
    times = table.drop_duplicates("frame").set_index("frame")["time"].sort_index()
    rows = table[table["face"] == face].set_index("frame").reindex(times.index)
    ax = axes_or_new(ax, (8, 3))
    percent = 100 * rows[list(EMOTIONS)].to_numpy(dtype=float, na_value=np.nan).T
    colors = [_COLORS[emotion] for emotion in EMOTIONS]
    ax.stackplot(times, percent, labels=EMOTIONS, colors=colors)
    if len(times) > 1:
        ax.set_xlim(times.iloc[0], times.iloc[-1])
    labels = {"xlabel": "Time (s)", "ylabel": "Probability (%)", "title": f"Face {face}"}
    return finish(ax, "stacked", **labels, ylim=(0, 100))


def plot_shares(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot how much of its time each face shows each emotion.

    Parameters
    ----------
    table : DataFrame
        One row per face and frame, as written by `process_video`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One stacked bar per face, in percent.
    """
    parts = 100 * shares(table)
    ax = axes_or_new(ax, (8, 1.2 + 0.4 * len(parts)))
    left = np.zeros(len(parts))
    numbers = [str(number) for number in parts.index]
    for name in SHOWN_EMOTIONS:
        ax.barh(numbers, parts[name], left=left, color=_COLORS[name], label=name)
        left += parts[name].to_numpy()
    ax.invert_yaxis()
    label = "Share of the time the face is visible (%)"
    return finish(ax, "stacked", xlabel=label, ylabel="Face", xlim=(0, 100))


def plot_transitions(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Plot how often faces change from one emotion to another.

    Parameters
    ----------
    table : DataFrame
        One row per face and frame, as written by `process_video`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        A cell per pair of emotions, all faces together; empty if there is no such change.
    """
    ax = axes_or_new(ax, (5.5, 4.5))
    counts = transitions(table)
    texts, most = counts.astype(str).where(counts > 0, ""), max(1, counts.to_numpy().max())
    same = np.eye(len(counts), dtype=bool)
    draw_table(ax, counts, annot=texts, fmt="", vmax=most, mask=same, cbar=False)
    ax.set(xlabel="To", ylabel="From", title=f"{counts.to_numpy().sum()} changes")
    return ax
