"""Uploads that read other files, or never end, or take all memory; and too many of them."""

import os
import signal
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import Finds, Sender
from sample_videos import shades, write_video

from fer_utils.video import own_process
from fer_utils.widgets.pictures import Pictures
from fer_utils.widgets.videos import Videos


class Does(Finds):
    """Does something unusual in the second frame, as an attack on a decoder would."""

    def __init__(self, act: Callable[..., object], *arguments: Any) -> None:
        super().__init__()
        self.act, self.arguments = act, arguments

    def recognize(self, frame: np.ndarray) -> list[Any]:
        if self.frames:
            self.act(*self.arguments)
        return super().recognize(frame)


def take_memory() -> None:
    np.empty(4_000_000_000, dtype=np.uint8)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_video(tmp_path / "a.mp4", shades(12)).read_bytes()


def outcome(panel: Videos, data: bytes, *, name: str = "a.mp4", seconds: float = 20) -> str:
    """Upload a video, and return what the page says about it."""
    sender = Sender(panel)
    sender.offer(name, len(data))
    sender.part(data)
    end = time.monotonic() + seconds
    while panel._shown["phase"] in ("working", "stopping"):
        assert time.monotonic() < end, "it never ends"
        time.sleep(0.05)
    return str(panel._shown["note"] or panel._shown["status"])


def test_a_video_is_read_in_another_process(clip: bytes) -> None:
    assert outcome(Videos(Finds()), clip) == "a.mp4: 0.5 s, 12 frames, no face."


def test_an_uploaded_playlist_shows_no_other_video(tmp_path: Path) -> None:
    secret = write_video(tmp_path / "secret.ts", shades(5))
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n"
    said = outcome(Videos(Finds()), text.encode(), name="x.m3u8")
    assert said.startswith("x.m3u8 is not a readable video")


def test_stop_ends_a_video_that_hangs(clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process, "MOST_SECONDS_TO_STOP", 0.2)
    panel = Videos(Does(time.sleep, 1000))
    threading.Timer(3, panel.stop).start()
    assert "takes too long to read" in outcome(panel, clip)


def test_a_video_that_hangs_is_given_up(clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process, "MOST_SECONDS_PER_STEP", 4)
    assert "takes too long to read" in outcome(Videos(Does(time.sleep, 1000)), clip)


def test_a_video_without_an_end_is_stopped(clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process, "MOST_SECONDS", 0)
    assert outcome(Videos(Finds()), clip).endswith("; stopped before the end.")


@pytest.mark.parametrize("act", [take_memory, crash])
def test_a_video_that_takes_all_memory_or_crashes_costs_only_itself(
    clip: bytes, act: Callable[[], None]
) -> None:
    if act is take_memory and sys.platform != "linux":
        pytest.skip("memory is limited on Linux only")
    said = outcome(Videos(Does(act)), clip)
    assert "takes too much memory, or crashes the process that reads it" in said


def test_open_uploads_are_limited() -> None:
    sender = Sender(Pictures(Finds()))
    answers = [sender.offer("a.png", 1000, upload=str(key))[0]["kind"] for key in range(3000)]
    assert answers.count("go") == 20


def test_an_upload_cannot_take_the_place_of_another() -> None:
    sender = Sender(Pictures(Finds()))
    answers = [sender.offer("a.png", 1000)[0]["kind"] for _ in range(2)]
    assert answers == ["go", "error"]


@pytest.mark.parametrize("size", [-1, 1.5, "9", None])
def test_a_size_that_is_no_size_is_refused(size: Any) -> None:
    for panel in (Pictures(Finds()), Videos(Finds())):
        answers = Sender(panel).offer("a", size)
        assert [answer["kind"] for answer in answers] == ["error"]


def test_pictures_that_nobody_will_see_take_no_memory() -> None:
    busy = threading.Event()
    panel = Pictures(Finds())
    sender = Sender(panel)
    panel.worker.submit(busy.wait, print)
    tracemalloc.start()
    for number in range(100):
        sender.offer("a.png", 100_000, upload=str(number))
        sender.part(bytes(100_000), upload=str(number))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    busy.set()
    panel.worker.wait()
    assert used < 5_000_000
