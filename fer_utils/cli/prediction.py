"""Recognize the faces in many pictures and videos, one after the other."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from fer_utils.cli.prediction_files import save_picture
from fer_utils.cli.printing import FaceLine, Prediction, video_progress_bar
from fer_utils.video.processing import VideoInterrupted, process_video
from fer_utils.video.sinks import CsvTable, JsonList
from fer_utils.vision.annotation import annotate
from fer_utils.vision.observation import Observation
from fer_utils.vision.picture import as_picture, is_address, is_video
from fer_utils.vision.recognizer import FaceRecognizer


@dataclass(frozen=True)
class Predictor:
    """Recognizes the faces in pictures and videos and writes the results.

    Attributes
    ----------
    recognizer : FaceRecognizer
        Finds faces and their emotions.
    results : sequence of CsvTable and JsonList
        The files to write the faces to.
    copies : mapping of str to Path
        The annotated copies to write, by source.
    every, rate : int, float or None
        The frames of a video to examine; see `fer_utils.video.processing.process_video`.
    """

    recognizer: FaceRecognizer
    results: Sequence[CsvTable | JsonList] = ()
    _: KW_ONLY
    copies: Mapping[str, Path] = field(default_factory=dict)
    every: int = 1
    rate: float | None = None

    def predict(self, source: str) -> Prediction:
        """Recognize the faces in a picture or video.

        Parameters
        ----------
        source : str
            A path, or the web address of a picture.

        Returns
        -------
        Prediction
            With an `error` and no faces if the source cannot be used.
        """
        is_clip = is_video(source) and not is_address(source)
        try:
            return self._predict_video(source) if is_clip else self._predict_picture(source)
        except (ValueError, OSError) as error:
            reason = _reason(source, error)
            for result in self.results:
                result.add_error(source, reason)
            return Prediction(error=reason)

    def _predict_picture(self, source: str) -> Prediction:
        picture = as_picture(source)
        found = self.recognizer.recognize(picture)
        if source in self.copies:
            save_picture(self.copies[source], annotate(picture, found))
        height, width = picture.shape[:2]
        faces = tuple(face.numbered(place) for place, face in enumerate(found, start=1))
        observation = Observation(None, None, width, height, faces)
        with self._file(source):
            for result in self.results:
                result.add(observation)
        lines = (
            FaceLine(
                face=face.number,
                emotion=face.emotion,
                percent=100 * face.probability,
                place=" ".join(f"{value:.0f}" for value in face.box),
            )
            for face in faces
        )
        return Prediction(lines=tuple(lines))

    def _predict_video(self, source: str) -> Prediction:
        counts, interrupt = _EmotionCounts(), None
        shown = video_progress_bar(source) if sys.stderr.isatty() else nullcontext()
        with self._file(source), shown as show:
            try:
                summary = process_video(
                    source,
                    self.recognizer,
                    every=self.every,
                    rate=self.rate,
                    annotated=self.copies.get(source),
                    sinks=(*self.results, counts),
                    on_progress=show,
                )
            except VideoInterrupted as error:
                # The results so far are complete frames: keep them.
                interrupt = error
        if interrupt is not None:
            raise interrupt
        note = f"{summary.damaged} damaged frames are left out" if summary.damaged else ""
        return Prediction(lines=counts.lines(), note=note)

    @contextmanager
    def _file(self, source: str) -> Iterator[None]:
        with ExitStack() as stack:
            for result in self.results:
                stack.enter_context(result.file(source))
            yield


class _EmotionCounts:
    """Count the frames of each face by emotion, a sink."""

    def __init__(self) -> None:
        self._emotions: dict[int, Counter[str]] = defaultdict(Counter)

    def add(self, observation: Observation) -> None:
        for face in observation:
            self._emotions[face.number][face.emotion] += 1

    def lines(self) -> tuple[FaceLine, ...]:
        return tuple(self._line(number) for number in sorted(self._emotions))

    def _line(self, number: int) -> FaceLine:
        counts = self._emotions[number]
        ((emotion, frames),) = counts.most_common(1)
        total = counts.total()
        place = "in 1 frame" if total == 1 else f"in {total} frames"
        return FaceLine(face=number, emotion=emotion, percent=100 * frames / total, place=place)


def _reason(source: str, error: Exception) -> str:
    """Return the message of an error without the name that it starts with."""
    reason = str(error)
    names = (source, "the picture") if is_address(source) else (source, Path(source).name)
    for name in names:
        reason = reason.removeprefix(name).lstrip(": ")
    return reason or type(error).__name__
