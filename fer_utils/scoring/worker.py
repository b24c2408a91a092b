"""What a worker does: load the model once, score a partition, write its part."""

import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import cv2

from fer_utils.data.image_files import read_image
from fer_utils.model.classifier import ModelError
from fer_utils.model.model_folder import open_model
from fer_utils.scoring.isolation import score_apart
from fer_utils.scoring.job import Job, Partition, PartReport, Piece, ScoringError
from fer_utils.scoring.parts import count_errors, write_part
from fer_utils.scoring.plan import MANIFEST, part_path
from fer_utils.vision.face_table import NO_FACE, Row, face_row, frame_rows
from fer_utils.vision.recognizer import Recognizer

_ROWS_IN_A_PIECE = 1000

# A worker may run several threads, and LiteRT's interpreters are for one thread each.
_loaded = threading.local()


def score_part(job: Job, partition: Partition, *, carefully: bool = False) -> PartReport:
    """Score the files of a partition and write its part, unless it is there already.

    Parameters
    ----------
    job : Job
        Of the run.
    partition : Partition
        What to score.
    carefully : bool
        Whether to score in a process of its own, so that a file which ends the process costs only
        itself.

    Returns
    -------
    PartReport
        What was done.

    Raises
    ------
    ScoringError
        If this machine sees another folder of results, or another model, than the run.
    """
    started = time.perf_counter()
    out = Path(job.out)
    _check_folder(job, out)
    files = len(partition.files)
    if part_path(out, partition.number).exists():
        return PartReport(files=files, errors=count_errors(out, partition.number), seconds=0)
    pieces = score_apart(job, partition) if carefully else score_files(job, partition)
    errors = write_part(out, partition, pieces)
    return PartReport(files=files, errors=errors, seconds=time.perf_counter() - started)


def score_files(job: Job, partition: Partition, *, start: int = 0) -> Iterator[Piece]:
    """Score files one by one.

    Parameters
    ----------
    job : Job
        Of the run.
    partition : Partition
        Whose files to score.
    start : int
        Index of the first one to score.

    Yields
    ------
    Piece
        Any number with rows for each file, then one that ends it.
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
            except Exception as error:  # One bad file of a million is no reason to stop.
                known = isinstance(error, (ValueError, OSError))
                problem = str(error) if known else f"{type(error).__name__}: {error}"
        yield Piece(place=place, ended=True, problem=problem)


def load_recognizer(job: Job) -> Recognizer:
    """Return this thread's recognizer, loaded when it is first asked for.

    Raises
    ------
    ScoringError
        If the model or the detector is not the one of the run.
    """
    settings = job.manifest.settings
    key = (job.model, settings.model, settings.detector)
    if getattr(_loaded, "key", None) != key:
        cv2.setNumThreads(1)
        if describe_model(job.model) != (settings.model, settings.uncertain_below):
            raise ScoringError(
                f"{job.model} on this machine is not the model of the run: copy that one there"
            )
        with warnings.catch_warnings():
            # Another detector than on the other machines would go unseen.
            warnings.simplefilter("error", UserWarning)
            _loaded.recognizer = Recognizer(job.model, detector=settings.detector, threads=1)
        _loaded.key = key
    recognizer: Recognizer = _loaded.recognizer
    return recognizer


def describe_model(folder: str | Path) -> tuple[str, float]:
    """Return a model's checksum and the probability below which it is uncertain.

    Raises
    ------
    FileNotFoundError
        If the model folder or one of its files is missing.
    ModelError
        If it is damaged, or holds no LiteRT export.
    """
    run = open_model(folder)
    name = run.fastest_export
    if name not in run.card["sha256"]:
        raise ModelError(f"{folder} holds no {name} yet: run fer-utils export {folder}")
    checksum: str = run.card["sha256"][name]
    return checksum, run.card.get("calibration", {}).get("uncertain_below", 0.0)


def _rows(
    recognizer: Recognizer, path: Path, *, video: bool, rate: float | None
) -> Iterator[list[Row]]:
    if not video:
        faces = recognizer.recognize(read_image(path))
        rows = [face_row(face, number) for number, face in enumerate(faces, start=1)]
        # A picture without a face has a row too: it was looked at.
        yield rows or [NO_FACE]
        return
    from fer_utils.video.processing import observe_video

    rows = []
    for seen in observe_video(path, recognizer, rate=rate):
        rows += frame_rows(seen)
        if len(rows) >= _ROWS_IN_A_PIECE:
            yield rows
            rows = []
    yield rows


def _check_folder(job: Job, out: Path) -> None:
    try:
        fits = (out / MANIFEST).read_text() == job.manifest.to_text()
    except FileNotFoundError:
        fits = False
    if not fits:
        raise ScoringError(
            f"{out} as this worker sees it is not the folder of this run: all workers need the "
            "same file system under the same path"
        )
