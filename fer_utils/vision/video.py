# ruff: noqa: D101, D103
"""Videos in, faces with emotions out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fer_utils.vision.recognizer import Recognizer


@dataclass(frozen=True, kw_only=True)
class VideoProgress:
    frames: int
    seconds: float
    total_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class VideoSummary:
    frames: int
    frames_with_faces: int
    faces: int
    damaged: int
    seconds: float
    stopped: bool


def process_video(
    path: str | Path,
    recognizer: Recognizer,
    *,
    every: int = 1,
    rate: float | None = None,
    smoothing: float = 0.5,
    table: str | Path | None = None,
    wide_table: str | Path | None = None,
    annotated: str | Path | None = None,
    on_progress: Callable[[VideoProgress], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> VideoSummary:
    raise NotImplementedError
