"""The live camera: the page captures and draws, the kernel recognizes and decides."""

import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywebrtc import CameraStream

from fer_utils.emotions import emotion_table
from fer_utils.vision.observation import Observation
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.camera_states import CAUSES, state_table
from fer_utils.widgets.frame_handler import FrameHandler, face_as_json

OVERLAYS = ("box", "keypoints", "landmarks")

_HERE = Path(__file__).parent
# Joined to one module, since a widget's page side is one.
_SCRIPTS = ("capture.js", "overlay.js", "camera.js")


class LiveCamera(anywidget.AnyWidget):
    """Shows the browser's camera with the emotion of every face in it.

    The page sends small pictures, at most two at a time, and draws what comes back. Frames live in
    memory only, on both sides.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions, such as `fer_utils.vision.recognizer.Recognizer()`.
    **traits
        First values of the traits below.

    Attributes
    ----------
    capture_width : int
        Width in pixels of the pictures that the page sends, 96 to 1280.
    capture_quality : float
        Their JPEG quality, 0.1 to 1.
    frame_rate : int
        Frames per second that the camera is asked for, 1 to 120.
    smoothing : float
        Time constant of the smoothing of a face's probabilities, 0 to 2 seconds.
    overlay : str
        What is drawn of a face, one of `OVERLAYS`.
    distant : bool
        Whether faces half as large are found too, such as those of a group: BlazeFace's far
        network, and pictures that are twice as wide. Only for a recognizer with a method
        `recognize_faces`.
    state : str
        What the camera is doing, one of `fer_utils.widgets.camera_states.STATES`; set by the page.

    Examples
    --------
    >>> camera = LiveCamera(Recognizer())  # doctest: +SKIP
    >>> camera.observe_faces(print)  # doctest: +SKIP
    """

    _esm = "".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    _css = _HERE / "camera.css"

    capture_width = traitlets.Int(320, min=96, max=1280).tag(sync=True)
    capture_quality = traitlets.Float(0.8, min=0.1, max=1.0).tag(sync=True)
    frame_rate = traitlets.Int(30, min=1, max=120)
    smoothing = traitlets.Float(0.5, min=0.0, max=2.0).tag(sync=True)
    overlay = traitlets.Enum(OVERLAYS, "box").tag(sync=True)
    distant = traitlets.Bool(False).tag(sync=True)
    state = traitlets.Unicode("ready").tag(sync=True)
    _states = traitlets.Dict(state_table()).tag(sync=True)
    _causes = traitlets.Dict(CAUSES).tag(sync=True)
    _can_look_far = traitlets.Bool().tag(sync=True)
    _emotions = traitlets.List(emotion_table()).tag(sync=True)

    def __init__(self, recognizer: FaceRecognizer, **traits: Any) -> None:
        super().__init__(**traits)
        self._can_look_far = hasattr(recognizer, "recognize_faces")
        self._frames = FrameHandler(recognizer, smoothing=self.smoothing)
        self._callbacks: list[Callable[[Observation], object]] = []
        self._stream: CameraStream | None = None
        self._session: str | None = None
        self.observe(self._smooth, "smoothing")
        self.observe(self._draw, "overlay")
        self.observe(self._look, "distant")
        self.on_msg(self._receive)

    def observe_faces(self, callback: Callable[[Observation], object]) -> None:
        """Call a function with the Observation of every frame, after the page was answered."""
        self._callbacks.append(callback)

    def switch_off(self) -> None:
        """Have the page switch the camera off, because the person turned to something else."""
        if self._session is not None:
            self.send({"kind": "away", "session": self._session})

    def close(self) -> None:
        """Switch the camera off and remove the widget from the page."""
        self._stop()
        super().close()

    def _smooth(self, change: Any) -> None:
        self._frames.smoothing = change["new"]

    def _draw(self, change: Any) -> None:
        self._frames.with_landmarks = change["new"] == "landmarks"

    def _look(self, change: Any) -> None:
        if not self._can_look_far:
            raise ValueError("this recognizer has no recognize_faces for faces found otherwise")
        self._frames.distant = change["new"]

    def _receive(self, _: object, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Do what the page asks for; tell it about any error, since nobody else would see it."""
        session = content.get("session")
        try:
            if content["kind"] == "start":
                self._start(session, content.get("device"))
            elif content["kind"] == "stop" and session == self._session:
                self._stop()
            elif content["kind"] == "frame":
                self._answer(session, content, buffers[0])
        except Exception as error:
            self.log.exception("the live camera could not handle a message")
            self.send({"kind": "error", "session": session, "detail": describe_error(error)})

    def _start(self, session: str | None, device: str | None) -> None:
        # A stream of ipywebrtc asks for the camera once and keeps the answer, even a refusal.
        self._stop()
        self._session = session
        self._stream = CameraStream(constraints=constraints(device, frame_rate=self.frame_rate))
        self._frames.restart()
        self.send({"kind": "stream", "session": session, "model": self._stream.model_id})

    def _stop(self) -> None:
        self._session = None
        if self._stream is not None:
            self._stream.layout.close()
            self._stream.close()
            self._stream = None

    def _answer(self, session: str | None, content: dict[str, Any], picture: memoryview) -> None:
        if session != self._session:
            self.send({"kind": "elsewhere", "session": session})
            return
        began = time.perf_counter()
        seen = self._frames.observe(picture, number=content["number"], time=content["time"])
        self.send(
            {
                "kind": "faces",
                "session": session,
                "number": seen.number,
                "width": seen.width,
                "height": seen.height,
                "faces": [face_as_json(face) for face in seen.faces],
                "milliseconds": round(1000 * (time.perf_counter() - began), 2),
            }
        )
        for callback in self._callbacks:
            callback(seen)


def constraints(device: str | None = None, *, frame_rate: int = 30) -> dict[str, Any]:
    """Return what the browser is asked for: no sound, a picture of about 640x480.

    Parameters
    ----------
    device : str, optional
        The browser's id of the camera; the one that faces the person by default.
    frame_rate : int
        Frames per second, if the camera has them.
    """
    chosen = {"deviceId": {"exact": device}} if device else {"facingMode": "user"}
    size = {"width": {"ideal": 640}, "height": {"ideal": 480}}
    return {"audio": False, "video": {**chosen, **size, "frameRate": {"ideal": frame_rate}}}


def describe_error(error: BaseException) -> str:
    """Return an error in one line, with the place in the code that it comes from."""
    places = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(error).__name__}: {error}{place}"
