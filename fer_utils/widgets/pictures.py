"""Show the tab Picture: pictures from files and web addresses, with their faces."""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from fer_utils.data.image_files import MOST_BYTES
from fer_utils.emotions import EMOTIONS
from fer_utils.video.sinks import csv_text
from fer_utils.vision.download import fetch as fetch_url
from fer_utils.vision.face_table import FACE_COLUMNS, NO_FACE, face_row
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.background import Worker
from fer_utils.widgets.file_panel import FilesPanel
from fer_utils.widgets.page_files import join_files
from fer_utils.widgets.picture_findings import (
    PictureFindings,
    examine_picture,
    listed_face_as_json,
)
from fer_utils.widgets.transfer import Upload
from fer_utils.widgets.wording import count_of, explain_error, megabytes

_DECIMALS = dict.fromkeys(("x", "y", "width", "height", "score", *EMOTIONS), 4)
# Each picture is in memory twice, as a JPEG.
_MOST_KEPT = 20
_HINT = (
    f"JPEG, PNG, or WebP, at most {MOST_BYTES / 1e6:.0f} MB each. The newest {{}} pictures stay in "
    "the kernel's memory; nothing is stored. The kernel fetches pictures from web addresses."
)


@dataclass(eq=False)
class _Entry:
    """A picture in progress, or its result: findings or an error."""

    number: int
    name: str
    doing: str = ""
    findings: PictureFindings | None = None
    error: str = ""


class Pictures(FilesPanel):
    """Recognizes the faces of pictures that are uploaded or fetched from a web address.

    Pictures stay in memory. If one cannot be used, the page shows why, and the others continue.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions; called in another thread.
    fetch : callable
        Returns the bytes at a web address, or raises a ValueError that explains the problem.
    most_kept : int
        Maximum number of pictures to keep, at least 1; the oldest are dropped first.
    **traits
        Initial values of the traits.

    Attributes
    ----------
    fetch : callable
        See the parameters.

    Examples
    --------
    >>> Pictures(Recognizer())  # doctest: +SKIP
    """

    _esm = join_files("shared.js", "panel.js", "figures.js", "file_panel.js", "pictures.js")
    _css = join_files("panel.css", "file_panel.css", "pictures.css")
    _file_stem = "pictures"

    def __init__(
        self,
        recognizer: FaceRecognizer,
        *,
        fetch: Callable[[str], bytes] = fetch_url,
        most_kept: int = _MOST_KEPT,
        **traits: Any,
    ) -> None:
        self._recognizer = recognizer
        self.fetch = fetch
        self._most_kept = most_kept
        self._number = 0
        self._entries: list[_Entry] = []
        self._uploading: dict[str, _Entry] = {}
        self.downloads = Worker()  # so that a slow server does not delay other pictures
        super().__init__(**traits)

    def clear(self) -> None:
        """Forget all pictures, including those in progress."""
        self.drop_uploads()
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
            "hint": _HINT.format(self._most_kept),
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
                f"The picture has {megabytes(size)}; the limit is {MOST_BYTES / 1e6:.0f} MB: "
                "save it smaller or with a lower quality."
            )
            entry.doing = ""
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
        entry.doing = ""
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

        self.work(lambda: self.fetch(url), take, self.downloads)

    def file(self, name: str) -> bytes | None:
        """Return an annotated picture: ``preview 3`` or ``annotated 3``."""
        kind, number = name.split()
        for entry in self._entries:
            if entry.number == int(number) and entry.findings is not None:
                found = entry.findings
                return found.preview if kind == "preview" else found.annotated
        return None

    def _add(self, name: str, doing: str) -> _Entry:
        self._number += 1
        entry = _Entry(self._number, name, doing)
        self._entries = [*self._entries, entry][-self._most_kept :]
        return entry

    def _recognize(self, entry: _Entry, data: bytes) -> None:
        entry.doing = "Looking for faces"
        self.work(
            lambda: examine_picture(data, self._recognizer),
            lambda result: self._finish(entry, result),
        )

    def _finish(self, entry: _Entry, result: PictureFindings | Exception) -> None:
        entry.doing = ""
        if isinstance(result, Exception):
            entry.error = re.sub("^the picture ", "The picture ", explain_error(result))
        else:
            entry.findings = result


def _entry_as_json(entry: _Entry) -> dict[str, Any]:
    found = entry.findings
    faces = () if found is None else found.faces
    count = count_of(len(faces), "face")
    return {
        "number": entry.number,
        "name": entry.name,
        "text": f"{found.width}x{found.height} pixels, {count}" if found else entry.doing,
        "error": entry.error,
        "described": f"{entry.name} with {count} marked",
        "preview": f"preview {entry.number}" if found else None,
        "annotated": f"annotated {entry.number}" if found else None,
        "save_as": f"{PurePosixPath(entry.name).stem}_faces.jpg",
        "width": found.width if found else None,
        "height": found.height if found else None,
        "faces": [listed_face_as_json(face) for face in faces],
    }


def _status(entries: Iterable[_Entry]) -> str:
    """Return the progress of all pictures in one sentence, for screen readers too."""
    kept = list(entries)
    done = [entry.findings for entry in kept if entry.findings]
    failed = sum(bool(entry.error) for entry in kept)
    working = len(kept) - len(done) - failed
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
