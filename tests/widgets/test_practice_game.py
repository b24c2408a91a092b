import math

import numpy as np
import pandas as pd
import pytest
from observations import face, seen

from fer_utils.emotions import EMOTIONS
from fer_utils.widgets.practice_game import PracticeGame


class Player:
    """Plays a game with a frame every eighth of a second."""

    def __init__(self, seed: int = 0) -> None:
        self.game = PracticeGame(seed)
        self.time = 0.0

    def show(self, probability: float, seconds: float, *, number: int = 1) -> None:
        """Show the target, or whatever comes next, at a probability for a while."""
        for _ in range(round(8 * seconds)):
            self.time += 0.125
            emotion = self.game.target or "neutral"
            self.game.update(seen(self.time, face(emotion, probability, number=number)))

    def leave(self, seconds: float) -> None:
        """Show no face for a while."""
        for _ in range(round(8 * seconds)):
            self.time += 0.125
            self.game.update(seen(self.time))

    def begin(self) -> None:
        """Start the game, and wait for the first target."""
        self.game.start()
        self.show(0, 2.125)

    def play(self) -> None:
        """Play from the first target to the end; each target is shown after half a second."""
        for _ in EMOTIONS:
            self.show(0.25, 0.5)
            self.show(0.75, 1.125)
            if self.game.phase == "break":
                self.show(0, 2)


def test_each_emotion_comes_once_in_an_order_of_the_seed() -> None:
    orders = []
    for seed in (0, 0, 1):
        player = Player(seed)
        player.begin()
        player.play()
        orders.append([played.emotion for played in player.game.rounds])
    assert sorted(orders[0]) == sorted(EMOTIONS)
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


def test_a_game_waits_for_its_start_and_ends_after_seven_rounds() -> None:
    player = Player()
    player.show(1, 3)
    assert (player.game.phase, player.game.target, player.game.paused) == ("ready", None, False)
    player.begin()
    player.play()
    assert (player.game.phase, player.game.target, player.game.paused) == ("done", None, False)
    player.show(1, 3)
    assert len(player.game.rounds) == 7


def test_the_target_comes_two_seconds_after_the_start() -> None:
    player = Player()
    player.game.start()
    player.show(0, 2)
    assert (player.game.phase, player.game.target) == ("break", None)
    assert player.game.remaining == 0.125
    player.show(0, 0.125)
    assert player.game.phase == "acting"
    assert player.game.target in EMOTIONS
    assert player.game.remaining == 15


def test_the_reaction_time_ends_where_the_held_second_begins() -> None:
    player = Player()
    player.begin()
    target = player.game.target
    player.show(0.25, 2.375)
    player.show(0.625, 0.75)
    assert (player.game.held, player.game.probability) == (0.625, 0.625)
    player.show(0.875, 0.25)
    assert player.game.phase == "acting"
    player.show(0.5, 0.125)
    (played,) = player.game.rounds
    assert (played.emotion, played.outcome, played.reaction_time) == (target, "held", 2.5)
    assert (played.peak, played.threshold) == (0.875, 0.5)
    assert (player.game.phase, player.game.held, player.game.probability) == ("break", 0, 0)


def test_a_second_that_is_let_go_begins_again() -> None:
    player = Player()
    player.begin()
    player.show(0.75, 1)
    player.show(0.4375, 0.125)
    assert player.game.held == 0
    player.show(0.75, 1.125)
    assert player.game.rounds[0].reaction_time == 1.25


def test_a_round_is_missed_after_15_seconds() -> None:
    player = Player()
    player.begin()
    player.show(0.4375, 14.5)
    player.show(0.75, 0.375)
    assert player.game.phase == "acting"
    player.show(0.75, 0.125)
    (played,) = player.game.rounds
    assert (played.outcome, played.peak) == ("missed", 0.75)
    assert math.isnan(played.reaction_time)


def test_a_second_that_ends_with_the_round_still_counts() -> None:
    player = Player()
    player.begin()
    player.show(0.25, 13.875)
    player.show(0.75, 1.125)
    assert [(one.outcome, one.reaction_time) for one in player.game.rounds] == [("held", 14)]


@pytest.mark.parametrize("away", [0.625, 3, 60])
def test_the_game_pauses_while_the_face_is_away(away: float) -> None:
    player = Player()
    player.begin()
    player.show(0.25, 1)
    player.show(0.75, 0.5)
    player.leave(away)
    assert player.game.paused
    assert (player.game.held, player.game.remaining) == (0.375, 13.5)
    player.show(0.75, 0.125)
    assert not player.game.paused
    assert (player.game.held, player.game.remaining) == (0, 13.5)
    player.show(0.75, 1)
    assert player.game.rounds[0].reaction_time == 1.5


