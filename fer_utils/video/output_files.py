"""The files that are made of a video, put under their names when all of them are finished."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from fer_utils.paths import atomic_file
from fer_utils.video.annotated_copy import AnnotatedCopy
from fer_utils.video.clip import Clip, DecodedFrame
from fer_utils.video.sinks import LongTable, WideTable
from fer_utils.vision.annotation import annotate
from fer_utils.vision.observation import Observation, TrackedFace


@dataclass(frozen=True, kw_only=True)
class OutputPaths:
    """Where the files that are made of a video go; None for one that is not wanted.

    Attributes
    ----------
    table, wide_table : str, Path or None
        CSV files.
    annotated : str, Path or None
        An MP4 file.
    """

    table: str | Path | None
    wide_table: str | Path | None
    annotated: str | Path | None

    def check(self, source: Path) -> None:
        """Make sure that no file replaces another one.

        Raises
        ------
        ValueError
            If one is the video itself, two are the same, or `annotated` does not end in ``.mp4``.
        """
        taken = {source.resolve(): "the video itself"}
        for name in ("table", "wide_table", "annotated"):
            path = getattr(self, name)
            other = name if path is None else taken.setdefault(Path(path).resolve(), name)
            if other != name:
                raise ValueError(f"{name} is {path}, which is {other}: give it another name")
        if self.annotated is not None and Path(self.annotated).suffix.lower() != ".mp4":
            raise ValueError(
                f"annotated is {self.annotated}, but is written as MP4: let it end in .mp4"
            )


class VideoFiles:
    """Writes the files that are made of a video, in a ``with`` statement.

    They get their names at its end, if `finish` was called; otherwise nothing is left of them.

    Parameters
    ----------
    clip : Clip
        The video.
    paths : OutputPaths
        Where they go.
    """

    def __init__(self, clip: Clip, paths: OutputPaths) -> None:
        self._clip, self._paths = clip, paths
        self._stack = ExitStack()
        self._tables: list[LongTable | WideTable] = []
        self._copy: AnnotatedCopy | None = None
        self._faces: tuple[TrackedFace, ...] = ()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for kind, path in ((LongTable, self._paths.table), (WideTable, self._paths.wide_table)):
                if path is not None:
                    table = kind(stack.enter_context(atomic_file(path)))
                    stack.callback(table.close)
                    self._tables.append(table)
            if self._paths.annotated is not None:
                temporary = stack.enter_context(atomic_file(self._paths.annotated))
                self._copy = AnnotatedCopy(temporary, self._clip)
                stack.callback(self._copy.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def add(self, frame: DecodedFrame, seen: Observation | None) -> None:
        """Add the next frame and what was seen in it, or None where nobody looked."""
        if seen is not None:
            self._faces = seen.faces
            for table in self._tables:
                table.add(seen)
        if self._copy is not None:
            self._copy.add(frame, annotate(frame.image, self._faces))

    def finish(self, *, whole: bool) -> None:
        """Write what is missing; say whether it is the `whole` clip."""
        for table in self._tables:
            table.finish()
        if self._copy is not None:
            self._copy.finish(whole=whole)
