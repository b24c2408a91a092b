import json

import numpy as np
import pytest

from fer_utils.widgets.figures import (
    count_of,
    minutes,
    spoken_probabilities,
    time_left,
    timeline_as_json,
    times_as_json,
    video_time,
)


def test_a_timeline_is_json_without_nan() -> None:
    timeline = np.array([[0.12345, np.nan], [1, 0]], dtype=np.float32)
    assert json.dumps(timeline_as_json(timeline), allow_nan=False) == "[[0.123, null], [1.0, 0.0]]"


def test_times_are_labeled_and_have_shares_of_their_sum() -> None:
    seconds = {"happy": 2.0, "sad": 0.5, "fear": 0.5, "uncertain": 0.0}
    found = times_as_json(seconds, lambda time: f"{time:.1f} s")
    assert found["times"][:2] == [
        {"share": 0.6667, "time": "2.0 s"},
        {"share": 0.1667, "time": "0.5 s"},
    ]
    assert found["most"] == "happy"


def test_without_any_time_no_emotion_is_the_longest() -> None:
    found = times_as_json({"happy": 0.0, "sad": 0.0}, str)
    assert found == {"times": [{"share": 0.0, "time": "0.0"}] * 2, "most": None}


def test_probabilities_are_said_in_whole_percent() -> None:
    said = spoken_probabilities(np.array([0.004, 0.006, 0, 0.99, 0, 0, 0]))
    assert said == (
        "angry 0 percent, disgust 1 percent, fear 0 percent, happy 99 percent, "
        "sad 0 percent, surprise 0 percent, neutral 0 percent"
    )


def test_counts_have_a_plural() -> None:
    assert [count_of(number, "face") for number in range(3)] == ["no face", "1 face", "2 faces"]


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
