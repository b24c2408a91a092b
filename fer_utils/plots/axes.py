"""Create, fill, and finish Axes in one style."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

_LEGENDS: dict[str, dict[str, Any]] = {
    "inside": {},
    "above": {"ncols": 3, "loc": "lower center", "bbox_to_anchor": (0.5, 1)},
    "right": {"loc": "center left", "bbox_to_anchor": (1, 0.5)},
    "stacked": {"loc": "center left", "bbox_to_anchor": (1, 0.5), "reverse": True, "fontsize": 8},
}


def axes_or_new(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the given Axes, or the Axes of a new figure of that width and height in inches."""
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    return ax


def finish(ax: Axes, legend: str = "", **properties: Any) -> Axes:
    """Set properties such as labels, remove half the frame, and add a legend.

    The legend is ``inside`` the Axes, ``above`` it, ``right`` of it, right of it in the order of
    ``stacked`` areas, or missing (an empty string).
    """
    ax.set(**properties)
    if legend:
        ax.legend(frameon=False, **_LEGENDS[legend])
    sns.despine(ax=ax)
    return ax


def draw_table(ax: Axes, table: pd.DataFrame, **options: Any) -> None:
    """Draw a square table as shades of blue, with slanted labels below."""
    ticks = {"xticklabels": True, "yticklabels": True}
    sns.heatmap(table, cmap="Blues", vmin=0, square=True, ax=ax, **ticks, **options)
    ax.tick_params(axis="x", rotation=45)
    ax.tick_params(axis="y", rotation=0)


def draw_intervals(ax: Axes, table: pd.DataFrame, value: str, color: Any = "C0") -> None:
    """Draw each row of a table as a value and its interval, the first row at the top.

    The table has the columns `value`, ``low``, and ``high``, in percent.
    """
    rows = np.arange(len(table))
    ax.hlines(rows, table["low"], table["high"], colors=color, linewidth=3, alpha=0.4)
    ax.scatter(table[value], rows, color=color, label=value.capitalize(), zorder=3)
    ax.set(yticks=rows, yticklabels=table.index, ylim=(len(table) - 0.5, -0.5))
