"""The faces of pictures and videos as a table in the terminal."""

import sys
from collections.abc import Collection

from fer_utils.cli.prediction import Prediction

_WIDEST_NAME = 48
_HEADER = ("face", "emotion", "percent", "box: x y width height")


class FaceTable:
    """Prints a line for each face, file by file, and problems on stderr.

    Parameters
    ----------
    sources : collection of str
        All that will be shown: the first column is as wide as the longest of them.

    Attributes
    ----------
    failed : int
        How many of those that were shown could not be used.
    """

    def __init__(self, sources: Collection[str]) -> None:
        longest = max((len(source) for source in sources), default=0)
        self._width = min(max(longest, len("file")), _WIDEST_NAME)
        self.failed = self._files = self._faces = 0

    def show(self, source: str, prediction: Prediction) -> None:
        """Print what came of one file."""
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
        """Print how much it was.

        Parameters
        ----------
        others : int
            Files that were neither pictures nor videos.
        """
        ignored = f"; ignored {_count(others, 'other file')}" if others else ""
        print(f"{_count(self._faces, 'face')} in {_count(self._files, 'file')}{ignored}")

    def _print(self, name: str, face: str, emotion: str, percent: str, place: str) -> None:
        if len(name) > self._width:
            name = f"…{name[1 - self._width :]}"
        line = f"{name:<{self._width}}  {face:>4}  {emotion:<9}  {percent:>7}  {place}"
        print(line.rstrip(), flush=True)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _printable(text: str) -> str:
    """Return a text without what a terminal cannot show or would obey."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
