"""Score a partition in a separate process, which a bad file may crash.

The process is started with ``python -m`` because a Dask worker may not be allowed to have
children of `multiprocessing`.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

from fer_utils.scoring.file_scoring import load_recognizer, score_files
from fer_utils.scoring.job import Job, Partition, Piece

_READY = "ready"


def score_apart(job: Job, partition: Partition) -> Iterator[Piece]:
    """Score files one by one in another process, and start a new one when it dies.

    Parameters
    ----------
    job : Job
        The run's job.
    partition : Partition
        The files to score.

    Yields
    ------
    Piece
        Same as `fer_utils.scoring.file_scoring.score_files`; a file that kills the process gets
        a problem.

    Raises
    ------
    RuntimeError
        If a process dies before its first file.
    """
    start = 0
    while start < len(partition.files):
        command = [sys.executable, "-m", "fer_utils.scoring.isolation"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            try:
                pickle.dump((job, partition, start), child.stdin)  # type: ignore[arg-type]
                child.stdin.close()  # type: ignore[union-attr]
                for piece in _receive(child.stdout):  # type: ignore[arg-type]
                    yield piece
                    start += piece.ended
            finally:
                child.kill()
        if start < len(partition.files):
            yield Piece(place=start, ended=True, problem=_cause_of_death(child.returncode))
            start += 1


def _receive(stream: IO[bytes]) -> Iterator[Piece]:
    """Yield the pieces that the other process sends until it ends; raise its exception."""
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
        raise RuntimeError("a scoring process died before its first file: check the memory")


def _cause_of_death(code: int) -> str:
    cause = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
    return f"crashes the process that reads it ({cause}): handle with care, or remove it"


def _main() -> None:
    """Score the job on stdin and send the pieces to stdout."""
    # Anything else that is written to stdout must not end up between the pieces.
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
        except Exception as error:  # The parent process raises it again.
            pickle.dump(error, stream)


if __name__ == "__main__":
    _main()
