"""What the panels share that take files from the page: pictures and videos."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import traitlets

from fer_utils.widgets.background import Worker
from fer_utils.widgets.camera import describe_error
from fer_utils.widgets.panel import Panel
from fer_utils.widgets.transfer import PART_BYTES, Upload, read_part


class FilesPanel(Panel):
    """A panel that takes files from the page and gives files back, in parts.

    The page offers a file by name and size before it sends any of it. What a file becomes is the
    subclass's part: `accept`, `arrived` and `lost`; `file` is what the page may have.
    """

    _part_bytes = traitlets.Int(PART_BYTES).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._uploads: dict[str, Upload] = {}
        self.worker = Worker()
        super().__init__(**traits)

    def accept(self, key: str, name: str, size: int) -> BinaryIO | None:
        """Return where a file that the page offers is written to; None refuses it."""
        raise NotImplementedError

    def arrived(self, key: str, upload: Upload) -> None:
        """Take a file that is complete."""
        raise NotImplementedError

    def lost(self, key: str) -> None:
        """Take note that a file which was accepted will not be complete."""
        raise NotImplementedError

    def file(self, name: str) -> bytes | Path | None:
        """Return a file that the page asks for by name; None if there is none any more."""
        raise NotImplementedError

    def drop_uploads(self) -> None:
        """Refuse what is still to come of files that were accepted."""
        self._uploads.clear()

    def received(self, key: str) -> float:
        """Return how much of an upload came, 0 to 1."""
        upload = self._uploads.get(key)
        return upload.received / upload.size if upload and upload.size else 0.0

    def work(
        self,
        act: Callable[[], Any],
        done: Callable[[Any], object],
        worker: Worker | None = None,
    ) -> None:
        """Do something beside the page, and show what came of it; `done` may get an Exception."""

        def finish(result: Any) -> None:
            try:
                done(result)
                self.publish()
            except Exception as error:
                self.log.exception("a panel could not take what it worked out")
                self.send({"kind": "error", "detail": describe_error(error)})

        (worker or self.worker).submit(act, finish)

    def close(self) -> None:
        """End what is being worked on, and remove the panel from the page."""
        self.drop_uploads()
        self.worker.close()
        super().close()

    def receive(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Do what a message of the page asks for."""
        kind = content.get("kind")
        if kind == "offer":
            self._take_offer(content["upload"], content["name"], content["size"])
        elif kind == "part":
            self._take_part(content["upload"], content["offset"], buffers[0])
        elif kind == "lost":
            if self._uploads.pop(content["upload"], None):
                self.lost(content["upload"])
        elif kind == "want":
            self._give_part(content)
            return
        else:
            super().receive(content, buffers)
            return
        self.publish()

    def _take_offer(self, key: str, name: str, size: int) -> None:
        stream = self.accept(key, name, size)
        if stream is None:
            self.send({"kind": "refused", "upload": key})
            return
        self._uploads[key] = Upload(name, size, stream)
        self._go_on(key)

    def _take_part(self, key: str, offset: int, part: memoryview) -> None:
        upload = self._uploads.get(key)
        if upload is None:
            self.send({"kind": "refused", "upload": key})
            return
        upload.add(offset, part)
        self._go_on(key)

    def _go_on(self, key: str) -> None:
        upload = self._uploads[key]
        if upload.complete:
            del self._uploads[key]
            self.send({"kind": "arrived", "upload": key})
            self.arrived(key, upload)
        else:
            self.send({"kind": "go", "upload": key, "offset": upload.received})

    def _give_part(self, content: dict[str, Any]) -> None:
        answer = {"view": content["view"], "file": content["file"]}
        source = self.file(content["file"])
        if source is None:
            self.send({"kind": "missing", **answer})
            return
        part, size = read_part(source, content["offset"])
        self.send({"kind": "part", "size": size, **answer}, buffers=[part])


def explain(error: Exception) -> str:
    """Return an error in plain words where it has them, else with the place it comes from."""
    expected = isinstance(error, ValueError | OSError)
    return str(error) if expected and str(error) else describe_error(error)
