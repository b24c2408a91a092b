"""Read what a figure shows."""

from matplotlib.axes import Axes


def heights(ax: Axes) -> list[list[float]]:
    """Return the heights of the bars, one list for each column of the table."""
    return [[bar.get_height() for bar in bars] for bars in ax.containers]


def tick_labels(ax: Axes, axis: str) -> list[str]:
    """Return the tick labels of "x" or "y"."""
    ticks = ax.get_xticklabels() if axis == "x" else ax.get_yticklabels()
    return [tick.get_text() for tick in ticks]


def legend(ax: Axes) -> list[str]:
    """Return the texts of the legend."""
    return [text.get_text() for text in ax.get_legend().get_texts()]
