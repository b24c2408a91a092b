"""Open LiteRT networks quietly."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter


class NetworkError(ValueError):
    """A file that is not a usable LiteRT network; the message says what to do."""


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
    NetworkError
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
        raise NetworkError(
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
