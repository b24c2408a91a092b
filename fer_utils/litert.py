"""Open LiteRT networks quietly."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter


class ModelError(ValueError):
    """A model that cannot be used; the message names the file, the problem, and the remedy."""


def open_network(path: str | Path, *, threads: int = 1) -> Interpreter:
    """Open a LiteRT network, ready to run.

    Parameters
    ----------
    path : str or Path
        A ``.tflite`` file.
    threads : int
        Number of threads that LiteRT may use.

    Returns
    -------
    Interpreter
        With its tensors allocated. It must not run in two threads at once.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelError
        If the file is damaged or not a LiteRT network.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} not found: check the path, or reinstall fer-utils if the file is part of it"
        )
    try:
        with quiet_native_stderr():
            interpreter = Interpreter(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"{path} is damaged or not a LiteRT network ({error}): export or download it again"
        ) from error
    return interpreter


class _Silence:
    """Redirects stderr for as long as at least one thread wants it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._restore = ExitStack()

    def begin(self) -> None:
        with self._lock:
            if not self._wanted:
                self._redirect()
            self._wanted += 1

    def end(self) -> None:
        with self._lock:
            self._wanted -= 1
            if not self._wanted:
                self._restore.close()

    def _redirect(self) -> None:
        with ExitStack() as restore:
            saved = os.dup(2)
            restore.callback(os.close, saved)
            restore.callback(os.dup2, saved, 2)
            with open(os.devnull, "wb") as devnull:
                os.dup2(devnull.fileno(), 2)
            # In a notebook or a test, sys.stderr does not write to descriptor 2.
            if sys.stderr is sys.__stderr__:
                terminal = restore.enter_context(open(os.dup(saved), "w", encoding="utf-8"))
                restore.enter_context(redirect_stderr(terminal))
            self._restore = restore.pop_all()


_silence = _Silence()


@contextmanager
def quiet_native_stderr() -> Iterator[None]:
    """Silence what native code and child processes write to stderr, but not Python's own output.

    TensorFlow and LiteRT write their startup messages straight to file descriptor 2, which
    neither `logging` nor `redirect_stderr` can reach. Several threads may do so at the same time.
    """
    _silence.begin()
    try:
        yield
    finally:
        _silence.end()
