import math
from typing import Any

import pytest
import traitlets
from observations import face, seen

from fer_utils.emotions import EMOJI, EMOTIONS
from fer_utils.widgets.practice import (
    LOOKS,
    PAUSED,
    Practice,
    _description,
    _headline,
    _rounds_as_json,
    _summary,
)
from fer_utils.widgets.practice_game import Round


@pytest.fixture
def practice() -> Practice:
    return Practice(0)


def press(practice: Practice, button: str) -> None:
    practice._receive(practice, {"press": button, "view": "mine"}, [])


def show(practice: Practice, probability: float, start: float, stop: float) -> None:
    """Show the target from one time to the other, a frame every eighth of a second."""
    for step in range(round(8 * start), round(8 * stop) + 1):
        emotion = practice.game.target or "neutral"
        practice.update(seen(step / 8, face(emotion, probability)))


def shown(practice: Practice, *names: str) -> list[Any]:
    return [practice._shown[name] for name in names]


HELD = Round("happy", "held", 2.25, 0.875, 0.5)
SLOW = Round("sad", "held", 4.5, 0.75, 0.5)
MISSED = Round("fear", "missed", math.nan, 0.25, 0.5)
SKIPPED = Round("angry", "skipped", math.nan, 0, 0.5)


def test_it_begins_with_an_invitation(practice: Practice) -> None:
    assert shown(practice, "phase", "title", "start", "note", "target", "rounds") == [
        *("ready", "Seven emotions to act", "Start", "", None, []),
    ]


def test_start_shows_that_the_first_target_comes_and_waits_for_a_face(practice: Practice) -> None:
    press(practice, "start")
    names = ("phase", "title", "start", "note", "target")
    assert shown(practice, *names) == ["break", "Get ready", "Again", PAUSED, None]
    practice.update(seen(0, face("happy")))
    assert shown(practice, "note") == [""]


def test_a_target_is_shown_with_its_emoji_and_how_the_face_looks(practice: Practice) -> None:
    press(practice, "start")
    show(practice, 0.5, 0, 2)
    target = practice.game.target
    assert shown(practice, "phase", "title", "text", "emoji", "target", "remaining") == [
        *("acting", target, LOOKS[target], EMOJI[target], EMOTIONS.index(target), 15),
    ]
    show(practice, 0.75, 2.125, 2.625)
    assert shown(practice, "probability", "held", "remaining") == [0.75, 0.5, 15]
    show(practice, 0.25, 2.75, 4)
    assert shown(practice, "probability", "held", "remaining") == [0.25, 0, 13]


def test_a_round_that_is_over_is_told_before_the_next(practice: Practice) -> None:
    press(practice, "start")
    show(practice, 0, 0, 2)
    target = practice.game.target
    show(practice, 0.25, 2.125, 3)
    show(practice, 0.75, 3.125, 4.125)
    assert shown(practice, "phase", "title", "text", "target") == [
        *("break", f"{target}: held after 1.1 s", "Round 2 of 7 starts in a moment.", None),
    ]


def test_the_page_is_updated_at_once_when_something_changes_else_ten_times_a_second(
    practice: Practice,
) -> None:
    press(practice, "start")
    for frame in range(44):  # the last one ends the break, between two updates
        practice.update(seen(3 * frame / 64, face("neutral")))
    assert shown(practice, "phase") == ["acting"]
    updates: list[Any] = []
    practice.observe(updates.append, "_shown")
    for frame in range(67, 99):
        practice.update(seen(frame / 32, face(practice.game.target, frame / 200)))
    assert len(updates) == 8  # every fourth frame


def test_nothing_is_sent_while_nothing_changes(practice: Practice) -> None:
    practice.update(seen(0, face("happy")))
    updates: list[Any] = []
    practice.observe(updates.append, "_shown")
    show(practice, 0.75, 0.125, 5)
    assert updates == []


