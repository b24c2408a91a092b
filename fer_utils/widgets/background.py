"""Run work in another thread, so that the kernel can answer the page in the meantime."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any


class Worker:
    """One thread that runs one piece of work after another.

    If the thread that submits work runs an event loop, as a kernel does, results are delivered in
    that thread; otherwise, in the worker's thread.
    """

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], object]] = queue.Queue()
        self._closed = False
        # A daemon, so that a kernel that shuts down does not wait for it.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Queue a piece of work.

        Parameters
        ----------
        work : callable
            Called without arguments in the worker's thread.
        done : callable
            Called with the output of `work`, or with the Exception that it raised.
        """
        deliver = to_this_thread()

        def run() -> None:
            try:
                result = work()
            except Exception as error:
                result = error
            deliver(lambda: done(result))

        self._waiting.put(run)

    def wait(self) -> None:
        """Wait until all work is done."""
        self._waiting.join()

    def close(self) -> None:
        """End the thread after its current work; drop the work that waits."""
        self._closed = True
        self._waiting.put(lambda: None)  # wakes the thread if it has no work

    def _run(self) -> None:
        while not self._closed:
            self._waiting.get()()
            self._waiting.task_done()


def to_this_thread() -> Callable[[Callable[[], object]], object]:
    """Return a function that runs another one in this thread's event loop, if there is one.

    Widgets are not thread-safe.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda act: act()

    def call(act: Callable[[], object]) -> None:
        # The loop closes with the kernel, and then nobody needs the result.
        if not loop.is_closed():
            loop.call_soon_threadsafe(act)

    return call
