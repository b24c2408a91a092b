"""Transfer files between the page and the panels for pictures and videos, in parts."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import traitlets

from fer_utils.widgets.background import Worker
from fer_utils.widgets.panel import Panel, describe_error

# By default, Jupyter servers refuse messages of more than 10 MB.
PART_BYTES = 1_000_000
# Each view of the page sends one file after the other.
_MOST_UPLOADS = 20


class TransferError(ValueError):
    """An upload without a size, or a part of it that does not continue the parts before it."""


@dataclass
class Upload:
    """A file that arrives in parts, small enough for a Jupyter server.

    Attributes
    ----------
    name : str
        The person's name for it.
    size : int
        Number of bytes, as announced by the page.
    stream : BinaryIO
        Where to write them.
    received : int
        Number of bytes received so far.

    Examples
    --------
    >>> import io
    >>> upload = Upload("note.txt", 5, io.BytesIO())
    >>> upload.add(0, b"smi")
    >>> upload.received
    3
    """

    name: str
    size: int
    stream: BinaryIO
    received: int = 0

    def add(self, offset: int, part: bytes | memoryview) -> None:
        """Write the next part.

        Raises
        ------
        TransferError
            If it does not start where the previous part ended, is empty, or exceeds the size.
        """
        if offset != self.received or not 0 < len(part) <= self.size - offset:
            raise TransferError(
                f"{self.name}: expected bytes from {self.received} to {self.size}, got "
                f"{len(part)} from {offset}; send the file again"
            )
        self.stream.write(part)
        self.received += len(part)


def read_part(stream: BinaryIO, offset: int) -> tuple[bytes, int]:
    """Return at most `PART_BYTES` of a file from an offset on, and the size of the whole file."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(offset)
    return stream.read(PART_BYTES), size


class FilesPanel(Panel):
    """A panel that receives files from the page and sends files back, in parts.

    The page offers a file by name and size before it sends any of it. Subclasses decide what
    becomes of a file in `accept`, `arrived` and `lost`, and what the page may read in `open_file`.
    """

    _part_bytes = traitlets.Int(PART_BYTES).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._uploads: dict[str, Upload] = {}  # those accepted; clear it to refuse the rest
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

    def open_file(self, name: str) -> BinaryIO | None:
        """Open a file that the page asks for by name; None if it no longer exists."""
        raise NotImplementedError

    def received(self, key: str) -> float:
        """Return the share of an upload that has arrived, 0 to 1."""
        upload = self._uploads.get(key)
        return upload.received / upload.size if upload else 0.0

    def work(self, worker: Worker, act: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Run `act` in a worker's thread, pass its output or Exception to `done`, and publish."""

        def finish(result: Any) -> None:
            try:
                done(result)
                self.publish()
            except Exception as error:
                self.log.exception("a panel could not handle the result of its work")
                self.send({"kind": "error", "detail": describe_error(error)})

        worker.submit(act, finish)

    def close(self) -> None:
        """End the current work, and remove the panel from the page."""
        self.worker.close()
        super().close()

    def receive(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Handle a message from the page."""
        kind, key = content.get("kind"), content.get("upload", "")
        if kind == "offer":
            name, size = content["name"], content["size"]
            if not isinstance(size, int) or size < 0 or key in self._uploads:
                raise TransferError(f"{name}: expected a new upload and its size, got {size}")
            if len(self._uploads) < _MOST_UPLOADS:
                stream = self.accept(key, name, size)
                if stream is not None:
                    self._uploads[key] = Upload(name, size, stream)
            self._request_more(key)
        elif kind == "part":
            if key in self._uploads:
                self._uploads[key].add(content["offset"], buffers[0])
            self._request_more(key)
        elif kind == "lost":
            if self._uploads.pop(key, None):
                self.lost(key)
        elif kind == "want":
            self._send_part(content)
            return
        else:
            super().receive(content, buffers)
        self.publish()

    def _request_more(self, key: str) -> None:
        upload = self._uploads.get(key)
        if upload is None:
            self.send({"kind": "refused", "upload": key})
        elif upload.received < upload.size:
            self.send({"kind": "go", "upload": key, "offset": upload.received})
        else:
            del self._uploads[key]
            self.send({"kind": "arrived", "upload": key})
            self.arrived(key, upload)

    def _send_part(self, content: dict[str, Any]) -> None:
        answer = {"view": content["view"], "file": content["file"]}
        stream = self.open_file(content["file"])
        if stream is None:
            self.send({"kind": "missing", **answer})
            return
        with stream:
            part, size = read_part(stream, content["offset"])
        self.send({"kind": "part", "size": size, **answer}, buffers=[part])
