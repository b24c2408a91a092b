"""Figures of the studies: each draws what the results say."""

from collections.abc import Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from fer_utils.plots.study_plots import (
    plot_copies_effect,
    plot_copies_learned,
    plot_differences,
    plot_inflation,
)
from fer_utils.studies.study_results import Results


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def test_the_share_of_copies_is_drawn_for_each_set(reproduce_results: Results) -> None:
    ax = plot_copies_learned(reproduce_results)
    names = [label.get_text() for label in ax.get_yticklabels()]
    widths = [bar.get_width() for bar in ax.patches]
    shares = dict(zip(names, widths, strict=True))
    assert shares["a_published: test"] == 1
    assert shares["a_published: validation"] == 0.1
    assert shares["b_published: test"] == 0.6
    assert shares["a_honest: PrivateTest"] == 0
    assert "60%" in [text.get_text() for text in ax.texts]


def test_the_inflation_is_claim_protocol_and_honest_score(reproduce_results: Results) -> None:
    ax = plot_inflation(reproduce_results, "b_published", "b_honest")
    assert [bar.get_height() for bar in ax.patches] == [0.8245, 0.8, 0.4375]


def test_the_effect_of_copies_is_drawn_by_part(reproduce_results: Results) -> None:
    ax = plot_copies_effect(reproduce_results)
    without, with_copies = ([bar.get_height() for bar in bars] for bars in ax.containers)
    assert without == [0.5, 0.75, 0.4375]
    assert with_copies == pytest.approx([0.5, 0.75, 0.45])
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["without copies", "with copies"]


def test_a_difference_is_a_dot_with_its_interval(balancing_results: Results) -> None:
    ax = plot_differences(balancing_results, "macro_f1")
    assert ax.get_title() == "macro F1"
    dot, (low, high), (line,) = ax.containers[0]
    assert dot.get_xdata() == pytest.approx([3.0])
    np.testing.assert_allclose(line.get_segments()[0][:, 0], [2.0, 4.0])
    assert (low.get_xdata(), high.get_xdata()) == (pytest.approx([2.0]), pytest.approx([4.0]))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["smote"]


def test_figures_are_drawn_where_they_are_told_to(
    balancing_results: Results, reproduce_results: Results
) -> None:
    _, axes = plt.subplots(1, 4)
    assert plot_copies_learned(reproduce_results, ax=axes[0]) is axes[0]
    assert plot_inflation(reproduce_results, "a_published", "a_honest", ax=axes[1]) is axes[1]
    assert plot_copies_effect(reproduce_results, ax=axes[2]) is axes[2]
    assert plot_differences(balancing_results, "accuracy", ax=axes[3]) is axes[3]
