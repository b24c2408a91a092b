from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.video.processing import VideoError
from fer_utils.vision.observation import RecognizedFace
from fer_utils.widgets.replay import SAMPLE_PICTURE, replay, write_sample_clip

HAPPY = RecognizedFace(
    box=(4, 5, 10, 10),
    score=0.9,
    probabilities=np.array([0, 0, 0, 1, 0, 0, 0], dtype=np.float32),
    emotion="happy",
)


class Always:
    """Finds one face in every frame."""

    def __init__(self) -> None:
        self.frames: list[NDArray[np.uint8]] = []

    def recognize(self, frame: NDArray[np.uint8]) -> list[RecognizedFace]:
        self.frames.append(frame)
        return [HAPPY]


def test_a_clip_is_replayed_frame_by_frame_as_the_page_would_send_it(tmp_path: Path) -> None:
    recognizer = Always()
    seen = replay(write_sample_clip(tmp_path / "sample.avi"), recognizer)
    assert [observation.number for observation in seen] == list(range(1, 61))
    assert [observation.time for observation in seen[:3]] == pytest.approx([0, 0.05, 0.1])
    assert {(one.width, one.height) for one in seen} == {(320, 240)}
    assert {face.number for one in seen for face in one.faces} == {1}
    assert recognizer.frames[0].shape == (240, 320, 3)


def test_colours_are_red_first(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "red.png"), np.full((20, 30, 3), (0, 0, 255), dtype=np.uint8))
    recognizer = Always()
    [seen] = replay(tmp_path / "red.png", recognizer)
    assert (seen.width, seen.height, seen.time) == (30, 20, 0)
    assert recognizer.frames[0][10, 10, 0] > 250


def test_the_portrait_of_the_sample_comes_with_the_package() -> None:
    assert cv2.imread(str(SAMPLE_PICTURE)).shape == (260, 260, 3)


def test_a_missing_clip_is_told(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"none.mp4 is missing: check the path"):
        replay(tmp_path / "none.mp4", Always())


def test_a_file_that_is_no_clip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no clip")
    with pytest.raises(VideoError, match=r"text.mp4 is no video that can be read"):
        replay(path, Always())
