"""Plot how a model agrees with people."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from fer_utils.evaluation.agreement import ONE_PERSON
from fer_utils.evaluation.baselines import THIS_MODEL
from fer_utils.model.face_size import FaceSizes
from fer_utils.plots.axes import axes_or_new, draw_intervals, finish


def plot_agreement(
    people: pd.DataFrame, split: str = "PrivateTest", axes: NDArray[np.object_] | None = None
) -> NDArray[np.object_]:
    """Plot how well a model, one person, and the official label agree with people.

    Parameters
    ----------
    people : DataFrame
        `Evaluation.people`.
    split : str
        A ``set`` of it.
    axes : ndarray of three Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    ndarray of Axes, shape (3,)
        Accuracy, macro-F1, and balanced accuracy: one row per system, the first one at the top,
        with its interval and a dotted line at one person.
    """
    chosen = people[people["set"] == split]
    if axes is None:
        size = (10, 0.9 + 0.35 * chosen["who"].nunique())
        axes = plt.subplots(1, 3, figsize=size, sharey=True, layout="constrained")[1]
    titles = {
        "accuracy": "Accuracy",
        "macro_f1": "Macro-F1",
        "balanced_accuracy": "Balanced accuracy",
    }
    for ax, (figure, title) in zip(axes, titles.items(), strict=True):
        table = chosen[chosen["figure"] == figure].set_index("who")
        percent = 100 * table[["value", "low", "high"]]
        is_model = table.index.str.startswith(THIS_MODEL)
        draw_intervals(ax, percent, "value", ["C1" if own else "C0" for own in is_model])
        ax.axvline(percent.loc[ONE_PERSON, "value"], color="gray", linestyle=":", zorder=0)
        finish(ax, title=title, xlabel="Score (%)")
    return axes


def plot_face_sizes(sizes: FaceSizes, ax: Axes | None = None) -> Axes:
    """Plot how well a model agrees with people by the size of the face.

    Parameters
    ----------
    sizes : FaceSizes
        `ModelFolder.face_sizes`.
    ax : Axes, optional
        Axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        Accuracy over the side of the face, on a logarithmic scale, a dotted line at one person, and
        a dot at the smallest face that the model names.
    """
    ax = axes_or_new(ax, (5, 3.5))
    percent = 100 * np.array(sizes.accuracies)
    ax.plot(sizes.sides, percent, marker=".", label="This model")
    ax.axhline(100 * sizes.one_person, color="gray", linestyle=":", label="One person")
    if sizes.smallest:
        height = percent[sizes.sides.index(sizes.smallest)]
        ax.plot(sizes.smallest, height, "o", color="C1", label="Uncertain below")
    ax.set_xscale("log")
    ax.minorticks_off()
    ax.set_xticks(sizes.sides, [str(side) for side in sizes.sides])
    labels = {"xlabel": "Side of the face (pixels)", "ylabel": "Accuracy (%)"}
    return finish(ax, "inside", **labels, ylim=(0, 100))
