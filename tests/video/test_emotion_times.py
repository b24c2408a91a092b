"""Measure how long faces show each emotion."""

from pathlib import Path

import pandas as pd
import pytest

from fer_utils.emotions import EMOTIONS, UNCERTAIN
from fer_utils.video.emotion_times import emotion_seconds, frame_lengths, shares, transitions
from fer_utils.vision.face_table import COLUMNS, as_table

NAMES = [*EMOTIONS, UNCERTAIN]


def table(*rows: tuple[int, float, int | None, str | None]) -> pd.DataFrame:
    """Return a table of frame number, time, face and emotion; the rest is made up."""
    columns = ("frame", "time", "face", "emotion")
    values = dict.fromkeys(COLUMNS, 0.1)
    return as_table(values | dict(zip(columns, row, strict=True)) for row in rows)


UNEVEN = table(
    (0, 0.0, 1, "happy"),
    (0, 0.0, 2, "sad"),
    (1, 1.0, 1, "neutral"),
    (2, 2.0, None, None),
    (3, 5.0, 1, "happy"),
    (4, 8.0, 1, UNCERTAIN),
)


def test_a_frame_lasts_until_the_next_one_and_the_last_one_as_long_as_usual() -> None:
    assert frame_lengths(UNEVEN).to_dict() == {0: 1, 1: 1, 2: 3, 3: 3, 4: 2}


def test_seconds_are_of_each_face_and_add_up() -> None:
    found = emotion_seconds(UNEVEN)
    assert (list(found.index), list(found.columns), found.index.name) == ([1, 2], NAMES, "face")
    nothing = dict.fromkeys(NAMES, 0)
    assert found.loc[1].to_dict() == nothing | {"happy": 4, "neutral": 1, UNCERTAIN: 2}
    assert found.loc[2].to_dict() == nothing | {"sad": 1}
    assert found.sum().to_dict() == nothing | {"happy": 4, "neutral": 1, "sad": 1, UNCERTAIN: 2}


def test_shares_are_of_the_time_in_which_a_face_is_seen() -> None:
    found = shares(UNEVEN)
    assert (list(found.index), list(found.columns), found.index.name) == ([1, 2], NAMES, "face")
    # The last frame counts as the median of the others: 1, 1, 3 and 3 seconds.
    assert found.loc[1, ["happy", "neutral", UNCERTAIN]].tolist() == pytest.approx(
        [4 / 7, 1 / 7, 2 / 7]
    )
    assert found.loc[2].to_dict() == dict.fromkeys(NAMES, 0) | {"sad": 1}
    assert found.sum(axis=1).tolist() == pytest.approx([1, 1])


def test_one_frame_is_enough() -> None:
    assert shares(table((0, 0.0, 1, "fear"))).loc[1, "fear"] == 1


def test_changes_are_counted_for_each_face_over_gaps() -> None:
    found = transitions(UNEVEN)
    assert (list(found.index), list(found.columns)) == (NAMES, NAMES)
    changed = {pair: count for pair, count in found.stack().items() if count}
    pairs = [("happy", "neutral"), ("neutral", "happy"), ("happy", UNCERTAIN)]
    assert changed == dict.fromkeys(pairs, 1)


def test_an_emotion_that_stays_is_no_change() -> None:
    same = table(*((frame, frame / 10, 1, "sad") for frame in range(4)))
    assert transitions(same).to_numpy().sum() == 0


def test_changes_of_all_faces_are_added_whatever_the_order_of_rows() -> None:
    rows = [(frame, float(frame), face, name) for face in (1, 2) for frame, name in enumerate("ab")]
    named = [(*row[:3], {"a": "sad", "b": "fear"}[row[3]]) for row in rows]
    assert transitions(table(*reversed(named))).loc["sad", "fear"] == 2


@pytest.mark.parametrize("rows", [[], [(0, 0.0, None, None)]])
def test_without_faces_all_are_empty(rows: list[tuple]) -> None:
    for found in (shares(table(*rows)), emotion_seconds(table(*rows))):
        assert (len(found), list(found.columns)) == (0, NAMES)
        assert found.sum().to_dict() == dict.fromkeys(NAMES, 0)
    assert transitions(table(*rows)).to_numpy().sum() == 0


def test_a_table_that_was_read_from_a_file_is_as_good(tmp_path: Path) -> None:
    UNEVEN.to_csv(tmp_path / "faces.csv", index=False)
    read = pd.read_csv(tmp_path / "faces.csv")
    pd.testing.assert_frame_equal(shares(read), shares(UNEVEN))
    pd.testing.assert_frame_equal(transitions(read), transitions(UNEVEN))
