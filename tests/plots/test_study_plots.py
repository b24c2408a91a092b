"""Study plots show the figures of the results."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from axes_contents import heights, legend, tick_labels

from fer_utils.plots.study_plots import (
    plot_copies_effect,
    plot_copies_learned,
    plot_differences,
    plot_inflation,
)
from fer_utils.studies.study_results import Results


def test_the_share_of_copies_is_shown_for_each_set(reproduce_results: Results) -> None:
    ax = plot_copies_learned(reproduce_results)
    widths = [bar.get_width() for bar in ax.patches]
    shares = dict(zip(tick_labels(ax, "y"), widths, strict=True))
    assert shares["a_published: test"] == 100
    assert shares["a_published: validation"] == 10
    assert shares["b_published: test"] == 60
    assert shares["a_honest: PrivateTest"] == 0
    assert "60%" in [text.get_text() for text in ax.texts]


def test_the_inflation_shows_claim_same_and_honest_protocol(
    reproduce_results: Results,
) -> None:
    ax = plot_inflation(reproduce_results, "b_published", "b_honest")
    assert heights(ax) == [pytest.approx([82.45, 80, 43.75])]


def test_the_effect_of_copies_is_shown_by_part(reproduce_results: Results) -> None:
    ax = plot_copies_effect(reproduce_results)
    without, with_copies = heights(ax)
    assert without == [50, 75, 43.75]
    assert with_copies == pytest.approx([50, 75, 45])
    assert legend(ax) == ["Without copies", "With copies"]


def test_a_difference_is_a_dot_with_its_interval(balancing_results: Results) -> None:
    ax = plot_differences(balancing_results, "macro_f1")
    assert ax.get_title() == "Macro-F1"
    assert ax.get_xlabel() == "Difference from no balancing (percentage points)"
    dot, (low, high), (line,) = ax.containers[0]
    assert dot.get_xdata() == pytest.approx([3.0])
    np.testing.assert_allclose(line.get_segments()[0][:, 0], [2.0, 4.0])
    assert (low.get_xdata(), high.get_xdata()) == (pytest.approx([2.0]), pytest.approx([4.0]))
    assert tick_labels(ax, "y") == ["smote"]


def test_every_plot_draws_on_the_given_axes(
    balancing_results: Results, reproduce_results: Results
) -> None:
    _, axes = plt.subplots(1, 4)
    assert plot_copies_learned(reproduce_results, ax=axes[0]) is axes[0]
    assert plot_inflation(reproduce_results, "a_published", "a_honest", ax=axes[1]) is axes[1]
    assert plot_copies_effect(reproduce_results, ax=axes[2]) is axes[2]
    assert plot_differences(balancing_results, "accuracy", ax=axes[3]) is axes[3]
