import numpy as np
import pytest

from fer_utils.exercises.verdict import Verdict, judge, not_yet, right


def test_a_verdict_displays_its_message_as_text_and_safe_html() -> None:
    verdict = Verdict(False, "Is 1 < 2?")
    assert repr(verdict) == "Is 1 < 2?"
    assert "Is 1 &lt; 2?" in verdict._repr_html_()


def test_verdicts_start_with_what_they_are() -> None:
    assert right("So it is.") == Verdict(True, "Right. So it is.")
    assert not_yet("Think.") == Verdict(False, "Not yet. Think.")


@pytest.mark.parametrize("answer", [0.25, 0.2505, np.float32(0.25), np.array(0.25)])
def test_a_rounded_number_is_right(answer: object) -> None:
    assert judge(answer, 0.25, "A quarter.", {}) == Verdict(True, "Right. A quarter.")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (0.3, "Your answer is too high."),
        (0.2, "Your answer is too low."),
        (25, "Give a share from 0 to 1 instead of a percentage."),
        (0.75, "That is the rest."),
        ("a quarter", "Expected a number, got str."),
        (None, "Your answer is not a number."),
        (float("nan"), "Your answer is not a number."),
        ([0.25, 0.25], "Expected an answer of shape (), got (2,)."),
    ],
)
def test_a_wrong_number_is_told_what_is_off(answer: object, told: str) -> None:
    verdict = judge(answer, 0.25, "A quarter.", {"That is the rest.": 0.75})
    assert verdict == Verdict(False, f"Not yet. {told}")


@pytest.mark.parametrize(("answer", "is_right"), [(1000, True), (1000.0, True), (999, False)])
def test_whole_numbers_are_exact(answer: float, is_right: bool) -> None:
    assert judge(answer, 1000, "", {}).is_right is is_right


def test_an_array_is_told_how_many_values_are_off() -> None:
    expected = np.array([0.5, np.nan, 0.25])
    assert judge([0.5, np.nan, 0.25], expected, "", {}).is_right
    assert judge([0.5, 0.5, 0.3], expected, "", {}).message == "Not yet. 2 of 3 values are off."
    assert judge([0.5], expected, "", {}).message.endswith("of shape (3,), got (1,).")
    assert judge({}, expected, "", {}).message == "Not yet. Expected numbers, got dict."


def test_a_slip_that_happens_to_be_right_is_right() -> None:
    assert judge(2, 2, "", {"That is two.": 2}).is_right
