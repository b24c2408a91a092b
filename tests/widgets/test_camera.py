from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from fakes import Finds
from ipywebrtc import CameraStream
from observations import found

from fer_utils.vision.face_table import COLUMNS
from fer_utils.vision.observation import Observation
from fer_utils.vision.picture import SAMPLE_PICTURE
from fer_utils.widgets import camera as module
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.frame_handler import encode_jpeg

PICTURE = encode_jpeg(np.full((24, 32, 3), 90, dtype=np.uint8))
HAPPY = found("happy", 1.0)


class Watched(LiveCamera):
    """Keeps what it sends to the page."""

    def __init__(self, recognizer: Finds, **more: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(recognizer, **more)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.sent.append(content)

    def get(self, kind: str, *buffers: bytes, session: str | None = "a", **content: Any) -> None:
        """Receive a message as if the page had sent it."""
        whole = {"kind": kind, "session": session, **content}
        data = {"method": "custom", "content": whole}
        self._handle_msg({"content": {"data": data}, "buffers": list(map(memoryview, buffers))})

    def get_frame(self, number: int = 1, *, session: str | None = "a") -> None:
        self.get("frame", PICTURE, number=number, time=number / 30, session=session)


@pytest.fixture
def camera() -> Watched:
    return Watched(Finds(HAPPY))


def closed(stream: CameraStream) -> bool:
    return stream.comm is None


def test_a_start_is_answered_with_a_stream_of_the_camera(camera: Watched) -> None:
    camera.get("start")
    [answer] = camera.sent
    assert (answer["kind"], answer["session"]) == ("stream", "a")
    stream = camera._stream
    assert answer["model"] == stream.model_id
    assert answer["constraints"] == stream.constraints
    assert stream.constraints["audio"] is False
    assert stream.constraints["video"]["facingMode"] == "user"


def test_a_chosen_camera_and_rate_are_asked_for(camera: Watched) -> None:
    camera.frame_rate = 60
    camera.get("start", device="camera 2")
    video = camera._stream.constraints["video"]
    assert video["deviceId"] == {"exact": "camera 2"}
    assert "facingMode" not in video
    assert video["frameRate"] == {"ideal": 60}


def test_every_start_has_a_stream_of_its_own_and_closes_the_one_before(camera: Watched) -> None:
    camera.get("start")
    first = camera._stream
    camera.get("start", session="b")
    assert closed(first)
    assert closed(first.layout)
    assert not closed(camera._stream)


def test_stop_closes_the_stream(camera: Watched) -> None:
    camera.get("start")
    stream = camera._stream
    camera.get("stop", session="another")
    assert not closed(stream)
    camera.get("stop")
    assert closed(stream)


def test_closing_the_widget_closes_the_stream(camera: Watched) -> None:
    camera.get("start")
    stream = camera._stream
    camera.close()
    assert closed(stream)
    assert closed(camera)


def test_a_frame_is_answered_with_its_faces(camera: Watched) -> None:
    camera.get("start")
    camera.get_frame(12)
    answer = camera.sent[-1]
    assert answer.pop("milliseconds") >= 0
    assert answer == {
        "kind": "faces",
        "session": "a",
        "number": 12,
        "width": 32,
        "height": 24,
        "faces": [
            {
                "number": 1,
                "box": [10, 8, 16, 20],
                "keypoints": None,
                "landmarks": None,
                "emotion": "happy",
                "probabilities": [0, 0, 0, 1, 0, 0, 0],
            }
        ],
    }


def test_callbacks_are_told_after_the_page(camera: Watched) -> None:
    seen: list[Observation] = []
    camera.observe_faces(lambda observation: seen.append(observation))
    camera.observe_faces(lambda observation: camera.sent.append({"kind": "callback"}))
    camera.get("start")
    camera.get_frame(3)
    assert [answer["kind"] for answer in camera.sent] == ["stream", "faces", "callback"]
    [observation] = seen
    assert (observation.number, observation.time) == (3, 0.1)
    assert [face.emotion for face in observation.faces] == ["happy"]


def test_numbers_begin_again_with_every_start(camera: Watched) -> None:
    for session in ("a", "b"):
        camera.get("start", session=session)
        camera.get_frame(session=session)
        assert camera.sent[-1]["faces"][0]["number"] == 1


def test_frames_of_another_page_are_refused(camera: Watched) -> None:
    camera.get("start", session="a")
    camera.get("start", session="b")
    camera.get_frame(session="a")
    assert camera.sent[-1] == {"kind": "elsewhere", "session": "a"}


def test_an_error_of_the_recognizer_reaches_the_page() -> None:
    camera = Watched(Finds(error=RuntimeError("out of order")))
    camera.get("start")
    camera.get_frame()
    answer = camera.sent[-1]
    assert (answer["kind"], answer["session"]) == ("error", "a")
    assert answer["detail"].startswith("RuntimeError: out of order (fakes.py, line ")


def test_an_error_of_a_callback_reaches_the_page_after_the_faces(camera: Watched) -> None:
    camera.observe_faces(lambda observation: 1 / 0)
    camera.get("start")
    camera.get_frame()
    assert [answer["kind"] for answer in camera.sent] == ["stream", "faces", "error"]
    assert "ZeroDivisionError: division by zero" in camera.sent[-1]["detail"]


@pytest.mark.parametrize(
    ("buffers", "error"),
    [([b"no picture"], "ImageError: the picture is "), ([], "IndexError")],
)
def test_a_message_that_makes_no_sense_is_told(
    camera: Watched, buffers: list[bytes], error: str
) -> None:
    camera.get("start")
    camera.get("frame", *buffers, number=1, time=0.0)
    assert camera.sent[-1]["kind"] == "error"
    assert error in camera.sent[-1]["detail"]


def test_the_slider_changes_the_smoothing_of_the_next_frames(camera: Watched) -> None:
    camera.smoothing = 0.8
    assert camera._frames.tracker.smoothing == 0.8


def test_the_overlay_decides_whether_landmarks_are_looked_for(camera: Watched) -> None:
    camera.overlay = "landmarks"
    assert camera._frames.with_landmarks
    camera.overlay = "keypoints"
    assert not camera._frames.with_landmarks


def test_distant_faces_are_looked_for_when_asked(camera: Watched) -> None:
    camera.distant = True
    assert camera._frames.distant
    camera.distant = False
    assert not camera._frames.distant


def test_settings_count_from_the_first_frame() -> None:
    frames = LiveCamera(Finds(), smoothing=0.25, overlay="landmarks", distant=True)._frames
    assert frames.tracker.smoothing == 0.25
    assert (frames.with_landmarks, frames.distant) == (True, True)


def test_without_a_recognizer_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Finds()
    monkeypatch.setattr(module, "Recognizer", lambda: shipped)
    assert LiveCamera()._frames._recognizer is shipped


def test_one_picture_is_answered_without_a_page(camera: Watched) -> None:
    answer = camera.answer(PICTURE)
    assert (answer["number"], answer["width"], answer["height"]) == (1, 32, 24)
    assert [face["emotion"] for face in answer["faces"]] == ["happy"]
    assert camera.sent == []


def test_a_replay_is_a_table_with_a_row_for_each_face() -> None:
    finder = Finds(HAPPY, found("sad", left=200))
    table = LiveCamera(finder).replay()
    assert tuple(table.columns) == COLUMNS
    assert table["frame"].tolist() == [number for number in range(1, 61) for _ in range(2)]
    assert set(table["face"]) == {1, 2}
    assert {frame.shape for frame in finder.frames} == {(240, 320, 3)}


def test_a_replay_looks_for_distant_faces_in_pictures_twice_as_wide() -> None:
    finder = Finds()
    table = LiveCamera(finder, capture_width=100, distant=True).replay(SAMPLE_PICTURE)
    assert finder.frames[0].shape == (200, 200, 3)
    assert table[["frame", "time"]].values.tolist() == [[1, 0]]
    assert table["face"].isna().all()


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("capture_width", 95),
        ("capture_width", 1281),
        ("capture_quality", 1.1),
        ("smoothing", 2.1),
        ("overlay", "mask"),
    ],
)
def test_settings_out_of_range_are_refused(camera: Watched, trait: str, value: Any) -> None:
    with pytest.raises(traitlets.TraitError):
        setattr(camera, trait, value)


def test_the_page_gets_scripts_and_styles() -> None:
    folder = Path(__file__).parents[2] / "fer_utils" / "widgets"
    for name in ("capture.js", "overlay.js", "camera.js"):
        assert (folder / name).read_text(encoding="utf-8") in LiveCamera._esm
    assert ".fer-live-camera" in str(LiveCamera._css)


def test_the_page_switches_the_camera_off_when_the_kernel_says_so(camera: Watched) -> None:
    camera.switch_off()
    assert camera.sent == []  # it is not on
    camera.get("start")
    camera.switch_off()
    assert camera.sent[-1] == {"kind": "away", "session": "a"}
    assert "away" in camera._states
