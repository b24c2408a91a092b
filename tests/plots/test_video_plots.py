from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from fer_utils.emotions import COLORS, EMOTIONS, UNCERTAIN
from fer_utils.plots.video_plots import plot_shares, plot_timeline, plot_transitions
from fer_utils.vision.face_table import COLUMNS, NO_FACE, as_table


def row(frame: int, face: int | None, emotion: str = "happy") -> dict:
    start = {"frame": frame, "time": frame / 10}
    if face is None:
        return start | NO_FACE
    probabilities = dict.fromkeys(EMOTIONS, 0.05) | {"happy": 0.7}
    return dict.fromkeys(COLUMNS, 1.0) | start | probabilities | {"face": face, "emotion": emotion}


# Face 1 is missing in frames 3 and 4; face 2 is in frame 3 only.
TABLE = as_table(
    [
        *(row(frame, 1) for frame in (0, 1, 2)),
        row(3, 2, "sad"),
        row(4, None),
        row(5, 1),
        row(6, 1, "sad"),
        row(7, 1, UNCERTAIN),
    ]
)


@pytest.mark.parametrize("plot", [plot_timeline, plot_shares, plot_transitions])
def test_a_plot_draws_on_the_axes_it_was_given_or_on_new_ones(
    plot: Callable[..., Axes],
) -> None:
    _, ax = plt.subplots()
    assert plot(TABLE, ax=ax) is ax
    new = plot(TABLE)
    assert new is not ax
    assert new.has_data()


def test_the_timeline_stacks_the_emotions_in_their_colors() -> None:
    ax = plot_timeline(TABLE)
    assert [area.get_label() for area in ax.collections] == list(EMOTIONS)
    colors = [to_hex(area.get_facecolor()[0]) for area in ax.collections]
    assert colors == [COLORS[emotion] for emotion in EMOTIONS]
    happy = ax.collections[3].get_paths()[0].vertices
    assert (happy[:, 1].min(), happy[:, 1].max()) == pytest.approx((15, 85))
    assert ax.get_title() == "Face 1"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Time (s)", "Probability (%)")


def test_the_timeline_has_a_gap_where_the_face_is_missing() -> None:
    parts = plot_timeline(TABLE).collections[0].get_paths()
    reach = [(part.vertices[:, 0].min(), part.vertices[:, 0].max()) for part in parts]
    assert reach == [pytest.approx((0, 0.2)), pytest.approx((0.5, 0.7))]


def test_the_timeline_reaches_to_the_last_frame_even_without_the_face() -> None:
    assert plot_timeline(TABLE, face=2).get_xlim() == pytest.approx((0, 0.7))


def test_a_video_without_changes_has_empty_cells() -> None:
    ax = plot_transitions(TABLE[TABLE["frame"] < 3])
    assert {text.get_text() for text in ax.texts} == {""}
    assert ax.get_title() == "0 changes"


def test_the_timeline_is_of_the_face_that_was_asked_for() -> None:
    ax = plot_timeline(TABLE, face=2)
    assert ax.get_title() == "Face 2"
    (part,) = ax.collections[0].get_paths()
    assert set(part.vertices[:, 0]) == {0.3}


@pytest.mark.parametrize(
    ("table", "face", "known"),
    [
        (TABLE, 3, "which has 1, 2, got 3"),
        (TABLE[TABLE["face"].isna()], None, "which has none, got"),
    ],
)
def test_a_face_that_is_not_in_the_table_is_an_error(
    table: pd.DataFrame, face: int | None, known: str
) -> None:
    with pytest.raises(ValueError, match=known):
        plot_timeline(table, face=face)


def test_shares_are_bars_that_fill_the_whole() -> None:
    ax = plot_shares(TABLE)
    widths = np.array([[bar.get_width() for bar in bars] for bars in ax.containers])
    np.testing.assert_allclose(widths.sum(axis=0), [100, 100])
    happy, sad, uncertain = widths[3], widths[4], widths[7]
    np.testing.assert_allclose(happy, [400 / 6, 0])
    np.testing.assert_allclose(sad, [100 / 6, 100])
    np.testing.assert_allclose(uncertain, [100 / 6, 0])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1", "2"]


def test_transitions_are_cells() -> None:
    ax = plot_transitions(TABLE)
    texts = [text.get_text() for text in ax.texts]
    assert (texts.count("1"), texts.count(""), len(texts)) == (2, 54, 56)
    assert ax.get_title() == "2 changes"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("To", "From")
