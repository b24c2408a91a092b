"""Work beside the kernel's own thread, so that the page is answered meanwhile."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any

Work = Callable[[], Any]
Done = Callable[[Any], object]


class Worker:
    """One thread that does one thing after the other.

    What comes out is handed over in the thread that asked for it where that runs an event loop, as
    a kernel does; else in the worker's own.
    """

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def submit(self, work: Work, done: Done) -> None:
        """Have something done.

        Parameters
        ----------
        work : callable
            Called without arguments in the worker's thread.
        done : callable
            Called with what it returned, or with the Exception that it raised.
        """
        hand_over = to_this_thread()

        def run() -> None:
            try:
                result = work()
            except Exception as error:
                result = error
            hand_over(lambda: done(result))

        if self._thread is None:
            # A daemon, so that a kernel that is shut down does not wait for it.
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._waiting.put(run)

    def wait(self) -> None:
        """Wait until all is done."""
        self._waiting.join()

    def close(self) -> None:
        """End the thread after what it is doing now; what waits is dropped."""
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
            self._waiting.task_done()
        if self._thread is not None:
            self._waiting.put(None)
            self._thread = None

    def _work(self) -> None:
        while (run := self._waiting.get()) is not None:
            try:
                run()
            finally:
                self._waiting.task_done()
        self._waiting.task_done()


def to_this_thread() -> Callable[[Callable[[], object]], object]:
    """Return a function that calls another one in this thread's event loop, if it runs one.

    Widgets are not made to be changed by several threads at a time.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda act: act()

    def call(act: Callable[[], object]) -> None:
        # The loop is closed when the kernel is gone, and with it whoever wanted to know.
        if not loop.is_closed():
            loop.call_soon_threadsafe(act)

    return call
