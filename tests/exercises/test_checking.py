import pytest

from fer_utils.exercises import check


def test_an_unknown_exercise_is_refused_by_name() -> None:
    with pytest.raises(
        ValueError, match=r"no exercise '02-neighbour': expected one of 01-majority"
    ):
        check("02-neighbour", ...)


def test_an_answer_is_checked_against_what_the_exercise_is_about() -> None:
    assert check("05-share", 0.25, 2).is_right
    assert not check("05-share", 0.25, 3).is_right
