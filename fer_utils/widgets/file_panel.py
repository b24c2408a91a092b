"""Share what the panels for pictures and videos have in common: files to and from the page."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import traitlets

from fer_utils.widgets.background import Worker
from fer_utils.widgets.panel import Panel
from fer_utils.widgets.transfer import PART_BYTES, Upload, read_part
from fer_utils.widgets.wording import describe_error


class FilesPanel(Panel):
    """A panel that receives files from the page and sends files back, in parts.

    The page offers a file by name and size before it sends any of it. Subclasses decide what
    becomes of a file in `accept`, `arrived` and `lost`, and what the page may read in `file`.
    """

    _part_bytes = traitlets.Int(PART_BYTES).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._uploads: dict[str, Upload] = {}
        self.worker = Worker()
        super().__init__(**traits)

    def accept(self, key: str, name: str, size: int) -> BinaryIO | None:
        """Return where to write a file that the page offers, or None to refuse it."""
        raise NotImplementedError

    def arrived(self, key: str, upload: Upload) -> None:
        """Process a complete file."""
        raise NotImplementedError

    def lost(self, key: str) -> None:
        """Handle the loss of a file that was accepted but cannot be completed."""
        raise NotImplementedError

    def file(self, name: str) -> bytes | Path | None:
        """Return a file that the page asks for by name, or None if it no longer exists."""
        raise NotImplementedError

    def drop_uploads(self) -> None:
        """Refuse the remaining parts of all accepted files."""
        self._uploads.clear()

    def received(self, key: str) -> float:
        """Return the share of an upload that has arrived, 0 to 1."""
        upload = self._uploads.get(key)
        return upload.received / upload.size if upload and upload.size else 0.0

    def work(
        self,
        act: Callable[[], Any],
        done: Callable[[Any], object],
        worker: Worker | None = None,
    ) -> None:
        """Run `act` in another thread, pass its output or Exception to `done`, and publish."""

        def finish(result: Any) -> None:
            try:
                done(result)
                self.publish()
            except Exception as error:
                self.log.exception("a panel could not handle the result of its work")
                self.send({"kind": "error", "detail": describe_error(error)})

        (worker or self.worker).submit(act, finish)

    def close(self) -> None:
        """End the current work, and remove the panel from the page."""
        self.drop_uploads()
        self.worker.close()
        super().close()

    def receive(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Handle a message from the page."""
        kind = content.get("kind")
        if kind == "offer":
            self._take_offer(content["upload"], content["name"], content["size"])
        elif kind == "part":
            self._take_part(content["upload"], content["offset"], buffers[0])
        elif kind == "lost":
            if self._uploads.pop(content["upload"], None):
                self.lost(content["upload"])
        elif kind == "want":
            self._send_part(content)
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
        self._request_more(key)

    def _take_part(self, key: str, offset: int, part: memoryview) -> None:
        upload = self._uploads.get(key)
        if upload is None:
            self.send({"kind": "refused", "upload": key})
            return
        upload.add(offset, part)
        self._request_more(key)

    def _request_more(self, key: str) -> None:
        upload = self._uploads[key]
        if upload.complete:
            del self._uploads[key]
            self.send({"kind": "arrived", "upload": key})
            self.arrived(key, upload)
        else:
            self.send({"kind": "go", "upload": key, "offset": upload.received})

    def _send_part(self, content: dict[str, Any]) -> None:
        answer = {"view": content["view"], "file": content["file"]}
        source = self.file(content["file"])
        if source is None:
            self.send({"kind": "missing", **answer})
            return
        part, size = read_part(source, content["offset"])
        self.send({"kind": "part", "size": size, **answer}, buffers=[part])
