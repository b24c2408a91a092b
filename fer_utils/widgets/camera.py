"""Show the browser's camera; the page recognizes faces itself, or sends pictures to the kernel."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd
import traitlets
from ipywebrtc import CameraStream

from fer_utils.emotions import emotion_table
from fer_utils.model.model_folder import ModelFolder
from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.face_search import FaceSearch
from fer_utils.vision.face_table import as_table, frame_rows
from fer_utils.vision.observation import Observation
from fer_utils.vision.recognizer import FaceRecognizer, Recognizer
from fer_utils.web.engine_files import EngineError, engine_file, page_model
from fer_utils.widgets.camera_states import CAUSES, state_table
from fer_utils.widgets.frame_handler import (
    FrameHandler,
    observation_as_json,
    observation_from_json,
    replay,
)
from fer_utils.widgets.panel import describe_error, join_files

ENGINES = ("page", "kernel")
OVERLAYS = ("box", "keypoints", "landmarks")


class LiveCamera(anywidget.AnyWidget):
    """The browser's camera with the emotion of every face in it.

    With the engine ``page``, the page recognizes faces with the same networks, and no picture
    leaves it. With the engine ``kernel``, it sends small pictures, at most two at a time. Either
    way, the kernel learns what was seen, and frames stay in memory.

    Parameters
    ----------
    recognizer : FaceRecognizer, optional
        Finds faces and their emotions; by default, `Recognizer()` with the shipped model. A
        `Recognizer` for faces of all sizes looks for near ones only, to keep up with the camera.
    **traits
        Initial values of the traits below.

    Attributes
    ----------
    engine : str
        Where to recognize faces: ``page``, the default, or ``kernel``. The kernel takes over if
        the browser cannot, or if `recognizer` is not a plain `Recognizer` with the default
        detector. Set it when you create the camera.
    capture_width : int
        Width in pixels of the pictures that the page sends to the kernel, 96 to 1280.
    capture_quality : float
        Their JPEG quality, 0.1 to 1.
    frame_rate : int
        Frames per second to request from the camera, 1 to 120.
    smoothing : float
        Time constant of the smoothing of each face's probabilities, 0 to 2 seconds.
    overlay : str
        What to draw on each face, one of `OVERLAYS`.
    distant : bool
        Whether to find faces half as large too, such as those of a group. Uses BlazeFace's far
        network and pictures twice as wide.
    state : str
        What the camera is doing, one of `fer_utils.widgets.camera_states.STATES`; set by the page.

    Examples
    --------
    >>> camera = LiveCamera()  # doctest: +SKIP
    >>> camera.observe_faces(  # doctest: +SKIP
    ...     lambda faces: print([face.emotion for face in faces])
    ... )
    """

    _esm = join_files(
        "shared.js", "kernel_engine.js", "page_engine.js", "capture.js", "overlay.js", "camera.js"
    )
    _css = join_files("panel.css", "camera.css")

    engine = traitlets.Enum(ENGINES, "page")
    capture_width = traitlets.Int(320, min=96, max=1280).tag(sync=True)
    capture_quality = traitlets.Float(0.8, min=0.1, max=1.0).tag(sync=True)
    frame_rate = traitlets.Int(30, min=1, max=120)
    smoothing = traitlets.Float(0.5, min=0.0, max=2.0).tag(sync=True)
    overlay = traitlets.Enum(OVERLAYS, "box").tag(sync=True)
    distant = traitlets.Bool(False).tag(sync=True)
    state = traitlets.Unicode("ready").tag(sync=True)
    _states = traitlets.Dict(state_table()).tag(sync=True)
    _causes = traitlets.Dict(CAUSES).tag(sync=True)
    _emotions = traitlets.List(emotion_table()).tag(sync=True)
    _engines = traitlets.List(["kernel"]).tag(sync=True)
    _model = traitlets.Dict().tag(sync=True)

    def __init__(self, recognizer: FaceRecognizer | None = None, **traits: Any) -> None:
        self._callbacks: list[Callable[[Observation], object]] = []
        self._stream: CameraStream | None = None
        self._session: str | None = None
        self._recognizer = Recognizer() if recognizer is None else recognizer
        self._page_model = None
        if traits.get("engine", "page") == "page":
            self._page_model = _model_for_page(self._recognizer)
        if self._page_model is not None:
            traits |= {"_engines": list(ENGINES), "_model": page_model(self._page_model)}
        super().__init__(**traits)
        self._frames = self._new_handler()
        self.observe(lambda _: self._adjusted(self._frames), ["smoothing", "overlay", "distant"])
        self.on_msg(self._receive)

    def observe_faces(self, callback: Callable[[Observation], object]) -> None:
        """Call a function with the Observation of every frame, after the page gets its answer."""
        self._callbacks.append(callback)

    def answer(self, picture: bytes) -> dict[str, Any]:
        """Return the answer that the page would get for a single frame.

        Parameters
        ----------
        picture : bytes
            A JPEG, PNG, or WebP picture.

        Returns
        -------
        dict
            The frame's number and size, and a list of its faces, ready for JSON.

        Raises
        ------
        ImageError
            If the bytes are not a picture.
        """
        return observation_as_json(self._new_handler().observe(picture, number=1, time=0.0))

    def replay(self, path: str | Path | None = None) -> pd.DataFrame:
        """Recognize the frames of a clip as if they came from the camera.

        Each frame is scaled, compressed, recognized, and tracked with the current settings of the
        camera. No browser is needed.

        Parameters
        ----------
        path : str or Path, optional
            A clip or a single picture; by default, a portrait that moves from side to side.

        Returns
        -------
        DataFrame
            One row per frame and face, with the columns
            `fer_utils.vision.face_table.COLUMNS`. A frame without a face has a row with its
            number and time only.

        Raises
        ------
        VideoError
            If the clip does not exist, or no frame of it can be read.
        """
        # The page doubles the width for distant faces too.
        width = (2 if self.distant else 1) * self.capture_width
        observations = replay(path, self._new_handler(), width=width, quality=self.capture_quality)
        return as_table(row for seen in observations for row in frame_rows(seen))

    def switch_off(self) -> None:
        """Make the page switch the camera off, such as when another tab is opened."""
        if self._session is not None:
            self.send({"kind": "away", "session": self._session})

    def close(self) -> None:
        """Switch the camera off and remove the widget from the page."""
        self._stop()
        super().close()

    def _new_handler(self) -> FrameHandler:
        return self._adjusted(FrameHandler(self._recognizer))

    def _adjusted(self, handler: FrameHandler) -> FrameHandler:
        """Apply the traits to a handler, and return it."""
        handler.tracker.smoothing = self.smoothing
        handler.with_landmarks = self.overlay == "landmarks"
        handler.distant = self.distant
        return handler

    def _receive(self, _: object, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        # The page shows any error: nobody would see it otherwise.
        session = content.get("session")
        try:
            if content["kind"] == "start":
                self._start(session, content.get("device"))
            elif content["kind"] == "stop" and session == self._session:
                self._stop()
            elif content["kind"] == "frame":
                self._recognize(session, content, buffers[0])
            elif content["kind"] == "want":
                self._send_file(content["file"])
            elif content["kind"] == "observed" and session == self._session:
                for seen in content["observations"]:
                    self._report(observation_from_json(seen))
        except Exception as error:
            self.log.exception("the live camera could not handle a message")
            self.send({"kind": "error", "session": session, "detail": describe_error(error)})

    def _start(self, session: str | None, device: str | None) -> None:
        # ipywebrtc's stream requests the camera once and remembers the answer, even a refusal.
        self._stop()
        self._session = session
        constraints = _constraints(device, self.frame_rate)
        self._stream = CameraStream(constraints=constraints)
        self._frames.tracker.reset()
        offer = {"model": self._stream.model_id, "constraints": constraints}
        self.send({"kind": "stream", "session": session, **offer})

    def _stop(self) -> None:
        self._session = None
        if self._stream is not None:
            self._stream.layout.close()
            self._stream.close()
            self._stream = None

    def _recognize(self, session: str | None, content: dict[str, Any], picture: memoryview) -> None:
        if session != self._session:
            self.send({"kind": "elsewhere", "session": session})
            return
        began = time.perf_counter()
        seen = self._frames.observe(picture, number=content["number"], time=content["time"])
        answer = {"kind": "faces", "session": session, **observation_as_json(seen)}
        milliseconds = round(1000 * (time.perf_counter() - began), 2)
        self.send({**answer, "milliseconds": milliseconds})
        self._report(seen)

    def _report(self, seen: Observation) -> None:
        for callback in self._callbacks:
            callback(seen)

    def _send_file(self, name: str) -> None:
        """Send the page a file that its own engine needs, or the reason why it is missing."""
        answer = {"kind": "file", "file": name}
        if self._page_model is None:
            self.send({**answer, "problem": "the kernel recognizes faces here"})
            return
        try:
            self.send(answer, buffers=[engine_file(name, self._page_model)])
        except (EngineError, OSError) as error:
            self.send({**answer, "problem": str(error)})


def _model_for_page(recognizer: FaceRecognizer) -> ModelFolder | None:
    """Return the model with which the page can recognize the same; None if it cannot.

    Faces of all sizes are no obstacle: the camera looks for near ones, see `FrameHandler`.
    """
    # A subclass may do anything; the page can do what a plain one does.
    if type(recognizer) is not Recognizer:
        return None
    detector = recognizer.detector
    is_near = isinstance(detector, BlazeFace) and detector.reach == "near"
    return recognizer.model if is_near or isinstance(detector, FaceSearch) else None


def _constraints(device: str | None, frame_rate: int) -> dict[str, Any]:
    """Return what to request from the browser: no sound, a picture of about 640x480."""
    chosen = {"deviceId": {"exact": device}} if device else {"facingMode": "user"}
    size = {"width": {"ideal": 640}, "height": {"ideal": 480}}
    return {"audio": False, "video": {**chosen, **size, "frameRate": {"ideal": frame_rate}}}
