from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from fakes import Finds
from numpy.typing import NDArray
from observations import found, probabilities

from fer_utils.data.image_files import ImageError, read_image
from fer_utils.video.clip import VideoError
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace
from fer_utils.vision.recognizer import Recognizer
from fer_utils.widgets.frame_handler import (
    FrameHandler,
    encode_jpeg,
    observation_as_json,
    replay,
    write_sample_clip,
)

HAPPY, SAD = found("happy", 1.0), found("sad", 1.0)


class Scripted(Finds):
    """Finds the next faces of a script in each frame."""

    def __init__(self, *script: list[RecognizedFace]) -> None:
        super().__init__()
        self.script = list(script)

    def recognize(self, frame: NDArray[np.uint8]) -> list[RecognizedFace]:
        self.faces = self.script.pop(0)
        return super().recognize(frame)


def red(width: int = 32, height: int = 24) -> NDArray[np.uint8]:
    frame = np.zeros((height, width, 3), dtype=np.uint8)
    frame[..., 0] = 255
    return frame


def test_a_frame_keeps_its_colors_on_the_way() -> None:
    frame = read_image(encode_jpeg(red(), quality=1.0))
    assert (frame.shape, frame.dtype) == ((24, 32, 3), np.uint8)
    assert np.abs(frame.astype(int) - red()).max() < 5


@pytest.mark.parametrize(("width", "shape"), [(320, (240, 320, 3)), (960, (480, 640, 3))])
def test_wide_frames_are_made_narrow_and_narrow_ones_stay(
    width: int, shape: tuple[int, ...]
) -> None:
    assert read_image(encode_jpeg(red(640, 480), width=width)).shape == shape


@pytest.mark.parametrize("junk", [b"", b"no picture", encode_jpeg(red())[:40]])
def test_bytes_that_are_no_picture_are_refused(junk: bytes) -> None:
    with pytest.raises(ImageError, match="the picture is "):
        FrameHandler(Scripted()).observe(junk, number=1, time=0.0)


def test_an_observation_holds_what_was_found_where_and_when() -> None:
    recognizer = Scripted([HAPPY])
    seen = FrameHandler(recognizer).observe(memoryview(encode_jpeg(red())), number=7, time=1.5)
    assert (seen.number, seen.time, seen.width, seen.height) == (7, 1.5, 32, 24)
    assert [(one.number, one.box) for one in seen] == [(1, (10, 8, 16, 20))]
    assert recognizer.frames[0][0, 0, 0] > 250


def test_a_face_keeps_its_number_and_its_probabilities_are_smoothed() -> None:
    handler = FrameHandler(Scripted([HAPPY], [SAD]))
    handler.observe(encode_jpeg(red()), number=1, time=0.0)
    [face] = handler.observe(encode_jpeg(red()), number=2, time=1 / 30).faces
    assert face.number == 1
    assert 0 < face.probabilities[4] < 1


def test_without_smoothing_only_the_last_frame_counts() -> None:
    handler = FrameHandler(Scripted([HAPPY], [SAD]))
    handler.observe(encode_jpeg(red()), number=1, time=0.0)
    handler.tracker.smoothing = 0.0
    [face] = handler.observe(encode_jpeg(red()), number=2, time=1 / 30).faces
    assert face.probabilities[4] == pytest.approx(1)


def test_after_a_restart_numbers_begin_again_and_smoothing_stays() -> None:
    handler = FrameHandler(Scripted([HAPPY, found("happy", 1.0, left=200)], [SAD]))
    handler.tracker.smoothing = 0.25
    assert len(handler.observe(encode_jpeg(red()), number=1, time=5.0).faces) == 2
    handler.tracker.reset()
    [face] = handler.observe(encode_jpeg(red()), number=1, time=0.0).faces
    assert face.number == 1
    assert face.probabilities[4] == pytest.approx(1)
    assert handler.tracker.smoothing == 0.25


def test_an_observation_becomes_short_json() -> None:
    points = np.full((6, 2), 1.26, dtype=np.float32)
    tracked = TrackedFace(
        box=(1.26, 2, 3, 4),
        score=0.9,
        keypoints=points,
        probabilities=probabilities("happy", 1.0),
        emotion="happy",
        number=3,
    )
    assert observation_as_json(Observation(7, 0.5, 32, 24, (tracked,))) == {
        "number": 7,
        "width": 32,
        "height": 24,
        "faces": [
            {
                "number": 3,
                "box": [1.3, 2.0, 3.0, 4.0],
                "keypoints": [[1.3, 1.3]] * 6,
                "landmarks": None,
                "emotion": "happy",
                "probabilities": [0, 0, 0, 1, 0, 0, 0],
            }
        ],
    }


def test_landmarks_are_found_only_when_asked_for() -> None:
    picture = skimage.data.astronaut()[:256, 96:352]
    handler = FrameHandler(Recognizer())
    without = handler.observe(encode_jpeg(picture), number=1, time=0.0)
    handler.with_landmarks = True
    seen = handler.observe(encode_jpeg(picture), number=2, time=0.1)
    assert observation_as_json(without)["faces"][0]["landmarks"] is None
    [face] = seen
    landmarks = np.array(observation_as_json(seen)["faces"][0]["landmarks"])
    nose, tip = face.keypoints[2], landmarks[1]
    assert landmarks.shape == (468, 2)
    np.testing.assert_allclose(tip, nose, atol=6)


def test_small_faces_are_found_only_when_asked_for() -> None:
    astronaut = skimage.data.astronaut()
    small = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    picture = np.full((480, 640, 3), 120, dtype=np.uint8)
    picture[:256, :256] = small
    sent = encode_jpeg(picture, width=640)
    handler = FrameHandler(Recognizer())
    assert handler.observe(sent, number=1, time=0.0).faces == ()
    handler.distant = True
    [face] = handler.observe(sent, number=2, time=0.1).faces
    assert 40 < face.box[2] < 60


def test_smoothed_probabilities_that_name_no_emotion_are_uncertain() -> None:
    recognizer = Scripted([HAPPY], [SAD])
    recognizer.uncertain_below = 0.95
    handler = FrameHandler(recognizer)
    [first] = handler.observe(encode_jpeg(red()), number=1, time=0.0).faces
    [second] = handler.observe(encode_jpeg(red()), number=2, time=0.3).faces
    assert (first.emotion, second.emotion) == ("happy", "uncertain")


def test_a_clip_is_replayed_frame_by_frame_as_the_page_would_send_it(tmp_path: Path) -> None:
    recognizer = Finds(found("happy"))
    seen = replay(write_sample_clip(tmp_path / "sample.avi"), FrameHandler(recognizer))
    assert [observation.number for observation in seen] == list(range(1, 61))
    assert [observation.time for observation in seen[:3]] == pytest.approx([0, 0.05, 0.1])
    assert {(one.width, one.height) for one in seen} == {(320, 240)}
    assert {face.number for one in seen for face in one.faces} == {1}
    assert recognizer.frames[0].shape == (240, 320, 3)


def test_colors_of_a_clip_are_red_first(tmp_path: Path) -> None:
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


class Own(Recognizer):
    """Has a `recognize` of its own."""

    def recognize(self, frame: NDArray[np.uint8]) -> list[RecognizedFace]:
        return [HAPPY]


def test_a_recognize_of_its_own_is_used() -> None:
    assert len(FrameHandler(Own()).observe(encode_jpeg(red()), number=1, time=0.0)) == 1
