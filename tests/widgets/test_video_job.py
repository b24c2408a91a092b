import pytest

from fer_utils.video.processing import VideoProgress
from fer_utils.widgets.video_job import VideoJob


def test_the_time_left_goes_by_the_time_that_was_needed() -> None:
    now = [10.0]
    job = VideoJob(1, "me.mp4", clock=lambda: now[0])
    job.advance(VideoProgress(frames=1, seconds=0, total_seconds=8))
    assert job.seconds_left() is None
    now[0] = 13.0
    job.advance(VideoProgress(frames=2, seconds=2, total_seconds=8))
    assert (job.share(), job.seconds_left()) == (0.25, 9)
    job.remove()


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.MP4", ".mp4"), ("a", ""), ("a.b/../../c", ""), ("a.m4v\n", ""), ("x.verylongsuffix", "")],
)
def test_only_a_plain_suffix_is_kept(name: str, suffix: str) -> None:
    job = VideoJob(1, name)
    assert job.source.name == f"upload{suffix}"
    job.remove()
