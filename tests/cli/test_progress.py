import pytest

from fer_utils.cli.progress import video_progress_bar
from fer_utils.video.processing import VideoProgress


def test_the_bar_shows_how_far_the_video_is(capsys: pytest.CaptureFixture) -> None:
    with video_progress_bar("clips/party.mp4") as show:
        show(VideoProgress(frames=30, seconds=1.0, total_seconds=4.0))
        show(VideoProgress(frames=90, seconds=3.0, total_seconds=4.0))
    last = capsys.readouterr().err.splitlines()[-1].split("\r")[-1]
    assert last.startswith("party.mp4, 3.0 s, 90 frames, ")
    assert ":  75%|" in last
    assert last.rstrip().endswith("left")


def test_without_a_length_it_shows_what_is_done(capsys: pytest.CaptureFixture) -> None:
    with video_progress_bar("party.h264") as show:
        show(VideoProgress(frames=30, seconds=1.0, total_seconds=None))
    last = capsys.readouterr().err.splitlines()[-1].split("\r")[-1]
    assert last.startswith("party.h264, 1.0 s, 30 frames, ")
    assert "%" not in last
