"""Score the files of a partition one by one, in this process or in one that may crash."""

import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import cv2

from fer_utils.data.image_files import read_image
from fer_utils.litert import ModelError
from fer_utils.model.model_folder import open_model
from fer_utils.scoring.job import Job, Partition, Piece, ScoringError
from fer_utils.video.frames import observe_video
from fer_utils.vision.face_table import NO_FACE, Row, face_row, frame_rows
from fer_utils.vision.recognizer import Recognizer

# Of a picture, or of a frame and those before it that are left out.
MOST_SECONDS_PER_PIECE = 30.0

_ROWS_IN_A_PIECE = 1000
_READY = "ready"


class _ThreadState(threading.local):
    """The recognizer of each thread: a LiteRT interpreter must not be shared between threads."""

    job: Job | None = None
    recognizer: Recognizer | None = None


_thread = _ThreadState()


def score_files(job: Job, partition: Partition, *, start: int = 0) -> Iterator[Piece]:
    """Score files one by one.

    Parameters
    ----------
    job : Job
        The run's job.
    partition : Partition
        The files.
    start : int
        Index of the first file to score.

    Yields
    ------
    Piece
        For each file, any number of pieces with rows or without, then one that ends the file.

    Raises
    ------
    ScoringError
        If the model on this machine is not the run's model.
    """
    recognizer = load_recognizer(job)
    settings = job.manifest.settings
    for place, file in enumerate(partition.files[start:], start):
        problem = file.problem
        if problem is None:
            path = Path(settings.root, file.name)
            try:
                for rows in _rows(recognizer, path, video=partition.video, rate=settings.rate):
                    yield Piece(place=place, rows=rows)
            except Exception as error:  # One bad file in a million must not stop the run.
                known = isinstance(error, (ValueError, OSError))
                problem = str(error) if known else f"{type(error).__name__}: {error}"
        yield Piece(place=place, ended=True, problem=problem)


def score_apart(job: Job, partition: Partition) -> Iterator[Piece]:
    """Score files one by one in another process, and start a new one when it dies.

    The process is started with ``python -m`` because a Dask worker may not be allowed to have
    children of `multiprocessing`.

    Parameters
    ----------
    job : Job
        The run's job.
    partition : Partition
        The files to score.

    Yields
    ------
    Piece
        Same as `score_files`; a file that kills the process or takes too long gets a problem.

    Raises
    ------
    RuntimeError
        If a process dies before its first file.
    """
    start = 0
    is_too_slow = threading.Event()
    while start < len(partition.files):
        command = [sys.executable, "-m", "fer_utils.scoring.file_scoring"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            try:
                pickle.dump((job, partition, start), child.stdin)  # type: ignore[arg-type]
                child.stdin.close()  # type: ignore[union-attr]
                messages = _receive(child.stdout)  # type: ignore[arg-type]
                if next(messages, None) != _READY:
                    raise RuntimeError(
                        "a scoring process died before its first file: check the memory"
                    )

                def give_up(child: subprocess.Popen[bytes] = child) -> None:
                    is_too_slow.set()
                    child.kill()

                for piece in limited(messages, give_up):
                    yield piece
                    start += piece.ended
            finally:
                child.kill()
        if start < len(partition.files):
            code = child.returncode
            cause = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
            if is_too_slow.is_set():
                problem = f"takes longer than {MOST_SECONDS_PER_PIECE:g} seconds"
            else:
                problem = f"crashes the process that reads it ({cause})"
            is_too_slow.clear()
            problem += ": handle with care, or remove it"
            yield Piece(place=start, ended=True, problem=problem)
            start += 1


def limited(pieces: Iterator[Piece], give_up: Callable[[], object]) -> Iterator[Piece]:
    """Yield pieces; call `give_up` in another thread if one takes `MOST_SECONDS_PER_PIECE`.

    Only the end of its process stops a decoder that is stuck.
    """
    deadline = math.inf
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(MOST_SECONDS_PER_PIECE / 20):
            if time.monotonic() > deadline:
                give_up()
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        while True:
            deadline = time.monotonic() + MOST_SECONDS_PER_PIECE
            piece = next(pieces, None)
            deadline = math.inf  # The receiver may take its time.
            if piece is None:
                return
            yield piece
    finally:
        ended.set()


def load_recognizer(job: Job) -> Recognizer:
    """Return this thread's recognizer, loading it on first use.

    Raises
    ------
    ScoringError
        If the model on this machine is not the run's model.
    """
    if _thread.recognizer is None or _thread.job != job:
        settings = job.manifest.settings
        cv2.setNumThreads(1)
        if identify_model(job.model) != (settings.model, settings.uncertain_below):
            raise ScoringError(
                f"{job.model} on this machine is not the model of the run: copy that model here"
            )
        _thread.recognizer = Recognizer(job.model, faces=settings.faces, threads=1)
        _thread.job = job
    return _thread.recognizer


def identify_model(folder: str | Path) -> tuple[str, float]:
    """Return the checksum of a model's export, and the probability below which it is uncertain.

    Raises
    ------
    FileNotFoundError
        If the model folder or one of its files is missing.
    ModelError
        If the folder is damaged or has no LiteRT export.
    """
    model = open_model(folder)
    name = model.fastest_export
    if name not in model.card["sha256"]:
        raise ModelError(f"{folder} has no {name} yet: run fer-utils export {folder}")
    return str(model.card["sha256"][name]), model.uncertain_below


def _rows(
    recognizer: Recognizer, path: Path, *, video: bool, rate: float | None
) -> Iterator[list[Row]]:
    if not video:
        faces = recognizer.recognize(read_image(path))
        rows = [face_row(face, number) for number, face in enumerate(faces, start=1)]
        # A picture without faces gets a row too, as evidence that it was analyzed.
        yield rows or [NO_FACE]
        return
    rows = []
    for observation in observe_video(path, recognizer, rate=rate):
        rows += frame_rows(observation)
        if len(rows) >= _ROWS_IN_A_PIECE:
            yield rows
            rows = []
        else:
            yield []  # A sign of life.
    yield rows


def _receive(stream: IO[bytes]) -> Iterator[Any]:
    """Yield what the other process sends until it ends; raise its exception."""
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            message = pickle.load(stream)
            if isinstance(message, Exception):
                raise message
            yield message


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
