"""Choose, read and observe the frames of a video, with few of them in memory."""

import time
import weakref
from pathlib import Path

import numpy as np
import pytest
from sample_videos import HAPPY, RATE, Always, InTurn, face, shades, write_video

from fer_utils.video.frames import AHEAD, Sampling, observe_video, read_frames
from fer_utils.vision.observation import RecognizedFace
from fer_utils.vision.recognizer import Recognizer
from fer_utils.vision.tracker import Tracker

ANGRY = np.eye(7, dtype=np.float32)[0]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "a.mp4", shades(12))


def times(path: Path, **options: float) -> list[float]:
    return [round(frame.time, 6) for frame in read_frames(path, **options)]


def numbers(path: Path, **options: float) -> list[int]:
    return [frame.number for frame in read_frames(path, **options)]


def test_every_nth_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", shades(8))
    assert numbers(path, every=3) == [0, 3, 6]
    assert times(path, every=3) == pytest.approx([0, 0.12, 0.24])


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(5, [0, 5, 10]), (10, [0, 2, 5, 7, 10]), (25, list(range(12))), (100, list(range(12)))],
)
def test_frames_nearest_to_evenly_spaced_times(
    tmp_path: Path, rate: float, expected: list[int]
) -> None:
    assert numbers(write_video(tmp_path / "a.mp4", shades(12)), rate=rate) == expected


def test_a_rate_goes_by_times_where_they_are_uneven(tmp_path: Path) -> None:
    uneven = [0, 0.04, 0.08, 1.0, 1.04, 3.5, 3.54, 4.0]
    path = write_video(tmp_path / "uneven.mkv", shades(8), times=uneven)
    assert times(path, rate=1) == [0, 1.0, 3.5, 4.0]


def test_a_rate_of_the_video_leaves_no_frame_out_where_times_are_rounded(tmp_path: Path) -> None:
    rounded = [0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2]
    path = write_video(tmp_path / "rounded.mkv", shades(7), times=rounded)
    assert numbers(path, rate=30) == list(range(7))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "expected every to be an integer of at least 1, got 0"),
        ({"every": 1.5}, "expected every to be an integer of at least 1, got 1.5"),
        ({"rate": 0}, "expected a rate above 0 frames per second, got 0"),
        ({"rate": float("nan")}, "expected a rate above 0 frames per second, got nan"),
        ({"every": 2, "rate": 5}, "expected every or rate, got both: every=2 and rate=5"),
    ],
)
def test_a_choice_of_frames_that_cannot_be_is_refused_at_once(
    options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_frames("unread.mp4", **options)


def test_each_frame_is_observed_in_its_turn(video: Path) -> None:
    recognizer = Always(face())
    seen = list(observe_video(video, recognizer))
    assert [one.number for one in seen] == list(range(12))
    assert [one.time for one in seen] == pytest.approx(np.arange(12) / RATE)
    assert {(one.width, one.height) for one in seen} == {(64, 48)}
    np.testing.assert_allclose(recognizer.shades, 20 + 10 * np.arange(12), atol=3)


def test_frames_that_are_not_wanted_are_neither_shown_nor_observed(video: Path) -> None:
    recognizer = Always()
    assert [one.number for one in observe_video(video, recognizer, every=5)] == [0, 5, 10]
    np.testing.assert_allclose(recognizer.shades, [20, 70, 120], atol=3)
    assert [one.number for one in observe_video(video, Always(), rate=5)] == [0, 5, 10]


def test_faces_are_followed_and_smoothed_by_the_frames_times(tmp_path: Path) -> None:
    video = write_video(tmp_path / "uneven.mkv", shades(3), times=[0, 0.5, 1.0])
    turns = [face(4, ANGRY)], [face(40), face(5)], [face(6)]
    seen = list(observe_video(video, InTurn(*turns), smoothing=0.5))
    assert [[one.number for one in frame.faces] for frame in seen] == [[1], [2, 1], [1]]
    happy = [frame.faces[-1].probabilities[3] for frame in seen]
    assert happy == pytest.approx([0, 1 - np.exp(-1), 1 - np.exp(-2)])


def test_smoothed_faces_are_as_uncertain_as_the_recognizer_says(video: Path) -> None:
    recognizer = Always(face(probabilities=HAPPY * 0.5))
    recognizer.uncertain_below = 0.6
    assert {one.faces[0].emotion for one in observe_video(video, recognizer)} == {"uncertain"}


def test_the_shipped_recognizer_sees_the_same_as_frame_by_frame(
    tmp_path: Path, astronaut: np.ndarray
) -> None:
    images = [np.roll(astronaut[:300, 60:400], 4 * number, axis=1) for number in range(10)]
    video = write_video(tmp_path / "astronaut.mp4", images)
    recognizer = Recognizer(faces="near")
    tracker = Tracker(smoothing=0.5, uncertain_below=recognizer.uncertain_below)
    seen = list(observe_video(video, recognizer))
    for frame, one in zip(read_frames(video), seen, strict=True):
        (expected,) = tracker.update(recognizer.recognize(frame.image), frame.time)
        (found,) = one.faces
        assert (found.box, found.number, found.emotion) == (expected.box, 1, expected.emotion)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)


