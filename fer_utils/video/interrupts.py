"""Ctrl-C that waits until a frame is done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupt() -> Iterator[threading.Event]:
    """Note the first Ctrl-C instead of raising KeyboardInterrupt wherever the program is.

    A second one acts as usual, so nothing can be held up for good. In a thread other than the
    main one, where Ctrl-C never arrives, nothing changes.

    Yields
    ------
    Event
        Is set by Ctrl-C.
    """
    pressed = threading.Event()
    usual = signal.getsignal(signal.SIGINT)
    # A program in the background may have been told to ignore it.
    ignored = usual in (signal.SIG_IGN, None)
    if ignored or threading.current_thread() is not threading.main_thread():
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
