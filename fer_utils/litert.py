"""Open LiteRT networks quietly, and time calls."""

import os
import statistics
import sys
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr
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


@contextmanager
def quiet_native_stderr() -> Iterator[None]:
    """Silence what native code and child processes write to stderr, but not Python's own output.

    TensorFlow and LiteRT write their startup messages straight to file descriptor 2, which
    neither `logging` nor `redirect_stderr` can reach.
    """
    saved = os.dup(2)
    # In a notebook or a test, sys.stderr does not write to descriptor 2 and needs no redirection.
    direct = sys.stderr is sys.__stderr__
    try:
        with open(os.devnull, "wb") as devnull:
            os.dup2(devnull.fileno(), 2)
        with (
            open(os.dup(saved), "w", encoding="utf-8") as terminal,
            redirect_stderr(terminal) if direct else nullcontext(),
        ):
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def median_milliseconds(
    call: Callable[[], object], *, repeats: int = 50, at_least_seconds: float = 0.0
) -> float:
    """Return the median wall time of a call, after one call to warm up.

    Parameters
    ----------
    call : callable
        Takes no argument.
    repeats : int
        Number of timed calls.
    at_least_seconds : float
        Keep timing until the calls have taken this long in total.

    Returns
    -------
    float
        Milliseconds.

    Examples
    --------
    >>> import time
    >>> median_milliseconds(lambda: time.sleep(0.01), repeats=3) >= 10
    True
    """
    call()
    seconds: list[float] = []
    while len(seconds) < repeats or sum(seconds) < at_least_seconds:
        seconds.append(timeit.timeit(call, number=1))
    return 1000 * statistics.median(seconds)
