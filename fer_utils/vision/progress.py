# ruff: noqa: D103
"""How far a video is, in the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fer_utils.vision.video import VideoProgress


@contextmanager
def progress_bar(path: str | Path) -> Iterator[Callable[[VideoProgress], None]]:
    yield lambda progress: None
