"""Defer Ctrl-C until a frame is complete."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupt() -> Iterator[threading.Event]:
    """Note the first Ctrl-C in place of raising KeyboardInterrupt; a second one raises as usual.

    Nothing changes outside the main thread, where Ctrl-C never arrives, and in background programs
    that ignore it.

    Yields
    ------
    Event
        Set by Ctrl-C.
    """
    pressed = threading.Event()
    usual = signal.getsignal(signal.SIGINT)
    is_ignored = usual in (signal.SIG_IGN, None)
    if is_ignored or threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def note(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, usual)
