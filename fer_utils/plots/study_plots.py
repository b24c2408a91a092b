"""Plot the results of the studies."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from fer_utils.plots.axes import axes_or_new
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

_PALETTE = "deep"


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
    bars = ax.barh(names, shares, color=sns.color_palette(_PALETTE)[3])
    ax.bar_label(bars, [f"{share:.0f}%" for share in shares], padding=3)
    ax.set(xlabel="Scored faces with an exact copy in the training data (%)", xlim=(0, 110))
    ax.invert_yaxis()
    sns.despine(ax=ax)
    return ax


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
    colors = sns.color_palette(_PALETTE)
    percent = [100 * accuracy for accuracy in bars.values()]
    drawn = ax.bar(list(bars), percent, color=[colors[7], colors[3], colors[2]])
    ax.bar_label(drawn, fmt="{:.1f}%")
    ax.set(ylabel="Accuracy (%)", ylim=(0, 100))
    sns.despine(ax=ax)
    return ax


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
    table.index = pd.Index([name.replace("_", " ").capitalize() for name in table.index])
    table.T.plot.bar(rot=0, width=0.7, color=sns.color_palette(_PALETTE)[:2], ax=ax)
    for bars in ax.containers:
        ax.bar_label(bars, fmt="{:.1f}%", fontsize=8)  # type: ignore[arg-type]
    ax.set(ylabel="Accuracy (%)", ylim=(0, 100))
    ax.legend(title="Training", frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    sns.despine(ax=ax)
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
    differences = {
        method: found["differences"][figure]
        for method, found in results.methods.items()
        if method != BASE
    }
    percentages = 100 * np.array([list(each.values()) for each in differences.values()])
    value, low, high = percentages.T
    ax = axes_or_new(ax, (5, 0.35 * len(differences) + 0.9))
    ax.axvline(0, color="gray", linestyle=":")
    # A percentile interval need not contain the estimate.
    reach = np.maximum([value - low, high - value], 0)
    ax.errorbar(value, list(differences), xerr=reach, fmt="o", capsize=3)
    title = figure_title(figure)
    ax.set(
        xlabel="Change from no balancing (percentage points)",
        title=title[0].upper() + title[1:],
    )
    ax.invert_yaxis()
    sns.despine(ax=ax)
    return ax
