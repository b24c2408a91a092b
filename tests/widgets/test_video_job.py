import numpy as np
import pytest
from observations import face, seen

from fer_utils.emotions import EMOTIONS
from fer_utils.video.processing import VideoProgress, VideoSummary
from fer_utils.vision.face_table import as_table, frame_rows
from fer_utils.vision.observation import Observation
from fer_utils.widgets.video_job import (
    MOST_STEPS,
    VideoFindings,
    VideoJob,
    spoken_timeline,
)

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def findings(*observations: Observation) -> VideoFindings:
    summary = VideoSummary(
        frames=len(observations),
        frames_with_faces=sum(bool(one.faces) for one in observations),
        faces=2,
        damaged=0,
        seconds=observations[-1].time,
        stopped=False,
    )
    return VideoFindings(summary, as_table(row for one in observations for row in frame_rows(one)))


@pytest.fixture
def four() -> VideoFindings:
    """Return frames with two faces, the second one alone, none, and the first one."""
    return findings(
        seen(0, face("happy"), face("sad", number=2)),
        seen(0.5, face("sad", 0.5, number=2)),
        seen(1),
        seen(1.5, face("happy", 0.25)),
    )


def test_a_video_is_as_long_as_its_frames(four: VideoFindings) -> None:
    assert four.length == 2
    # A picture.
    assert findings(seen(0)).length == 1


def test_faces_are_told_by_number(four: VideoFindings) -> None:
    assert four.faces() == [1, 2]
    assert findings(seen(0), seen(1)).faces() == []


def test_the_timeline_is_that_of_the_largest_face(four: VideoFindings) -> None:
    timeline = four.timeline()
    assert timeline.shape == (7, 4)
    np.testing.assert_allclose(timeline[HAPPY], [0.75, 0.5 / 6, np.nan, 0.25], rtol=1e-5)
    np.testing.assert_allclose(timeline[SAD], [0.25 / 6, 0.5, np.nan, 0.125], rtol=1e-5)


def test_the_timeline_is_that_of_the_chosen_face(four: VideoFindings) -> None:
    np.testing.assert_allclose(four.timeline(2)[SAD], [0.75, 0.5, np.nan, np.nan])


def test_a_long_timeline_has_the_means_of_its_steps() -> None:
    count = 2 * MOST_STEPS
    values = [0.5 if index % 2 else 0.75 for index in range(count)]
    found = findings(
        *(seen(index / 10, face("happy", value)) for index, value in enumerate(values))
    )
    np.testing.assert_allclose(found.timeline()[HAPPY], [0.625] * MOST_STEPS, rtol=1e-5)


def test_a_frame_is_shown_until_the_next_one() -> None:
    # Four steps of 3 seconds; in the third one there is no frame.
    found = findings(
        seen(0, face("happy", 0.75)),
        seen(3, face("happy", 0.5)),
        seen(3.1, face("happy", 0.5)),
        seen(9, face("happy", 0.25)),
    )
    assert found.length == pytest.approx(12)
    np.testing.assert_allclose(found.timeline()[HAPPY], [0.75, 0.5, 0.5, 0.25])


def test_the_times_of_the_emotions_count_all_faces(four: VideoFindings) -> None:
    others = dict.fromkeys((*EMOTIONS, "uncertain"), 0.0)
    assert four.seconds() == others | {"happy": 1.0, "sad": 1.0}


def test_without_a_face_nothing_lasts() -> None:
    found = findings(seen(0), seen(1))
    assert not any(found.seconds().values())
    assert np.isnan(found.timeline()).all()
    assert spoken_timeline(found.timeline(), 2) == (
        "Probabilities over 2.0 s. The face is not in the picture."
    )


def test_the_timeline_is_told_in_words(four: VideoFindings) -> None:
    words = spoken_timeline(four.timeline(2), four.length)
    assert words.startswith("Probabilities over 2.0 s. Mean: angry 6 percent,")
    assert "sad 62 percent" in words


def test_the_time_left_goes_by_the_time_that_was_needed() -> None:
    job = VideoJob(1, "me.mp4")
    job.advance(VideoProgress(frames=1, seconds=0, total_seconds=8), 10.0)
    assert job.seconds_left(10.0) is None
    job.advance(VideoProgress(frames=2, seconds=2, total_seconds=8), 13.0)
    assert (job.share(), job.seconds_left(13.0)) == (0.25, 9)
    job.remove()
