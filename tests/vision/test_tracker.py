"""Number faces consistently and smooth their probabilities."""

import math
from dataclasses import replace

import numpy as np
import pytest

from fer_utils.emotions import UNCERTAIN
from fer_utils.vision.observation import RecognizedFace
from fer_utils.vision.tracker import Tracker

ANGRY, HAPPY = (np.eye(7, dtype=np.float32)[index] for index in (0, 3))


def face(x: float, probabilities: np.ndarray = HAPPY, *, size: float = 100) -> RecognizedFace:
    return RecognizedFace(
        box=(x, 50, size, size),
        score=0.9,
        keypoints=np.full((6, 2), x, dtype=np.float32),
        probabilities=probabilities,
        emotion="happy",
    )


def numbers(tracker: Tracker, places: list[float], time: float) -> list[int]:
    """Return the numbers of faces at these places."""
    return [tracked.number for tracked in tracker.update([face(x) for x in places], time)]


def happiness(tracker: Tracker, probabilities: np.ndarray, time: float) -> float:
    """Return how happy the one face is after this frame."""
    (tracked,) = tracker.update([face(0, probabilities)], time)
    return float(tracked.probabilities[3])


def test_faces_are_counted_from_one_in_their_order() -> None:
    assert numbers(Tracker(), [200, 0, 400], 0) == [1, 2, 3]


def test_moving_faces_keep_their_numbers_whatever_their_order() -> None:
    tracker = Tracker()
    numbers(tracker, [0, 300], 0)
    assert numbers(tracker, [260, 50], 0.1) == [2, 1]
    assert numbers(tracker, [100, 220], 0.2) == [1, 2]


def test_a_face_that_approaches_keeps_its_number() -> None:
    tracker = Tracker()
    (first,) = tracker.update([face(0, size=100)], 0)
    (second,) = tracker.update([face(-20, size=160)], 0.1)
    assert (first.number, second.number) == (1, 1)


def test_the_largest_overlap_decides_first() -> None:
    tracker = Tracker()
    numbers(tracker, [0, 40], 0)
    # The first face also overlaps number 1 the most, but the second covers it completely.
    assert numbers(tracker, [10, 0], 0.1) == [2, 1]


def test_a_new_face_gets_a_new_number() -> None:
    tracker = Tracker()
    numbers(tracker, [0], 0)
    assert numbers(tracker, [0, 200], 0.1) == [1, 2]


def test_a_neighbor_does_not_take_over_the_number_of_a_face_that_left() -> None:
    tracker = Tracker()
    numbers(tracker, [0], 0)
    assert numbers(tracker, [90], 0.1) == [2]


def test_a_face_that_returns_within_a_second_keeps_its_number() -> None:
    tracker = Tracker()
    numbers(tracker, [0, 300], 0)
    assert numbers(tracker, [300], 0.5) == [2]
    assert numbers(tracker, [300, 40], 1.0) == [2, 1]


def test_a_face_that_turned_away_and_moved_keeps_its_number() -> None:
    tracker = Tracker()
    numbers(tracker, [0, 600], 0)
    assert numbers(tracker, [600], 0.1) == [2]
    assert numbers(tracker, [600, 190], 0.6) == [2, 1]


def test_the_nearest_missing_face_returns_first() -> None:
    tracker = Tracker()
    numbers(tracker, [0, 300], 0)
    numbers(tracker, [], 0.1)
    assert numbers(tracker, [180, 100], 0.2) == [2, 1]


@pytest.mark.parametrize(
    ("place", "size"),
    [(201, 100), (100, 151), (100, 66)],
    ids=["too far away", "too large", "too small"],
)
def test_another_face_does_not_get_the_number_of_a_missing_one(place: float, size: float) -> None:
    tracker = Tracker()
    numbers(tracker, [0], 0)
    numbers(tracker, [], 0.1)
    [other] = tracker.update([face(place, size=size)], 0.2)
    assert other.number == 2


def test_a_face_that_returns_elsewhere_is_judged_by_its_new_look_alone() -> None:
    tracker = Tracker(smoothing=0.5)
    happiness(tracker, ANGRY, 0)
    tracker.update([], 0.1)
    [returned] = tracker.update([face(150, HAPPY)], 0.2)
    assert (returned.number, returned.probabilities[3]) == (1, 1)


def test_a_face_that_returns_later_gets_a_new_number() -> None:
    tracker = Tracker()
    numbers(tracker, [0], 0)
    assert numbers(tracker, [], 1.0) == []
    assert numbers(tracker, [0], 1.01) == [2]


