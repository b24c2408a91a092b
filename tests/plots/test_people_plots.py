import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from axes_contents import legend, tick_labels

from fer_utils.model.face_size import FaceSizes
from fer_utils.plots.people_plots import plot_agreement, plot_face_sizes

PEOPLE = pd.DataFrame(
    [
        {"set": split, "who": who, "figure": figure, "value": v, "low": v - 0.02, "high": v + 0.02}
        for split, more in (("PublicTest", 0.1), ("PrivateTest", 0.0))
        for who, base in (("this model, even prior", 0.8), ("one person", 0.7))
        for figure, less in (("accuracy", 0), ("macro_f1", 0.2), ("balanced_accuracy", 0.1))
        for v in [base + more - less]
    ]
)


def test_agreement_has_a_row_for_everybody_and_a_line_at_one_person() -> None:
    axes = plot_agreement(PEOPLE)
    assert [ax.get_title() for ax in axes] == ["Accuracy", "Macro-F1", "Balanced accuracy"]
    assert tick_labels(axes[0], "y") == ["this model, even prior", "one person"]
    for ax, (model, person) in zip(axes, [(80, 70), (60, 50), (70, 60)], strict=True):
        lines, dots = ax.collections
        np.testing.assert_allclose(dots.get_offsets(), [[model, 0], [person, 1]])
        np.testing.assert_allclose(lines.get_segments()[0], [[model - 2, 0], [model + 2, 0]])
        assert list(ax.lines[0].get_xdata()) == pytest.approx([person, person])
        first, second = map(tuple, dots.get_facecolors())
        assert first != second


def test_agreement_on_another_split_can_be_drawn() -> None:
    _, axes = plt.subplots(1, 3)
    assert plot_agreement(PEOPLE, "PublicTest", axes) is axes
    np.testing.assert_allclose(axes[0].collections[1].get_offsets(), [[90, 0], [80, 1]])


def test_face_sizes_have_a_dot_at_the_smallest_face_that_is_named() -> None:
    ax = plot_face_sizes(FaceSizes((12, 24, 48), (0.5, 0.8, 0.85), one_person=0.75))
    curve, person, dot = ax.lines
    np.testing.assert_allclose(curve.get_xydata(), [[12, 50], [24, 80], [48, 85]])
    assert set(person.get_ydata()) == {75}
    np.testing.assert_allclose(dot.get_xydata(), [[24, 80]])
    assert tick_labels(ax, "x") == ["12", "24", "48"]
    assert legend(ax) == ["This model", "One person", "Uncertain below"]


def test_face_sizes_have_no_dot_where_size_is_not_the_reason() -> None:
    assert len(plot_face_sizes(FaceSizes((12, 48), (0.5, 0.6), one_person=0.75)).lines) == 2
