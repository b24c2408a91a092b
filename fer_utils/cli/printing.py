"""Print the faces in pictures and videos as a table in the terminal, and progress on stderr."""

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from fer_utils.video.processing import VideoProgress

_WIDEST_NAME = 48
_HEADER = ("face", "emotion", "percent", "box: x y width height")


@dataclass(frozen=True, kw_only=True)
class FaceLine:
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


@dataclass(frozen=True, kw_only=True)
class Prediction:
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
        longest = max((len(source) for source in sources), default=0)
        self._width = min(max(longest, len("file")), _WIDEST_NAME)
        self.failed = self._files = self._faces = 0

    def show(self, source: str, prediction: Prediction) -> None:
        """Print the result for one file."""
        name = _printable(source)
        for problem in (prediction.error, prediction.note):
            if problem:
                print(f"fer-utils: {name}: {_printable(problem)}", file=sys.stderr)
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
def video_progress_bar(path: str | Path) -> Iterator[Callable[[VideoProgress], None]]:
    """Show a bar with the remaining time on stderr.

    Parameters
    ----------
    path : str or Path
        The video; its name is shown next to the bar.

    Yields
    ------
    callable
        The `on_progress` of `fer_utils.video.processing.process_video`.

    Examples
    --------
    >>> with video_progress_bar("party.mp4") as show:  # doctest: +SKIP
    ...     process_video("party.mp4", table="party.csv", on_progress=show)
    """
    layout = "{desc}{postfix}: {percentage:3.0f}%|{bar}| {remaining} left"
    with tqdm(desc=Path(path).name, total=1.0, bar_format=layout) as bar:

        def show(progress: VideoProgress) -> None:
            if progress.total_seconds is None:
                bar.total, bar.bar_format = None, "{desc}{postfix}, {elapsed} so far"
            else:
                bar.total = progress.total_seconds
            speed = progress.frames / max(bar.format_dict["elapsed"], 1e-6)
            bar.set_postfix_str(
                f"{progress.seconds:.1f} s, {progress.frames} frames, {speed:.0f} frames/s",
                refresh=False,
            )
            bar.update(progress.seconds - bar.n)

        yield show


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _printable(text: str) -> str:
    """Replace characters that a terminal cannot show or would obey."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