def test_after_the_time_constant_63_percent_of_a_change_show() -> None:
    tracker = Tracker(smoothing=0.5)
    assert happiness(tracker, ANGRY, 3.0) == 0
    assert happiness(tracker, HAPPY, 3.5) == pytest.approx(1 - 1 / math.e)


@pytest.mark.parametrize("frames", [1, 5, 60])
def test_the_frame_rate_changes_nothing(frames: int) -> None:
    tracker = Tracker(smoothing=0.2)
    happiness(tracker, ANGRY, 0)
    for frame in range(1, frames + 1):
        reached = happiness(tracker, HAPPY, 0.3 * frame / frames)
    assert reached == pytest.approx(1 - math.exp(-1.5), abs=1e-6)


def test_a_gap_lets_the_new_look_count_more() -> None:
    tracker = Tracker(smoothing=0.5)
    happiness(tracker, ANGRY, 0)
    tracker.update([], 0.5)
    assert happiness(tracker, HAPPY, 1.0) == pytest.approx(1 - math.exp(-2))


def test_without_smoothing_every_frame_counts_alone() -> None:
    tracker = Tracker(smoothing=0)
    happiness(tracker, ANGRY, 0)
    assert happiness(tracker, HAPPY, 0) == 1


def test_smoothing_can_be_changed_on_the_way() -> None:
    tracker = Tracker()
    happiness(tracker, ANGRY, 0)
    tracker.smoothing = 0
    assert happiness(tracker, HAPPY, 0.01) == 1


def test_smoothed_probabilities_are_float32_and_sum_to_one() -> None:
    tracker = Tracker()
    generator = np.random.default_rng(0)
    for frame in range(100):
        row = generator.dirichlet(np.ones(7)).astype(np.float32)
        (tracked,) = tracker.update([face(0, row)], frame / 30)
    assert tracked.probabilities.dtype == np.float32
    assert tracked.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_the_emotion_is_that_of_the_smoothed_probabilities() -> None:
    tracker = Tracker(smoothing=1.0, uncertain_below=0.6)
    named = []
    for time, probabilities in [(0, ANGRY), (0.1, HAPPY), (0.6, HAPPY), (1.1, HAPPY)]:
        (tracked,) = tracker.update([face(0, probabilities)], time)
        named.append(tracked.emotion)
    assert named == ["angry", "angry", UNCERTAIN, "happy"]


def test_a_small_face_stays_uncertain() -> None:
    (tracked,) = Tracker().update([replace(face(0, HAPPY), is_small=True)], 0)
    assert (tracked.is_small, tracked.emotion) == (True, UNCERTAIN)


def test_box_score_and_keypoints_are_those_of_the_frame() -> None:
    tracker = Tracker()
    tracker.update([face(0)], 0)
    moved = face(10)
    (tracked,) = tracker.update([moved], 0.1)
    assert (tracked.box, tracked.score) == (moved.box, moved.score)
    np.testing.assert_array_equal(tracked.keypoints, moved.keypoints)


def test_what_was_returned_before_does_not_change() -> None:
    tracker, angry = Tracker(), ANGRY.copy()
    (before,) = tracker.update([face(0, angry)], 0)
    happiness(tracker, HAPPY, 0.5)
    np.testing.assert_array_equal(before.probabilities, ANGRY)
    np.testing.assert_array_equal(angry, ANGRY)


@pytest.mark.parametrize("late", [2.0, 1.5])
def test_a_repeated_or_late_time_changes_no_probability(late: float) -> None:
    tracker = Tracker()
    happiness(tracker, ANGRY, 2.0)
    assert happiness(tracker, HAPPY, late) == 0
    assert happiness(tracker, HAPPY, 2.5) == pytest.approx(1 - 1 / math.e)


def test_a_clock_that_is_set_back_starts_over() -> None:
    tracker = Tracker()
    numbers(tracker, [300, 0], 60)
    assert numbers(tracker, [0], 0) == [1]
    assert happiness(tracker, HAPPY, 0.1) == 1


def test_reset_forgets_all_faces() -> None:
    tracker = Tracker()
    numbers(tracker, [300, 0], 5)
    tracker.reset()
    assert numbers(tracker, [0], 5.1) == [1]


@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_a_time_that_is_no_number_is_refused(time: float) -> None:
    with pytest.raises(ValueError, match="expected a finite time in seconds, got"):
        Tracker().update([], time)


@pytest.mark.parametrize("smoothing", [-0.1, math.nan])
def test_a_negative_smoothing_is_refused(smoothing: float) -> None:
    with pytest.raises(ValueError, match=f"expected a smoothing of at least 0 .* got {smoothing}"):
        Tracker(smoothing=smoothing)
