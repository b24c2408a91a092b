from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes import Finds
from observations import found

from fer_utils.video.clip import VideoError
from fer_utils.widgets.frame_handler import FrameHandler
from fer_utils.widgets.replay import replay, write_sample_clip


def test_a_clip_is_replayed_frame_by_frame_as_the_page_would_send_it(tmp_path: Path) -> None:
    recognizer = Finds(found("happy"))
    seen = replay(write_sample_clip(tmp_path / "sample.avi"), FrameHandler(recognizer))
    assert [observation.number for observation in seen] == list(range(1, 61))
    assert [observation.time for observation in seen[:3]] == pytest.approx([0, 0.05, 0.1])
    assert {(one.width, one.height) for one in seen} == {(320, 240)}
    assert {face.number for one in seen for face in one.faces} == {1}
    assert recognizer.frames[0].shape == (240, 320, 3)


def test_colors_are_red_first(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "red.png"), np.full((20, 30, 3), (0, 0, 255), dtype=np.uint8))
    recognizer = Finds(found("happy"))
    [seen] = replay(tmp_path / "red.png", FrameHandler(recognizer))
    assert (seen.width, seen.height, seen.time) == (30, 20, 0)
    assert recognizer.frames[0][10, 10, 0] > 250


def test_without_a_clip_the_sample_is_replayed(tmp_path: Path) -> None:
    sample = replay(write_sample_clip(tmp_path / "sample.avi"), FrameHandler(Finds()))
    assert replay(None, FrameHandler(Finds())) == sample


def test_a_missing_clip_is_told(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"none.mp4 is missing: check the path"):
        replay(tmp_path / "none.mp4", FrameHandler(Finds()))


def test_a_file_that_is_no_clip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no clip")
    with pytest.raises(VideoError, match=r"text.mp4 is not a readable video"):
        replay(path, FrameHandler(Finds()))
