import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from fer_utils.data.drawn_faces.face import draw_face
from fer_utils.data.drawn_faces.sampling import sample_face
from fer_utils.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from fer_utils.plots.evaluation_plots import (
    plot_comparison,
    plot_corruptions,
    plot_maps,
    plot_robustness,
    plot_score_changes,
)

COMPARISON = pd.DataFrame(
    {
        "accuracy": [0.7, 0.65, 0.25],
        "low": [0.68, np.nan, 0.24],
        "high": [0.72, np.nan, 0.26],
        "macro_f1": [0.6, np.nan, 0.05],
    },
    index=["this model", "people", "always happy"],
)
ROBUSTNESS = pd.DataFrame(
    {
        "corruption": ["none", *["blur"] * 5, *["jpeg"] * 5],
        "strength": [0, *range(1, 6), *range(1, 6)],
        "amount": [0, 0.5, 1, 1.5, 2, 3, 50, 30, 20, 10, 5],
        "accuracy": [0.7, 0.7, 0.6, 0.5, 0.4, 0.3, 0.7, 0.69, 0.68, 0.6, 0.5],
    }
).assign(low=lambda table: table["accuracy"] - 0.05, high=lambda table: table["accuracy"] + 0.05)
CHANGES = pd.DataFrame(
    {
        "left out": [280, 33],
        "accuracy": [0.68, 0.7],
        "change": [-0.012, 0.002],
        "low": [-0.02, 0.0],
        "high": [-0.01, 0.004],
    },
    index=["copy in Training", "conflicting labels"],
)
MAPS = np.zeros((2, 48, 48))
MAPS[0, 10:20, 10:20], MAPS[0, 30:40, 30:40], MAPS[1, 20:30, 20:30] = 0.5, -0.5, 0.001


@pytest.mark.parametrize(
    ("plot", "data"),
    [(plot_comparison, COMPARISON), (plot_maps, MAPS), (plot_score_changes, CHANGES)],
)
def test_a_plot_draws_on_the_axes_it_was_given_or_on_new_ones(plot, data) -> None:
    _, ax = plt.subplots()
    assert plot(data, ax=ax) is ax
    assert plot(data) is not ax


def test_corruptions_are_drawn_on_the_axes_they_were_given_or_on_new_ones() -> None:
    _, ax = plt.subplots()
    assert plot_corruptions(ax=ax) is ax
    assert plot_corruptions() is not ax


def test_each_corruption_is_a_column_and_each_strength_a_row() -> None:
    ax = plot_corruptions(seed=3)
    labels = [text.get_text() for text in ax.texts]
    assert labels == [*CORRUPTIONS, *(f"strength {each}" for each in range(1, 6))]
    (image,) = ax.get_images()
    grid = np.asarray(image.get_array())
    assert grid.shape == (5 * 52, 11 * 52)
    face = draw_face(*sample_face("happy", np.random.default_rng(24)))[None]
    for column, name in enumerate(CORRUPTIONS):
        for row, strength in enumerate(STRENGTHS):
            cell = grid[52 * row : 52 * row + 48, 52 * column + 2 : 52 * column + 50]
            np.testing.assert_array_equal(cell, corrupt(face, name, strength=strength, seed=3)[0])


def test_the_comparison_has_a_dot_with_an_interval_for_each_system() -> None:
    ax = plot_comparison(COMPARISON)
    lines, dots, rings = ax.collections
    np.testing.assert_allclose(dots.get_offsets(), [[70, 0], [65, 1], [25, 2]])
    np.testing.assert_allclose(lines.get_segments()[0], [[68, 0], [72, 0]])
    np.testing.assert_allclose(rings.get_offsets().compressed(), [60, 0, 5, 2])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == COMPARISON.index.tolist()
    assert ax.get_xlabel() == "Score (%)"
    assert ax.yaxis_inverted()
    assert [text.get_text() for text in ax.texts] == ["70.0", "65.0", "25.0"]


def test_this_model_has_its_own_color() -> None:
    dots = plot_comparison(COMPARISON).collections[1]
    first, *others = map(tuple, dots.get_facecolors())
    assert first not in others
    assert len(set(others)) == 1


def test_each_corruption_has_its_own_axes() -> None:
    axes = plot_robustness(ROBUSTNESS)
    assert [ax.get_title() for ax in axes] == ["blur", "jpeg"]
    for ax, kind in zip(axes, ("blur", "jpeg"), strict=True):
        clean, curve = ax.lines
        assert set(clean.get_ydata()) == {70}
        expected = 100 * ROBUSTNESS.loc[ROBUSTNESS["corruption"] == kind, "accuracy"]
        np.testing.assert_allclose(curve.get_xydata(), np.column_stack([range(1, 6), expected]))
        (band,) = ax.collections
        assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(expected.max() + 5)
    assert [tick.get_text() for tick in axes[1].get_xticklabels()] == ["50", "30", "20", "10", "5"]
    assert axes[1].get_xlabel() == "JPEG quality"
    assert axes[0].get_ylabel() == "Accuracy (%)"


def test_robustness_draws_on_the_axes_it_was_given() -> None:
    _, axes = plt.subplots(1, 2)
    assert plot_robustness(ROBUSTNESS, axes) is axes
    assert all(len(ax.lines) == 2 for ax in axes)


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


def test_changes_are_drawn_in_percentage_points() -> None:
    ax = plot_score_changes(CHANGES)
    lines, dots = ax.collections
    np.testing.assert_allclose(dots.get_offsets(), [[-1.2, 0], [0.2, 1]])
    np.testing.assert_allclose(lines.get_segments()[1], [[0, 1], [0.4, 1]])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "copy in Training (280)",
        "conflicting labels (33)",
    ]
