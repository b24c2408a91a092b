"""Recognize the faces of many pictures and videos, one after the other."""

import csv
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from fer_utils.video.result_files import ResultFiles, Row, save_picture
from fer_utils.vision.annotation import annotate
from fer_utils.vision.file_kinds import is_video
from fer_utils.vision.observation import RecognizedFace
from fer_utils.vision.picture import as_picture, is_address
from fer_utils.vision.recognizer import Recognizer


@dataclass(frozen=True, kw_only=True)
class FaceLine:
    """A face in the words of a table for people.

    Attributes
    ----------
    face : int
        Its number: the place by size in a picture, from 1; the one it keeps in a video.
    emotion : str
        In a picture the likeliest one, or "uncertain"; in a video the most frequent one.
    percent : float
        In a picture the likeliest emotion's probability; in a video the share of the face's frames
        that have the emotion. 0 to 100.
    place : str
        The box (x y width height) in a picture; the number of frames in a video.
    """

    face: int
    emotion: str
    percent: float
    place: str


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What came of one picture or video.

    Attributes
    ----------
    lines : tuple of FaceLine
        Its faces; empty where there is none.
    error : str
        Why it could not be used; empty if it could.
    note : str
        What else is to be known about it; mostly empty.
    """

    lines: tuple[FaceLine, ...] = ()
    error: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """Looks at one picture or video after the other and writes down what it finds.

    Attributes
    ----------
    recognizer : Recognizer
        Finds faces and their emotions.
    files : ResultFiles
        Get all that is found.
    copies : mapping of str to Path
        Where annotated copies go, by source; none is made of others.
    every, rate : int, float or None
        Which frames of a video are looked at, as of `fer_utils.video.processing.process_video`.
    """

    recognizer: Recognizer
    files: ResultFiles
    copies: Mapping[str, Path] = field(default_factory=dict)
    every: int = 1
    rate: float | None = None

    def predict(self, source: str) -> Prediction:
        """Look at a picture or video.

        Parameters
        ----------
        source : str
            A path or, for pictures, a web address.

        Returns
        -------
        Prediction
            With an `error` instead of faces if it cannot be used.
        """
        look = self._video if is_video(source) and not is_address(source) else self._picture
        try:
            return look(source)
        except (ValueError, OSError) as error:
            reason = _reason(source, error)
            self.files.add_error(source, reason)
            return Prediction(error=reason)

    def _picture(self, source: str) -> Prediction:
        frame = as_picture(source)
        faces = self.recognizer.recognize(frame)
        if source in self.copies:
            save_picture(self.copies[source], annotate(frame, faces))
        self.files.add_picture(source, frame, faces)
        return Prediction(lines=tuple(_line(*face) for face in enumerate(faces, start=1)))

    def _video(self, source: str) -> Prediction:
        # Loaded here, since pictures alone do not need what decodes videos.
        from fer_utils.cli.progress import progress_bar
        from fer_utils.video.processing import process_video

        emotions: dict[int, Counter[str]] = defaultdict(Counter)
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder, "faces.csv")
            shown = progress_bar(source) if sys.stderr.isatty() else nullcontext()
            try:
                with shown as show:
                    summary = process_video(
                        source,
                        self.recognizer,
                        every=self.every,
                        rate=self.rate,
                        table=table,
                        annotated=self.copies.get(source),
                        on_progress=show,
                    )
            finally:
                # After Ctrl-C the table has what was done until then.
                if table.exists():
                    self.files.add_video(source, _counted(table, emotions))
        note = f"{summary.damaged} damaged frames are left out" if summary.damaged else ""
        lines = (_video_line(number, emotions[number]) for number in sorted(emotions))
        return Prediction(lines=tuple(lines), note=note)


def _line(number: int, face: RecognizedFace) -> FaceLine:
    return FaceLine(
        face=number,
        emotion=face.emotion,
        percent=100 * float(face.probabilities.max()),
        place=" ".join(f"{value:.0f}" for value in face.box),
    )


def _video_line(number: int, counts: Counter[str]) -> FaceLine:
    ((emotion, frames),) = counts.most_common(1)
    total = counts.total()
    return FaceLine(
        face=number,
        emotion=emotion,
        percent=100 * frames / total,
        place="in 1 frame" if total == 1 else f"in {total} frames",
    )


def _counted(table: Path, emotions: dict[int, Counter[str]]) -> Iterator[Row]:
    """Yield the rows of a table, and count each face's emotions on the way."""
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["face"]:
                emotions[int(row["face"])][row["emotion"]] += 1
            yield row


def _reason(source: str, error: Exception) -> str:
    """Return what an error says without the name that it begins with."""
    reason = str(error)
    for name in _names(source):
        reason = reason.removeprefix(name).lstrip(": ")
    return reason or type(error).__name__


def _names(source: str) -> Iterable[str]:
    return (source, "the picture") if is_address(source) else (source, Path(source).name)
