"""Recognize the faces in pictures and videos, one after the other, and print them as a table."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from fer_utils.cli.prediction_files import save_picture
from fer_utils.paths import is_disk_full, printable
from fer_utils.video.processing import VideoInterrupted, VideoProgress, process_video
from fer_utils.video.sinks import CsvTable, JsonList
from fer_utils.vision.annotation import annotate
from fer_utils.vision.observation import Observation
from fer_utils.vision.picture import as_picture, is_address, is_video
from fer_utils.vision.recognizer import FaceRecognizer

_WIDEST_NAME = 48
_HEADER = ("face", "emotion", "percent", "box: x y width height")


class FaceLine(NamedTuple):
    """A face as one line of the table.

    Attributes
    ----------
    face : int
        Its number: by size from 1 in a picture, by appearance in a video.
    emotion : str
        The most probable one or "uncertain" in a picture, the most frequent one in a video.
    percent : float
        Probability of the most probable emotion in a picture, share of the face's frames with the
        emotion in a video; 0 to 100.
    place : str
        The box (x y width height) in a picture, the number of frames in a video.
    """

    face: int
    emotion: str
    percent: float
    place: str


class Prediction(NamedTuple):
    """The result for one picture or video.

    Attributes
    ----------
    lines : tuple of FaceLine
        Its faces; empty if there are none.
    error : str
        Why it could not be used; empty if it could.
    note : str
        A remark on it, often empty.
    """

    lines: tuple[FaceLine, ...] = ()
    error: str = ""
    note: str = ""


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

        Raises
        ------
        OSError
            If there is no space left for the results.
        """
        is_clip = is_video(source) and not is_address(source)
        try:
            return self._predict_video(source) if is_clip else self._predict_picture(source)
        except (ValueError, OSError) as error:
            if isinstance(error, OSError) and is_disk_full(error):
                raise
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
        with self._file(source):
            for result in self.results:
                result.add(Observation(None, None, width, height, faces))
        lines = []
        for face in faces:
            box = " ".join(f"{value:.0f}" for value in face.box)
            lines.append(FaceLine(face.number, face.emotion, 100 * face.probability, box))
        return Prediction(tuple(lines))

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
        return Prediction(counts.lines(), note=note)

    @contextmanager
    def _file(self, source: str) -> Iterator[None]:
        with ExitStack() as stack:
            for result in self.results:
                stack.enter_context(result.file(source))
            yield


class TerminalTable:
    """Prints one line per face, file by file, and problems to stderr.

    Parameters
    ----------
    sources : collection of str
        All files; the first column is as wide as the longest name.

    Attributes
    ----------
    failed : int
        Number of files so far that could not be used.
    """

    def __init__(self, sources: Collection[str]) -> None:
        self._width = min(max(map(len, ("file", *sources))), _WIDEST_NAME)
        self.failed = self._files = self._faces = 0

    def show(self, source: str, prediction: Prediction) -> None:
        """Print the result for one file."""
        name = printable(source)
        for problem in (prediction.error, prediction.note):
            if problem:
                print(f"fer-utils: {name}: {printable(problem)}", file=sys.stderr)
        if prediction.error:
            self.failed += 1
            return
        if not self._files:
            self._print("file", *_HEADER)
        self._files += 1
        self._faces += len(prediction.lines)
        for line in prediction.lines:
            self._print(name, str(line.face), line.emotion, f"{line.percent:.0f}%", line.place)
        if not prediction.lines:
            self._print(name, "-", "no face", "", "")

    def end(self, others: int) -> None:
        """Print the totals; `others` is the number of files other than pictures and videos."""
        ignored = f"; ignored {_count(others, 'other file')}" if others else ""
        print(f"{_count(self._faces, 'face')} in {_count(self._files, 'file')}{ignored}")

    def _print(self, name: str, face: str, emotion: str, percent: str, place: str) -> None:
        if len(name) > self._width:
            name = f"…{name[1 - self._width :]}"
        line = f"{name:<{self._width}}  {face:>4}  {emotion:<9}  {percent:>7}  {place}"
        print(line.rstrip(), flush=True)


@contextmanager
def video_progress_bar(path: str) -> Iterator[Callable[[VideoProgress], None]]:
    """Show the name of a video and a bar with the remaining time on stderr.

    Yields
    ------
    callable
        The `on_progress` of `fer_utils.video.processing.process_video`.
    """
    layout = "{desc}{postfix}: {percentage:3.0f}%|{bar}| {remaining} left"
    with tqdm(desc=printable(Path(path).name), total=1.0, bar_format=layout) as bar:

        def show(progress: VideoProgress) -> None:
            if progress.total_seconds is None:
                bar.bar_format = "{desc}{postfix}, {elapsed} so far"
            bar.total = progress.total_seconds
            speed = progress.frames / max(bar.format_dict["elapsed"], 1e-6)
            bar.set_postfix_str(
                f"{progress.seconds:.1f} s, {progress.frames} frames, {speed:.0f} frames/s",
                refresh=False,
            )
            bar.update(progress.seconds - bar.n)

        yield show


class _EmotionCounts:
    """Count the frames of each face by emotion, a sink."""

    def __init__(self) -> None:
        self._emotions: dict[int, Counter[str]] = defaultdict(Counter)

    def add(self, observation: Observation) -> None:
        for face in observation:
            self._emotions[face.number][face.emotion] += 1

    def lines(self) -> tuple[FaceLine, ...]:
        lines = []
        for number, counts in sorted(self._emotions.items()):
            ((emotion, frames),), total = counts.most_common(1), counts.total()
            place = f"in {_count(total, 'frame')}"
            lines.append(FaceLine(number, emotion, 100 * frames / total, place))
        return tuple(lines)


def _reason(source: str, error: Exception) -> str:
    """Return the message of an error without the name that it starts with."""
    reason = str(error)
    for name in (source, "the picture" if is_address(source) else Path(source).name):
        reason = reason.removeprefix(name).lstrip(": ")
    return reason or type(error).__name__


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
