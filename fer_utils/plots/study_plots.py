"""Plot the results of the studies."""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from fer_utils.plots.axes import axes_or_new, finish
from fer_utils.studies.protocols import PRIVATE_CLEAN
from fer_utils.studies.study_plan import BASE
from fer_utils.studies.study_results import (
    CLAIMS,
    Results,
    copies_table,
    figure_title,
    mean_accuracy,
    protocol_table,
)

_COLORS = sns.color_palette("deep")


def plot_copies_learned(results: Results, ax: Axes | None = None) -> Axes:
    """Plot the share of each scored set that the network has learned from.

    Parameters
    ----------
    results : Results
        Results of the study ``reproduce``.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One bar per method and scored set.
    """
    table = protocol_table(results)
    shares = 100 * table["copies learned"] / table["faces"]
    names = [f"{method}: {name}" for method, name in table.index]
    ax = axes_or_new(ax, (7, 0.3 * len(names) + 0.8))
    bars = ax.barh(names, shares, color=_COLORS[3])
    ax.bar_label(bars, [f"{share:.0f}%" for share in shares], padding=3)
    ax.invert_yaxis()
    label = "Scored faces with an exact copy in the training data (%)"
    return finish(ax, xlabel=label, xlim=(0, 110))


def plot_inflation(
    results: Results, published: str, honest: str, *, test: str = "test", ax: Axes | None = None
) -> Axes:
    """Plot a published accuracy next to those of the published and the honest protocol.

    Parameters
    ----------
    results : Results
        Results of the study ``reproduce``.
    published, honest : str
        Methods of the study.
    test : str
        Name of the published test set.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Three bars: the published accuracy, the same protocol reproduced, and the honest protocol
        on PrivateTest-clean.
    """
    bars = {
        "Claimed": CLAIMS[published][test],
        "Same\nprotocol": mean_accuracy(results.methods[published], test),
        "Honest\nprotocol": mean_accuracy(results.methods[honest], PRIVATE_CLEAN),
    }
    ax = axes_or_new(ax, (4, 3.5))
    percent = [100 * accuracy for accuracy in bars.values()]
    drawn = ax.bar(list(bars), percent, color=[_COLORS[7], _COLORS[3], _COLORS[2]])
    ax.bar_label(drawn, fmt="{:.1f}%")
    return finish(ax, ylabel="Accuracy (%)", ylim=(0, 100))


def plot_copies_effect(results: Results, ax: Axes | None = None) -> Axes:
    """Plot the accuracy on parts of PrivateTest, with and without their copies in Training.

    Parameters
    ----------
    results : Results
        Results of the study ``reproduce``.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One bar per training and part.
    """
    ax = axes_or_new(ax, (6, 3.5))
    table = 100 * copies_table(results).drop(index="difference", errors="ignore")
    table.index = table.index.str.replace("_", " ").str.capitalize()
    table.T.plot.bar(rot=0, width=0.7, color=_COLORS, ax=ax)
    for bars in ax.containers:
        ax.bar_label(bars, fmt="{:.1f}%", fontsize=8)  # type: ignore[arg-type]
    finish(ax, ylabel="Accuracy (%)", ylim=(0, 100))
    ax.legend(title="Training", frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


def plot_differences(results: Results, figure: str, ax: Axes | None = None) -> Axes:
    """Plot the gain of every balancing method over none, with its interval.

    Parameters
    ----------
    results : Results
        Results of the study ``balancing``.
    figure : str
        One of `fer_utils.studies.comparison.FIGURES`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One dot and interval per method except ``none``, in percentage points, and a line at zero.
    """
    methods = [name for name in results.methods if name != BASE]
    differences = [list(results.methods[name]["differences"][figure].values()) for name in methods]
    value, low, high = 100 * np.array(differences).T
    ax = axes_or_new(ax, (5, 0.35 * len(methods) + 0.9))
    ax.axvline(0, color="gray", linestyle=":")
    # A percentile interval need not contain the estimate.
    reach = np.maximum([value - low, high - value], 0)
    ax.errorbar(value, methods, xerr=reach, fmt="o", capsize=3)
    ax.invert_yaxis()
    title = figure_title(figure)
    label = "Difference from no balancing (percentage points)"
    return finish(ax, xlabel=label, title=title[0].upper() + title[1:])
