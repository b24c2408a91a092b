"""Draw faces, maps on faces, and how a data set's faces are distributed."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import NDArray

from fer_utils.data.audit import Audit
from fer_utils.data.balancing import smote_parents
from fer_utils.data.drawn_faces.face import draw_face
from fer_utils.data.drawn_faces.sampling import sample_face
from fer_utils.data.faces import SPLITS, DataError, Faces
from fer_utils.emotions import EMOTIONS, emotion_index
from fer_utils.evaluation.robustness import CORRUPTIONS, STRENGTHS, corrupt
from fer_utils.plots.axes import axes_or_new, finish


def plot_class_counts(counts: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the number of faces of each emotion, one bar per column of the table.

    Parameters
    ----------
    counts : DataFrame
        One row per emotion, such as `Faces.counts()`.
    ax : Axes, optional
        The axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One bar per emotion and column.
    """
    ax = axes_or_new(ax, (8, 3.5))
    counts.plot.bar(rot=0, width=0.8, color=sns.color_palette("deep", desat=0.75), ax=ax)
    return finish(ax, "inside", ylabel="Faces")


def plot_balance(counts: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the original and added faces of each emotion, stacked.

    Parameters
    ----------
    counts : DataFrame
        Output of `Faces.training_counts`.
    ax : Axes, optional
        The axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One stacked bar per emotion.
    """
    ax = axes_or_new(ax, (8, 3.5))
    named, colors = counts.rename(columns=str.capitalize), sns.color_palette("deep")
    named.plot.bar(stacked=True, rot=0, width=0.8, color=colors, ax=ax)
    return finish(ax, "above", ylabel="Faces")


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
        The faces, gray or in color.
    titles : sequence of str, optional
        A short title for each face.
    columns : int, default 10
        The number of faces per row.
    ax : Axes, optional
        The axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One picture of the whole grid.
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
    """Draw a random sample of each emotion, one row per emotion.

    Parameters
    ----------
    faces : Faces
        The faces to sample from.
    per_emotion : int, default 10
        The maximum number of faces per row.
    seed : int, default 0
        The seed of the sample.
    ax : Axes, optional
        The axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One row per emotion, with its name on the left.
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


def plot_smote_parents(
    faces: Faces,
    emotion: str = "disgust",
    *,
    rows: int = 4,
    k_neighbors: int = 5,
    ax: Axes | None = None,
) -> Axes:
    """Draw SMOTE faces of an emotion between the two originals they were interpolated from.

    Parameters
    ----------
    faces : Faces
        Faces balanced with ``smote``; see `fer_utils.data.balancing.balance`.
    emotion : str, default "disgust"
        The emotion.
    rows : int, default 4
        The maximum number of SMOTE faces.
    k_neighbors : int, default 5
        The value passed to `balance`.
    ax : Axes, optional
        The axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One row per SMOTE face.

    Raises
    ------
    DataError
        If the faces are not balanced with ``smote``, or the emotion has no added faces.
    """
    label = emotion_index(emotion)
    training = faces.of_split("Training")
    members = training.select(training.labels == label)
    added = members.images[members.is_synthetic][:rows]
    if faces.provenance.balancing != "smote" or not len(added):
        raise DataError(
            f"expected faces balanced with smote and some added faces of {EMOTIONS[label]}, got "
            f"{len(added)} added with {faces.provenance.balancing}: choose a rarer emotion, or "
            'balance(faces, "smote")'
        )
    originals = members.images[~members.is_synthetic]
    images: list[NDArray[np.uint8]] = []
    for face in added:
        start, neighbor = smote_parents(face, originals, k_neighbors=k_neighbors)
        images += [originals[start], face, originals[neighbor]]
    titles = ["Original", "Synthetic", "Neighbor"] * len(added)
    return plot_faces(np.stack(images), titles, columns=3, ax=ax)


def sample_image() -> NDArray[np.uint8]:
    """Return a drawn happy face, shape (48, 48), always the same."""
    return draw_face(*sample_face("happy", np.random.default_rng(24)))


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
    face = sample_image()[None]
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
        text = f"Strength {strength}"
        ax.text(-3, (row + 0.5) * height, text, ha="right", va="center", fontsize=8)
    return ax


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
    # Without a gray border, a map on white would have no visible edge.
    colored[:, [0, -1]] = colored[:, :, [0, -1]] = 200
    if rows:
        # Leave room for the row labels.
        ax = axes_or_new(ax, (2 + 0.95 * min(columns, len(maps)), 1.2 * len(rows)))
    ax = plot_faces(np.rint(colored).astype(np.uint8), titles, columns=columns, ax=ax)
    height = ax.get_images()[0].get_size()[0] / max(1, len(rows))
    for number, text in enumerate(rows):
        ax.text(-4, (number + 0.6) * height, text, ha="right", va="center")
    return ax


def plot_audit(audit: Audit, statistic: str = "sharpness", ax: Axes | None = None) -> Axes:
    """Draw the distribution of an image statistic in each split; healthy splits overlap.

    Parameters
    ----------
    audit : Audit
        Output of `fer_utils.data.audit.audit`.
    statistic : {"sharpness", "mean", "standard deviation"}
        The statistic.
    ax : Axes, optional
        The axes to draw on; a new figure by default.

    Returns
    -------
    Axes
        One curve per split.
    """
    ax = axes_or_new(ax, (5, 3))
    for split, color in zip(SPLITS, sns.color_palette("deep"), strict=False):
        values = audit.statistics.loc[audit.statistics["split"] == split, statistic]
        sns.kdeplot(values, color=color, label=split, warn_singular=False, ax=ax)
    label = f"{statistic.capitalize()} (gray levels)"
    finish(ax, "inside" if ax.lines else "", xlabel=label, ylabel="", yticks=[])
    sns.despine(ax=ax, left=True)
    return ax