def test_the_threshold_and_the_face_reach_the_game(practice: Practice) -> None:
    practice.threshold = 0.75
    practice.face = 2
    assert (practice.game.threshold, practice.game.face) == (0.75, 2)
    practice.face = 0
    assert practice.game.face is None
    assert Practice(threshold=0.25).game.threshold == 0.25
    for threshold in (0.05, 1):
        with pytest.raises(traitlets.TraitError):
            practice.threshold = threshold


def test_faces_stay_among_the_choices_for_five_seconds(practice: Practice) -> None:
    practice.update(seen(10, face("happy", number=3), face("sad", number=1)))
    assert shown(practice, "faces") == [[1, 3]]
    practice.update(seen(15, face("sad", number=1)))
    assert shown(practice, "faces") == [[1, 3]]
    practice.update(seen(15.125, face("sad", number=1)))
    assert shown(practice, "faces") == [[1]]
    practice.update(seen(0, face("sad", number=2)))
    assert shown(practice, "faces") == [[2]]


def test_skip_and_pause_are_shown_at_once(practice: Practice) -> None:
    press(practice, "start")
    show(practice, 0, 0, 2)
    practice.pause()
    assert shown(practice, "note") == [PAUSED]
    target = practice.game.target
    press(practice, "skip")
    assert shown(practice, "phase", "title") == ["break", f"{target}: skipped"]


def test_a_finished_game_is_summed_up_and_can_be_saved(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(practice, "start")
    time, expected = 0.0, ["round,emotion,outcome,reaction_time,peak,threshold"]
    for number in range(1, 8):
        show(practice, 0, time, time + 2.125)
        target = practice.game.target
        if number == 3:
            press(practice, "skip")
            time += 2.25
            expected.append(f"3,{target},skipped,,0.000,0.500")
        else:
            show(practice, 0.75, time + 2.25, time + 3.25)
            time += 3.375
            # A break begins with the last frame of a round, the first one with its first frame.
            reaction_time = "0.250" if number == 1 else "0.375"
            expected.append(f"{number},{target},held,{reaction_time},0.750,0.500")
    assert shown(practice, "phase", "title", "start") == ["done", "6 of 7 held", "Again"]
    sent: list[Any] = []
    monkeypatch.setattr(practice, "send", lambda content, buffers: sent.append((content, buffers)))
    press(practice, "save")
    ((content, (text,)),) = sent
    assert content == {"kind": "csv", "view": "mine", "stem": "practice"}
    assert text.decode().splitlines() == expected


def test_rounds_are_told_in_words() -> None:
    assert [_description(played) for played in (HELD, MISSED, SKIPPED)] == [
        *("happy: held after 2.2 s", "fear: missed", "angry: skipped"),
    ]


def test_the_summary_names_the_median_and_the_fastest() -> None:
    assert _summary([SLOW, MISSED, HELD]) == (
        "2 of 3 held",
        "Median reaction time 3.4 s; fastest: happy.",
    )
    assert _summary([MISSED, SKIPPED]) == (
        "0 of 2 held",
        "Lower the threshold to make it easier, and play again.",
    )


def test_rounds_are_drawn_to_the_scale_of_the_slowest() -> None:
    drawn = _rounds_as_json([HELD, SLOW, MISSED])
    assert [one["share"] for one in drawn] == [0.5, 1, 0]
    assert [one["seconds"] for one in drawn] == [2.2, 4.5, None]
    assert [one["peak"] for one in drawn] == [0.875, 0.75, 0.25]
    assert _rounds_as_json([Round("happy", "held", 0.0, 1.0, 0.5)])[0]["share"] == 0


def test_every_emotion_has_a_look_and_every_phase_its_words(practice: Practice) -> None:
    assert set(LOOKS) == set(EMOTIONS)
    assert all(_headline(practice.game))


def test_probabilities_are_converted_for_the_game_alone() -> None:
    practice = Practice(0, convert=lambda probabilities: probabilities / 2)
    press(practice, "start")
    show(practice, 0.9, 0, 3)
    observation = seen(3.5, face(practice.game.target or "happy", 0.9))
    practice.update(observation)
    assert practice.game.probability == pytest.approx(0.45)
    assert observation.faces[0].probabilities.max() == pytest.approx(0.9)
