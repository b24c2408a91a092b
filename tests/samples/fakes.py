"""Recognizers without a model, and the page's side of a panel."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.vision.observation import DetectedFace, RecognizedFace
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.file_panel import FilesPanel


class Finds:
    """Finds the same faces in every frame, and keeps the frames; or raises an error."""

    def __init__(self, *faces: RecognizedFace, error: Exception | None = None) -> None:
        self.faces, self.error = list(faces), error
        self.frames: list[NDArray[np.uint8]] = []
        self.uncertain_below = 0.0

    def recognize(self, frame: NDArray[np.uint8]) -> list[RecognizedFace]:
        self.frames.append(frame)
        if self.error:
            raise self.error
        return self.faces

    def recognize_faces(
        self, frame: NDArray[np.uint8], faces: Sequence[DetectedFace]
    ) -> list[RecognizedFace]:
        return self.recognize(frame)


class Slowed:
    """Finds what another recognizer does, but slowly while a file exists."""

    def __init__(self, recognizer: FaceRecognizer, file: Path) -> None:
        self.recognizer, self.file = recognizer, file
        self.uncertain_below = recognizer.uncertain_below

    def recognize(self, frame: NDArray[np.uint8]) -> Sequence[RecognizedFace]:
        if self.file.exists():
            time.sleep(0.02)
        return self.recognizer.recognize(frame)

    def recognize_faces(
        self, frame: NDArray[np.uint8], faces: Sequence[DetectedFace]
    ) -> Sequence[RecognizedFace]:
        return self.recognizer.recognize_faces(frame, faces)


class Sender:
    """The page's side of a panel that takes files."""

    def __init__(self, panel: FilesPanel) -> None:
        self.panel = panel
        self.sent: list[tuple[dict[str, Any], bytes]] = []
        panel.send = self._keep

    def _keep(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.sent.append((content, b"".join(map(bytes, buffers or ()))))

    def say(self, *buffers: bytes, **content: Any) -> list[dict[str, Any]]:
        """Send a message as the page does, and return the answers."""
        before = len(self.sent)
        self.panel._receive(self.panel, content, list(map(memoryview, buffers)))
        return [answer for answer, _ in self.sent[before:]]

    def offer(self, name: str, size: int, *, upload: str = "u") -> list[dict[str, Any]]:
        return self.say(kind="offer", upload=upload, name=name, size=size)

    def part(self, data: bytes, *, offset: int = 0, upload: str = "u") -> list[dict[str, Any]]:
        return self.say(data, kind="part", upload=upload, offset=offset)

    def upload(self, name: str, data: bytes) -> None:
        """Send a whole file, and wait until it is processed."""
        self.offer(name, len(data))
        self.part(data)
        self.panel.worker.wait()

    def want(self, file: str, offset: int = 0) -> tuple[dict[str, Any], bytes]:
        """Ask for a part of a file, and return the answer."""
        self.say(kind="want", file=file, offset=offset, view="mine")
        return self.sent[-1]

    def press(self, button: str) -> None:
        self.say(press=button, view="mine")
