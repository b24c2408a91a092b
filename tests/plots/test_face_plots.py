"""Figures of faces and data sets."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from axes_contents import heights, legend, tick_labels
from matplotlib.axes import Axes

from fer_utils.data.audit import audit
from fer_utils.data.balancing import balance
from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.drawn_faces.face import draw_face
from fer_utils.data.drawn_faces.sampling import sample_face
from fer_utils.data.faces import SPLITS, DataError, Faces
from fer_utils.data.provenance import Provenance
from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.robustness import CORRUPTIONS, STRENGTHS, corrupt
from fer_utils.plots.face_plots import (
    plot_audit,
    plot_balance,
    plot_class_counts,
    plot_contact_sheet,
    plot_corruptions,
    plot_faces,
    plot_maps,
    plot_smote_parents,
)

FACES = np.arange(1, 6, dtype=np.uint8).repeat(2304).reshape(5, 48, 48) * 40
COUNTS = pd.DataFrame(
    {"Training": [7, 1, 5, 12, 6, 4, 9], "PublicTest": [2, 0, 1, 3, 2, 1, 2]}, index=list(EMOTIONS)
)
BALANCE = pd.DataFrame(
    {"original": [7, 1, 5, 12, 6, 4, 9], "added": [5, 11, 7, 0, 6, 8, 3]}, index=list(EMOTIONS)
)


MAPS = np.zeros((2, 48, 48))
MAPS[0, 10:20, 10:20], MAPS[0, 30:40, 30:40], MAPS[1, 20:30, 20:30] = 0.5, -0.5, 0.001


def noise_audit():
    images = np.random.default_rng(0).integers(0, 256, (30, 48, 48), dtype=np.uint8)
    return audit(
        Faces(
            images=images,
            labels=np.zeros(30, dtype=np.uint8),
            splits=np.array(SPLITS).repeat(10),
            names=np.full(30, "name"),
            origins=np.full(30, "noise"),
            provenance=Provenance("noise", "noise"),
        )
    )


AUDIT = noise_audit()
DRAWN = draw_faces(400)
BALANCED = balance(DRAWN, k_neighbors=1)

PLOTS: dict[str, Callable[..., Axes]] = {
    "class_counts": lambda **at: plot_class_counts(COUNTS, **at),
    "balance": lambda **at: plot_balance(BALANCE, **at),
    "faces": lambda **at: plot_faces(FACES, **at),
    "corruptions": lambda **at: plot_corruptions(**at),
    "maps": lambda **at: plot_maps(MAPS, **at),
    "audit": lambda **at: plot_audit(AUDIT, **at),
    "smote_parents": lambda **at: plot_smote_parents(BALANCED, k_neighbors=1, **at),
}
every_plot = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS.keys())


@every_plot
def test_the_axes_given_are_drawn_on_and_returned(plot: Callable[..., Axes]) -> None:
    _, (left, right) = plt.subplots(1, 2)
    assert plot(ax=right) is right
    assert right.has_data()
    assert not left.has_data()
    assert len(plt.get_fignums()) == 1


@every_plot
def test_without_axes_a_figure_is_made(plot: Callable[..., Axes]) -> None:
    first, second = plot(), plot()
    assert isinstance(first, Axes)
    assert first.figure is not second.figure
    assert len(plt.get_fignums()) == 2


@every_plot
def test_every_figure_can_be_rendered(plot: Callable[..., Axes]) -> None:
    plot().figure.canvas.draw()


def test_class_counts_have_a_bar_for_each_emotion_and_column() -> None:
    ax = plot_class_counts(COUNTS)
    assert heights(ax) == [[7, 1, 5, 12, 6, 4, 9], [2, 0, 1, 3, 2, 1, 2]]
    assert tick_labels(ax, "x") == list(EMOTIONS)
    assert legend(ax) == ["Training", "PublicTest"]
    assert ax.get_ylabel() == "Faces"


def test_balance_stacks_added_faces_on_originals() -> None:
    ax = plot_balance(BALANCE)
    assert heights(ax) == [[7, 1, 5, 12, 6, 4, 9], [5, 11, 7, 0, 6, 8, 3]]
    assert [bar.get_y() for bar in ax.containers[1]] == [7, 1, 5, 12, 6, 4, 9]
    assert tick_labels(ax, "x") == list(EMOTIONS)
    assert legend(ax) == ["Original", "Added"]
    assert ax.get_ylabel() == "Faces"


def test_faces_are_drawn_row_by_row_in_one_picture() -> None:
    (picture,) = plot_faces(FACES, columns=3).images
    grid = np.asarray(picture.get_array())
    assert grid.shape == (2 * 52, 3 * 52)
    corners = [grid[top, left] for top in (0, 52) for left in (2, 54, 106)]
    assert corners == [40, 80, 120, 160, 200, 255]
    for index, face in enumerate(FACES):
        top, left = index // 3 * 52, index % 3 * 52 + 2
        np.testing.assert_array_equal(grid[top : top + 48, left : left + 48], face)


def test_faces_keep_their_gray_values_in_any_range() -> None:
    (picture,) = plot_faces(FACES[:1] // 2).images
    assert picture.get_clim() == (0, 255)
    assert picture.get_cmap().name == "gray"


def test_fewer_faces_than_columns_make_a_narrow_grid() -> None:
    (picture,) = plot_faces(FACES[:2], columns=10).images
    assert picture.get_array().shape == (52, 2 * 52)


def test_titles_are_above_their_faces() -> None:
    ax = plot_faces(FACES[:3], ["one", "two", "three"], columns=2)
    assert [text.get_text() for text in ax.texts] == ["one", "two", "three"]
    assert [text.get_position()[0] for text in ax.texts] == [26, 78, 26]
    grid = np.asarray(ax.images[0].get_array())
    for text, face in zip(ax.texts, FACES, strict=False):
        left, bottom = text.get_position()
        # White under the title, the face right below.
        assert grid[int(bottom), int(left)] == 255
        assert grid[int(bottom) + 3, int(left)] == face[0, 0]


def test_faces_have_no_axis_lines() -> None:
    assert not plot_faces(FACES).axison


def test_smote_faces_are_between_their_parents() -> None:
    ax = plot_smote_parents(BALANCED, "anger", rows=2, k_neighbors=1)
    assert [text.get_text() for text in ax.texts] == ["Original", "Synthetic", "Neighbor"] * 2
    grid = np.asarray(ax.images[0].get_array()).astype(int)
    members = BALANCED.select(BALANCED.labels == 0)
    added = members.images[members.is_synthetic][:2]
    originals = {image.tobytes() for image in members.images[~members.is_synthetic]}
    for row, face in enumerate(added):
        top = row * 66 + 14
        start, middle, end = (grid[top : top + 48, left : left + 48] for left in (2, 54, 106))
        np.testing.assert_array_equal(middle, face)
        assert {start.astype(np.uint8).tobytes(), end.astype(np.uint8).tobytes()} <= originals
        assert (np.minimum(start, end) <= middle).all()
        assert (middle <= np.maximum(start, end)).all()


@pytest.mark.parametrize(
    ("faces", "emotion"),
    [
        (BALANCED, "happy"),
        (balance(draw_faces(200), "random"), "disgust"),
        (draw_faces(200), "sad"),
    ],
)
def test_only_smote_faces_have_parents(faces: Faces, emotion: str) -> None:
    with pytest.raises(DataError, match=f"some added faces of {emotion}, got .*: choose a rarer"):
        plot_smote_parents(faces, emotion)


def test_the_audit_has_a_curve_for_each_split() -> None:
    ax = plot_audit(AUDIT)
    assert len(ax.lines) == 3
    assert sorted(legend(ax)) == sorted(SPLITS)
    assert ax.get_xlabel() == "Sharpness (gray levels)"


@pytest.mark.parametrize(
    ("statistic", "label"),
    [("mean", "Mean (gray levels)"), ("standard deviation", "Standard deviation (gray levels)")],
)
def test_the_audit_draws_the_statistic_asked_for(statistic: str, label: str) -> None:
    ax = plot_audit(AUDIT, statistic)
    assert ax.get_xlabel() == label
    values = AUDIT.statistics[statistic]
    peaks = [line.get_xdata()[np.argmax(line.get_ydata())] for line in ax.lines]
    assert values.min() < min(peaks) <= max(peaks) < values.max()


def test_each_curve_of_the_audit_has_the_same_area() -> None:
    areas = [np.trapezoid(line.get_ydata(), line.get_xdata()) for line in plot_audit(AUDIT).lines]
    assert areas == pytest.approx([1, 1, 1], abs=0.02)


def test_a_contact_sheet_has_a_named_row_for_each_emotion() -> None:
    labels = np.array([3, 3, 3, 0], dtype=np.uint8)
    faces = Faces(
        images=np.full((4, 48, 48), 60, dtype=np.uint8) + 10 * labels[:, None, None],
        labels=labels,
        splits=np.full(4, "Training"),
        names=np.array(list("abcd")),
        origins=np.full(4, "test"),
        provenance=Provenance("test", "made up"),
    )
    ax = plot_contact_sheet(faces, per_emotion=2)
    (picture,) = ax.get_images()
    grid = np.asarray(picture.get_array())
    assert [text.get_text() for text in ax.texts] == list(EMOTIONS)
    assert grid.shape == (7 * 52, 2 * 52)
    # The row of "happy" is full, that of "angry" has one face, all others are empty.
    assert (grid[3 * 52 + 24, [26, 78]] == 90).all()
    assert grid[24, [26, 78]].tolist() == [60, 255]
    assert (grid[52 : 3 * 52] == 255).all()


def test_each_corruption_is_a_column_and_each_strength_a_row() -> None:
    ax = plot_corruptions(seed=3)
    labels = [text.get_text() for text in ax.texts]
    assert labels == [*CORRUPTIONS, *(f"Strength {each}" for each in range(1, 6))]
    (image,) = ax.get_images()
    grid = np.asarray(image.get_array())
    assert grid.shape == (5 * 52, 11 * 52)
    face = draw_face(*sample_face("happy", np.random.default_rng(24)))[None]
    for column, name in enumerate(CORRUPTIONS):
        for row, strength in enumerate(STRENGTHS):
            cell = grid[52 * row : 52 * row + 48, 52 * column + 2 : 52 * column + 50]
            np.testing.assert_array_equal(cell, corrupt(face, name, strength=strength, seed=3)[0])


def picture(maps: np.ndarray, **how: object) -> np.ndarray:
    (drawn,) = plot_maps(maps, **how).get_images()
    return np.asarray(drawn.get_array()).astype(int)


def test_maps_are_red_where_they_are_positive_and_blue_where_negative() -> None:
    grid = picture(MAPS)
    assert grid.shape == (52, 2 * 52, 3)
    red, _, blue = grid[15, 2 + 15]
    assert red > blue + 50
    red, _, blue = grid[35, 2 + 35]
    assert blue > red + 50
    np.testing.assert_allclose(grid[25, 2 + 25], 247, atol=2)


def test_each_map_has_its_own_scale() -> None:
    grid = picture(MAPS)
    np.testing.assert_array_equal(grid[25, 52 + 2 + 25], grid[15, 2 + 15])


def test_a_map_without_any_structure_is_blank() -> None:
    grid = picture(np.zeros((1, 48, 48)))
    assert len(np.unique(grid[1:47, 3:49].reshape(-1, 3), axis=0)) == 1


def test_maps_are_drawn_on_the_faces_if_they_are_given() -> None:
    faces = np.full((2, 48, 48), 90, dtype=np.uint8)
    grid = picture(MAPS, faces=faces)
    assert grid[25, 2 + 25].tolist() == [90, 90, 90]
    red, _, blue = grid[15, 2 + 15]
    assert red > blue + 40


def test_maps_have_titles() -> None:
    ax = plot_maps(MAPS, ["happy", "sad"])
    assert [text.get_text() for text in ax.texts] == ["happy", "sad"]


def test_rows_of_maps_have_labels_on_their_left() -> None:
    ax = plot_maps(MAPS, ["happy", "sad"], rows=["before", "after"], columns=1)
    first, second = ax.texts[2:]
    assert (first.get_text(), second.get_text()) == ("before", "after")
    # Each row is 66 pixels high, with its title.
    assert second.get_position()[1] - first.get_position()[1] == 66
    assert first.get_position()[0] < 0