def test_a_face_lost_for_a_moment_stops_nothing() -> None:
    player = Player()
    player.begin()
    player.show(0.75, 0.5)
    player.leave(0.375)
    assert not player.game.paused
    player.show(0.75, 0.25)
    assert player.game.rounds[0].reaction_time == 0.125


@pytest.mark.parametrize("then", [9.0, -2.0])
def test_frames_that_stay_out_or_begin_again_pass_no_time(then: float) -> None:
    player = Player()
    player.begin()
    player.show(0.75, 0.5)
    player.time += then
    player.show(0.75, 0.125)
    assert (player.game.held, player.game.remaining) == (0, 14.5)


def test_the_game_pauses_when_it_is_told_to() -> None:
    player = Player()
    player.game.pause()
    assert not player.game.paused
    player.begin()
    player.show(0.75, 0.5)
    player.game.pause()
    assert player.game.paused
    player.show(0.75, 0.125)
    assert (player.game.paused, player.game.held) == (False, 0)


def test_a_game_that_sees_no_face_stays_before_its_first_target() -> None:
    player = Player()
    player.game.start()
    assert player.game.paused
    player.leave(30)
    assert (player.game.phase, player.game.paused) == ("break", True)


def test_a_round_can_be_skipped() -> None:
    player = Player()
    player.game.skip()
    player.game.start()
    player.game.skip()
    assert player.game.rounds == []
    player.show(0, 2.125)
    player.show(0.25, 1)
    player.game.skip()
    (played,) = player.game.rounds
    assert (played.outcome, played.peak, player.game.phase) == ("skipped", 0.25, "break")
    assert math.isnan(played.reaction_time)


def test_the_largest_face_plays() -> None:
    game = PracticeGame(0)
    game.start()
    for step in range(17):
        game.update(seen(step / 8, face("happy"), face("sad", number=2)))
    target = game.target
    other = EMOTIONS[EMOTIONS.index(target) - 1]
    game.update(seen(17 / 8, face(target, 0.75), face(other, number=2)))
    assert game.probability == 0.75
    game.update(seen(18 / 8, face(other, 0.75, number=2), face(target)))
    assert game.probability < 0.1


def test_a_chosen_face_plays_even_if_it_is_not_the_largest() -> None:
    game = PracticeGame(0)
    game.face = 2
    game.start()
    game.update(seen(0, face("happy")))
    assert game.paused
    for step in range(17):
        game.update(seen(step / 8, face("happy"), face("sad", number=2)))
    target = game.target
    game.update(seen(17 / 8, face("happy", 0), face(target, 0.875, number=2)))
    assert game.probability == 0.875


def test_a_second_held_by_two_faces_in_turn_does_not_count() -> None:
    player = Player()
    player.begin()
    player.show(0.75, 0.75)
    player.show(0.75, 0.75, number=2)
    assert player.game.rounds == []
    player.show(0.75, 0.375, number=2)
    assert player.game.rounds[0].reaction_time == 0.875


def test_another_threshold_holds_from_the_next_frame_on() -> None:
    player = Player()
    player.game.threshold = 0.75
    player.begin()
    player.show(0.5, 2)
    assert player.game.held == 0
    player.game.threshold = 0.5
    player.show(0.5, 1.125)
    (played,) = player.game.rounds
    assert (played.threshold, played.reaction_time) == (0.5, 2.125)


def test_a_new_start_forgets_the_rounds_and_draws_another_order() -> None:
    player = Player()
    player.begin()
    player.play()
    first = [played.emotion for played in player.game.rounds]
    player.game.start()
    assert (player.game.rounds, player.game.phase) == ([], "break")
    player.show(0, 2.125)
    player.play()
    assert [played.emotion for played in player.game.rounds] != first


def test_results_are_a_table_of_the_rounds() -> None:
    player = Player()
    columns = ["round", "emotion", "outcome", "reaction_time", "peak", "threshold"]
    assert list(player.game.results()) == columns
    assert player.game.results().empty
    player.begin()
    first = player.game.target
    player.show(0.75, 1.125)
    player.show(0, 2)
    second = player.game.target
    player.game.skip()
    expected = pd.DataFrame(
        [[1, first, "held", 0.125, 0.75, 0.5], [2, second, "skipped", np.nan, 0, 0.5]],
        columns=columns,
    )
    pd.testing.assert_frame_equal(player.game.results(), expected)
