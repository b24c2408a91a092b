import pytest

from fer_utils.widgets.wording import (
    count_of,
    describe_error,
    explain_error,
    megabytes,
    minutes,
    time_left,
    video_time,
)


def test_counts_have_a_plural() -> None:
    assert [count_of(number, "face") for number in range(3)] == ["no face", "1 face", "2 faces"]


def test_sizes_are_in_megabytes() -> None:
    assert megabytes(31_249_999) == "31.2 MB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59, "0:59"), (60, "1:00"), (125, "2:05"), (7200, "120:00")],
)
def test_times_are_minutes_and_seconds(seconds: int, text: str) -> None:
    assert minutes(seconds) == text


def test_times_of_short_videos_have_tenths() -> None:
    assert video_time(1.52, 3) == "1.5 s"
    assert video_time(125.4, 200) == "2:05"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1, "about 1 s left"),
        (11.2, "about 12 s left"),
        (60, "about 1 min left"),
        (61, "about 2 min left"),
    ],
)
def test_the_time_left_is_rounded_up(seconds: float, text: str) -> None:
    assert time_left(seconds) == text


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert describe_error(ValueError("text")) == "ValueError: text"


def test_an_error_is_described_with_its_place() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    text = describe_error(caught.value)
    assert text.startswith("ZeroDivisionError: division by zero (test_wording.py, line ")


def test_only_messages_for_people_are_shown_alone() -> None:
    assert explain_error(ValueError("text")) == "text"
    assert explain_error(FileNotFoundError("gone")) == "gone"
    assert explain_error(KeyError("weights")) == "KeyError: 'weights'"
    assert explain_error(ValueError()) == "ValueError: "
