"""The tab Picture: pictures of files and addresses, their faces drawn, listed and saved."""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from fer_utils.data.image_files import MOST_BYTES
from fer_utils.vision.download import fetch as fetch_url
from fer_utils.vision.face_table import FACE_COLUMNS, NO_FACE, as_table, face_row
from fer_utils.vision.recognizer import FaceRecognizer
from fer_utils.widgets.background import Worker
from fer_utils.widgets.file_panel import FilesPanel, explain
from fer_utils.widgets.panel import page_script, page_style
from fer_utils.widgets.picture_findings import Findings, count_of, examine, face_as_row
from fer_utils.widgets.transfer import Upload, megabytes

# Of a session; the oldest go first. Each holds its picture twice, as JPEG.
MOST_KEPT = 20

COLUMNS = ("file", *FACE_COLUMNS)


@dataclass(eq=False)
class Picture:
    """A picture on its way, or what came of it: findings or an error."""

    number: int
    name: str
    doing: str = ""
    findings: Findings | None = None
    error: str = ""


class Pictures(FilesPanel):
    """Recognizes the faces of pictures that a person uploads or gives the address of.

    Pictures stay in memory. One that cannot be used says why, and the others go on.

    Parameters
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions; it is called in a thread of its own.
    fetch : callable
        Returns the bytes behind an address, or raises a ValueError that says what is wrong.
    most_kept : int
        Most pictures that are kept, at least 1; the oldest go first.
    **traits
        First values of the traits.

    Attributes
    ----------
    fetch : callable
        As given.

    Examples
    --------
    >>> Pictures(Recognizer())  # doctest: +SKIP
    """

    _esm = page_script("figures.js", "file_panel.js", "pictures.js")
    _css = page_style("file_panel.css", "pictures.css")
    _file_stem = "pictures"

    def __init__(
        self,
        recognizer: FaceRecognizer,
        *,
        fetch: Callable[[str], bytes] = fetch_url,
        most_kept: int = MOST_KEPT,
        **traits: Any,
    ) -> None:
        self._recognizer = recognizer
        self.fetch = fetch
        self._most_kept = most_kept
        self._number = 0
        self._pictures: list[Picture] = []
        self._uploading: dict[str, Picture] = {}
        self.downloads = Worker()  # so that a slow server holds up no other picture
        super().__init__(**traits)

    def clear(self) -> None:
        """Forget all pictures, those that are still on their way too."""
        self.drop_uploads()
        self._uploading.clear()
        self._pictures.clear()

    def close(self) -> None:
        """Forget all pictures, and remove the panel from the page."""
        self.clear()
        self.downloads.close()
        super().close()

    def to_csv(self) -> str:
        """Return the faces of all pictures as CSV by `COLUMNS`, first come first.

        A picture without a face has one row without values; one that could not be used has none.
        """
        rows = []
        for picture in self._pictures:
            if picture.findings is not None:
                found = [face_row(face, face.number) for face in picture.findings.faces]
                rows += [{"file": picture.name, **row} for row in found or [NO_FACE]]
        table = as_table(rows, COLUMNS)
        return table.to_csv(index=False, float_format="%.4f", lineterminator="\n")

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what the buttons of the page do, by name."""
        return {"clear": self.clear}

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON; the newest picture first."""
        return {
            "hint": (
                f"JPEG, PNG or WebP of at most {MOST_BYTES / 1e6:.0f} MB. The newest "
                f"{self._most_kept} stay in the kernel's memory; nothing is stored. What is behind "
                "an address is fetched by the kernel."
            ),
            "status": summary(self._pictures),
            "pictures": [as_shown(picture) for picture in reversed(self._pictures)],
            "can_clear": bool(self._pictures),
            "can_save": any(picture.findings for picture in self._pictures),
        }

    def receive(self, content: dict[str, Any], buffers: Any) -> None:
        """Do what a message of the page asks for."""
        if content.get("kind") == "url":
            self.download(content["url"])
            self.publish()
        else:
            super().receive(content, buffers)

    def accept(self, key: str, name: str, size: int) -> BinaryIO | None:
        """Take a picture in memory, unless it is too large."""
        picture = self._add(name, "Uploading")
        if size > MOST_BYTES:
            picture.error = (
                f"It has {megabytes(size)}, at most {MOST_BYTES / 1e6:.0f} are taken: "
                "save it smaller or with a lower quality."
            )
            picture.doing = ""
            return None
        self._uploading[key] = picture
        return io.BytesIO()

    def arrived(self, key: str, upload: Upload) -> None:
        """Look for faces in a picture that is complete."""
        upload.stream.seek(0)
        self._recognize(self._uploading.pop(key), upload.stream.read())

    def lost(self, key: str) -> None:
        """Say that a picture did not come."""
        picture = self._uploading.pop(key)
        picture.doing = ""
        picture.error = "The browser could not read it to its end: was it moved or changed?"

    def download(self, url: str) -> None:
        """Fetch a picture from the web, and look for faces in it."""
        url = url.strip()
        picture = self._add(name_of(url), "Fetching")

        def take(result: bytes | Exception) -> None:
            if isinstance(result, Exception):
                self._finish(picture, result)
            elif picture in self._pictures:
                self._recognize(picture, result)

        self.work(lambda: self.fetch(url), take, self.downloads)

    def file(self, name: str) -> bytes | None:
        """Return a picture with its faces drawn: ``preview 3`` or ``annotated 3``."""
        kind, number = name.split()
        for picture in self._pictures:
            if picture.number == int(number) and picture.findings is not None:
                found = picture.findings
                return found.preview if kind == "preview" else found.annotated
        return None

    def _add(self, name: str, doing: str) -> Picture:
        self._number += 1
        picture = Picture(self._number, name, doing)
        self._pictures = [*self._pictures, picture][-self._most_kept :]
        return picture

    def _recognize(self, picture: Picture, data: bytes) -> None:
        picture.doing = "Looking for faces"
        self.work(
            lambda: examine(data, self._recognizer), lambda result: self._finish(picture, result)
        )

    def _finish(self, picture: Picture, result: Findings | Exception) -> None:
        picture.doing = ""
        if isinstance(result, Exception):
            # Its name stands above.
            picture.error = re.sub("^the picture ", "It ", explain(result))
        else:
            picture.findings = result


def as_shown(picture: Picture) -> dict[str, Any]:
    """Return a picture as JSON for the page."""
    found = picture.findings
    faces = () if found is None else found.faces
    size = "" if found is None else f"{found.width}x{found.height} pixels, "
    return {
        "number": picture.number,
        "name": picture.name,
        "text": size + count_of(len(faces), "face") if found else picture.doing,
        "error": picture.error,
        "described": f"{picture.name} with {count_of(len(faces), 'face')} marked",
        "preview": f"preview {picture.number}" if found else None,
        "annotated": f"annotated {picture.number}" if found else None,
        "save_as": f"{PurePosixPath(picture.name).stem}_faces.jpg",
        "width": found.width if found else None,
        "height": found.height if found else None,
        "faces": [face_as_row(face) for face in faces],
    }


def summary(pictures: Iterable[Picture]) -> str:
    """Return how far the pictures are, in a sentence that screen readers say."""
    kept = list(pictures)
    done = [picture.findings for picture in kept if picture.findings]
    failed = sum(bool(picture.error) for picture in kept)
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


def name_of(url: str) -> str:
    """Return what to call the picture behind an address: its last part, or its host."""
    try:
        parts = urlsplit(url)
        return unquote(PurePosixPath(parts.path).name) or parts.hostname or url
    except ValueError:  # it is no address, as whoever fetches it will say
        return url