def test_few_frames_are_held_however_long_the_video(tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.mp4", shades(2) * 60)

    class Counting(Always):
        """Counts how many of the frames it was shown are still held."""

        def __init__(self) -> None:
            self.held: list[weakref.ref] = []
            self.most = 0

        def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
            self.held = [one for one in self.held if one() is not None] + [weakref.ref(frame)]
            self.most = max(self.most, len(self.held))
            return []

    recognizer = Counting()
    assert sum(1 for _ in observe_video(video, recognizer)) == 120
    # One more is with the caller, and one is being decoded.
    assert 1 <= recognizer.most <= AHEAD + 2


def test_reading_holds_no_frame_that_was_given(tmp_path: Path) -> None:
    held = []
    for frame in read_frames(write_video(tmp_path / "a.mp4", shades(12))):
        held.append(weakref.ref(frame.image))
        del frame
    assert sum(one() is not None for one in held) == 0


def test_an_error_of_the_recognizer_reaches_the_caller(video: Path) -> None:
    turns = [[], [], RuntimeError("out of order"), *[[]] * 9]
    seen = []
    with pytest.raises(RuntimeError, match="out of order"):
        seen.extend(one.number for one in observe_video(video, InTurn(*turns)))
    assert seen == [0, 1]


def test_who_stops_early_leaves_no_work_behind(video: Path) -> None:
    class Slow(Always):
        def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
            time.sleep(0.05)
            return super().recognize(frame)

    recognizer = Slow()
    observations = observe_video(video, recognizer)
    next(observations)
    observations.close()
    # The yielded frame and the one in progress.
    assert 1 <= len(recognizer.shades) <= AHEAD - 1


def test_a_negative_smoothing_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="expected a smoothing of at least 0 seconds, got -1"):
        observe_video("unread.mp4", Always(), smoothing=-1)


@pytest.mark.parametrize(
    ("sampling", "seconds"),
    [
        (Sampling(), 0.04),
        (Sampling(every=3), 0.12),
        (Sampling(rate=5), 0.2),
        (Sampling(rate=99), 0.04),
    ],
)
def test_a_sampling_knows_its_step(sampling: Sampling, seconds: float) -> None:
    assert sampling.step(0.04) == pytest.approx(seconds)


def test_small_faces_are_found_in_every_frame(tmp_path: Path, astronaut: np.ndarray) -> None:
    images = []
    for number in range(8):
        frame = np.full((480, 640, 3), 127, dtype=np.uint8)
        frame[100:356, 10 * number : 10 * number + 256] = astronaut[::2, ::2]
        images.append(frame)
    video = write_video(tmp_path / "small.mp4", images)
    seen = list(observe_video(video, Recognizer()))
    assert [[face.number for face in one] for one in seen] == [[1]] * 8
