"""Show the tab Picture: pictures from files and web addresses, with their faces."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from fer_utils.data.image_files import MOST_BYTES, read_image
from fer_utils.emotions import EMOTIONS, SHOWN_EMOTIONS
from fer_utils.video.sinks import csv_text
from fer_utils.vision.annotation import annotate
from fer_utils.vision.download import fetch as fetch_url
from fer_utils.vision.face_table import FACE_COLUMNS, NO_FACE, face_row
from fer_utils.vision.observation import TrackedFace
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.background import Worker
from fer_utils.widgets.figures import count_of
from fer_utils.widgets.file_panel import FilesPanel, Upload
from fer_utils.widgets.frame_handler import encode_jpeg
from fer_utils.widgets.panel import explain_error, join_files

# Pixels. The page shows pictures no wider; the saved picture has its original size.
PREVIEW_WIDTH = 1000
_QUALITY = 0.92

_DECIMALS = dict.fromkeys(("x", "y", "width", "height", "score", *EMOTIONS), 4)
# Each picture is kept in memory twice, as JPEGs.
_MOST_KEPT = 20
_HINT = (
    f"JPEG, PNG, or WebP, at most {MOST_BYTES / 1e6:.0f} MB each. The newest {_MOST_KEPT} "
    "pictures stay in the kernel's memory; nothing is stored. The kernel fetches pictures from "
    "web addresses."
)


@dataclass(frozen=True, kw_only=True)
class _Findings:
    """The faces of a picture, and the picture with the faces drawn on it.

    Attributes
    ----------
    width, height : int
        Size in pixels of the upright picture.
    faces : tuple of TrackedFace
        Numbered from 1, largest first.
    annotated : bytes
        The annotated picture as a JPEG in its original size.
    preview : bytes
        The same, at most `PREVIEW_WIDTH` wide.
    """

    width: int
    height: int
    faces: tuple[TrackedFace, ...]
    annotated: bytes
    preview: bytes


@dataclass(eq=False)
class _Entry:
    """A picture in progress, or its result: findings or an error."""

    number: int
    name: str
    doing: str = ""
    data: bytes = b""
    findings: _Findings | None = None
    error: str = ""


class Pictures(FilesPanel):
    """Recognizes the faces of pictures that are uploaded or fetched from a web address.

    Pictures stay in memory. If one cannot be used, the page shows why, and the others continue.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions; called in another thread.
    **traits
        Initial values of the traits.

    Attributes
    ----------
    fetch : callable
        Returns the bytes at a web address, or raises a ValueError that explains the problem; may
        be replaced.

    Examples
    --------
    >>> Pictures(Recognizer())  # doctest: +SKIP
    """

    _esm = join_files("shared.js", "panel.js", "figures.js", "file_panel.js", "pictures.js")
    _css = join_files("panel.css", "file_panel.css", "pictures.css")
    _file_stem = "pictures"

    def __init__(self, recognizer: FaceRecognizer, **traits: Any) -> None:
        self._recognizer = recognizer
        self.fetch: Callable[[str], bytes] = fetch_url
        self._number = 0
        self._entries: list[_Entry] = []
        self._uploading: dict[str, _Entry] = {}
        self.downloads = Worker()  # so that a slow server does not delay other pictures
        super().__init__(**traits)

    def clear(self) -> None:
        """Forget all pictures, including those in progress."""
        self._uploads.clear()
        self._uploading.clear()
        self._entries.clear()

    def close(self) -> None:
        """Forget all pictures, and remove the panel from the page."""
        self.clear()
        self.downloads.close()
        super().close()

    def to_csv(self) -> str:
        """Return the faces of all pictures as CSV, in the order in which the pictures came.

        The columns are ``file`` and `fer_utils.vision.face_table.FACE_COLUMNS`. A picture without
        a face has one row without values; a picture that could not be used has none.
        """
        rows = []
        for entry in self._entries:
            if entry.findings is not None:
                found = [face_row(face, face.number) for face in entry.findings.faces]
                rows += [{"file": entry.name, **row} for row in found or [NO_FACE]]
        return csv_text(rows, ("file", *FACE_COLUMNS), decimals=_DECIMALS)

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what each button on the page does."""
        return {"clear": self.clear}

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON; newest picture first."""
        return {
            "hint": _HINT,
            "can_fetch": True,
            "status": _status(self._entries),
            "pictures": [_entry_as_json(entry) for entry in reversed(self._entries)],
            "can_clear": bool(self._entries),
            "can_save": any(entry.findings for entry in self._entries),
        }

    def receive(self, content: dict[str, Any], buffers: Any) -> None:
        """Handle a message from the page."""
        if content.get("kind") == "url":
            self.download(content["url"])
            self.publish()
        else:
            super().receive(content, buffers)

    def accept(self, key: str, name: str, size: int) -> BinaryIO | None:
        """Accept a picture into memory, unless it is too large."""
        entry = self._add(name, "Uploading")
        if size > MOST_BYTES:
            entry.error = (
                f"The picture has {size / 1e6:.1f} MB; the limit is {MOST_BYTES / 1e6:.0f} MB: "
                "save it smaller or with a lower quality."
            )
            return None
        self._uploading[key] = entry
        return io.BytesIO()

    def arrived(self, key: str, upload: Upload) -> None:
        """Look for faces in a complete picture."""
        upload.stream.seek(0)
        self._recognize(self._uploading.pop(key), upload.stream.read())

    def lost(self, key: str) -> None:
        """Report a picture that the browser could not read to the end."""
        entry = self._uploading.pop(key)
        entry.error = "The browser could not read the whole picture: was it moved or changed?"

    def download(self, url: str) -> None:
        """Fetch a picture from the web, and look for faces in it."""
        url = url.strip()
        entry = self._add(_name_of(url), "Fetching")

        def take(result: bytes | Exception) -> None:
            if isinstance(result, Exception):
                self._finish(entry, result)
            elif entry in self._entries:
                self._recognize(entry, result)

        self.work(self.downloads, lambda: self.fetch(url), take)

    def open_file(self, name: str) -> BinaryIO | None:
        """Open an annotated picture: ``preview 3`` or ``annotated 3``."""
        kind, number = name.split()
        for entry in self._entries:
            if entry.number == int(number) and entry.findings is not None:
                found = entry.findings
                return io.BytesIO(found.preview if kind == "preview" else found.annotated)
        return None

    def _add(self, name: str, doing: str) -> _Entry:
        self._number += 1
        entry = _Entry(self._number, name, doing)
        self._entries.append(entry)
        for old in self._entries[:-_MOST_KEPT]:
            old.data = b""  # It may still wait for the worker.
            self._entries.remove(old)
        return entry

    def _recognize(self, entry: _Entry, data: bytes) -> None:
        entry.doing, entry.data = "Looking for faces", data
        self.work(
            self.worker,
            lambda: _examine(entry.data, self._recognizer),
            lambda result: self._finish(entry, result),
        )

    def _finish(self, entry: _Entry, result: _Findings | Exception) -> None:
        entry.data = b""
        if isinstance(result, Exception):
            entry.error = re.sub("^the picture ", "The picture ", explain_error(result))
        else:
            entry.findings = result


def _examine(data: bytes, recognizer: FaceRecognizer) -> _Findings:
    """Find and draw the faces of a picture, given as a whole JPEG, PNG, or WebP file."""
    frame = read_image(data)
    faces = tuple(
        face.numbered(number) for number, face in enumerate(recognizer.recognize(frame), start=1)
    )
    annotated = annotate(frame, faces)
    height, width = annotated.shape[:2]
    return _Findings(
        width=width,
        height=height,
        faces=faces,
        annotated=encode_jpeg(annotated, width=width, quality=_QUALITY),
        preview=encode_jpeg(annotated, width=PREVIEW_WIDTH, quality=_QUALITY),
    )


def _entry_as_json(entry: _Entry) -> dict[str, Any]:
    text = "" if entry.error else entry.doing
    start = {"number": entry.number, "name": entry.name, "text": text, "error": entry.error}
    found = entry.findings
    if found is None:
        return start
    count = count_of(len(found.faces), "face")
    return {
        **start,
        "text": f"{found.width}x{found.height} pixels, {count}",
        "described": f"{entry.name} with {count} marked",
        "preview": f"preview {entry.number}",
        "annotated": f"annotated {entry.number}",
        "save_as": f"{PurePosixPath(entry.name).stem}_faces.jpg",
        "width": found.width,
        "height": found.height,
        "faces": [_listed_face_as_json(face) for face in found.faces],
    }


def _listed_face_as_json(face: TrackedFace) -> dict[str, Any]:
    """Return a face as the page lists it: number, emotion, box, and probabilities."""
    x, y, width, height = (round(value) for value in face.box)
    return {
        "number": face.number,
        "emotion": SHOWN_EMOTIONS.index(face.emotion),
        "probability": round(face.probability, 4),
        "box": f"{x}, {y} · {width}x{height}",
        "probabilities": [round(float(value), 4) for value in face.probabilities],
    }


def _status(entries: list[_Entry]) -> str:
    """Return the progress of all pictures in one sentence, for screen readers too."""
    done = [entry.findings for entry in entries if entry.findings]
    failed = sum(bool(entry.error) for entry in entries)
    working = len(entries) - len(done) - failed
    if working:
        return f"{count_of(working, 'picture').capitalize()} to go."
    parts = []
    if done:
        faces = sum(len(found.faces) for found in done)
        parts.append(f"{count_of(len(done), 'picture').capitalize()}, {count_of(faces, 'face')}.")
    if failed:
        parts.append(f"{count_of(failed, 'picture').capitalize()} could not be used.")
    return " ".join(parts)


def _name_of(url: str) -> str:
    """Return the last part of a web address, or its host."""
    try:
        parts = urlsplit(url)
        return unquote(PurePosixPath(parts.path).name) or parts.hostname or url
    except ValueError:  # not an address; the download will explain that
        return url
