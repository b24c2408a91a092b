"""Score a partition in a process of its own, for a file that ends the process it is read in.

The process is started with ``python -m``: a worker of Dask may be forbidden to have children of
`multiprocessing`.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

from fer_utils.scoring.job import Job, Partition, Piece

_READY = "ready"


def score_apart(job: Job, partition: Partition) -> Iterator[Piece]:
    """Score files one by one in another process, and in a new one when it dies.

    Parameters
    ----------
    job : Job
        Of the run.
    partition : Partition
        Whose files to score.

    Yields
    ------
    Piece
        As `fer_utils.scoring.worker.score_files` does; the file that a process died of has
        a problem.

    Raises
    ------
    RuntimeError
        If a process dies before it comes to a file.
    """
    start = 0
    while start < len(partition.files):
        command = [sys.executable, "-m", "fer_utils.scoring.isolation"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            try:
                pickle.dump((job, partition, start), child.stdin)  # type: ignore[arg-type]
                child.stdin.close()  # type: ignore[union-attr]
                for piece in _pieces_of(child.stdout):  # type: ignore[arg-type]
                    yield piece
                    start += piece.ended
            finally:
                child.kill()
        if start < len(partition.files):
            yield Piece(place=start, ended=True, problem=_cause_of_death(child.returncode))
            start += 1


def _pieces_of(stream: IO[bytes]) -> Iterator[Piece]:
    """Yield what the other process sends until it ends; raise what it raised."""
    ready = False
    while True:
        try:
            message = pickle.load(stream)
        except (EOFError, pickle.UnpicklingError):
            break
        if isinstance(message, Exception):
            raise message
        if message == _READY:
            ready = True
        else:
            yield message
    if not ready:
        raise RuntimeError("a process that was to score pictures died before the first one")


def _cause_of_death(code: int) -> str:
    how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
    return f"ends the process that reads it ({how}): look at it with care, or take it out"


def _main() -> None:
    """Score what stdin says and send the pieces to stdout."""
    from fer_utils.scoring.worker import load_recognizer, score_files

    # What else is written to stdout must not get between the pieces.
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(2, 1)
        try:
            job, partition, start = pickle.load(sys.stdin.buffer)
            load_recognizer(job)
            pickle.dump(_READY, stream)
            stream.flush()
            for piece in score_files(job, partition, start=start):
                pickle.dump(piece, stream)
                stream.flush()
        except Exception as error:  # The process that started this one explains it.
            pickle.dump(error, stream)


if __name__ == "__main__":
    _main()
