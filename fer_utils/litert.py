"""Open LiteRT networks quietly."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter

MOST_SECONDS_TO_TRY = 60.0


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


def try_networks(paths: Sequence[Path]) -> None:
    """Open networks and run them once, in a process of their own.

    LiteRT does not check all of a file: some damaged ones end the process that opens them. What is
    made to attack LiteRT has the same rights there as here.

    Parameters
    ----------
    paths : sequence of Path
        Existing ``.tflite`` files.

    Raises
    ------
    ModelError
        If the process dies, reports an error, or takes more than `MOST_SECONDS_TO_TRY`.
    """
    # Without the folder of this file in the search path, where names like "data" are ours.
    command = [sys.executable, "-P", __file__, *map(str, paths)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_SECONDS_TO_TRY,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"the networks of {paths[0].parent} do not run within {MOST_SECONDS_TO_TRY:g} s: "
            "export or download them again"
        ) from error
    if done.returncode:
        culprit = paths[max(0, len(done.stdout.split()) - 1)]
        raise ModelError(
            f"{culprit} is damaged: it crashes LiteRT, or does not run. Export or download it again"
        )


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


def _try(paths: Sequence[str]) -> None:
    """Run networks on one and on two inputs; print a number before each."""
    for number, path in enumerate(paths):
        print(number, flush=True)
        network = open_network(path)
        for count in (1, 2):
            for part in network.get_input_details():
                network.resize_tensor_input(part["index"], [count, *part["shape"][1:]])
            network.allocate_tensors()
            network.invoke()


if __name__ == "__main__":
    _try(sys.argv[1:])
