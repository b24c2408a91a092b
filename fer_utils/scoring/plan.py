"""List the inputs of a run and plan its results folder, or check an existing one."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict
from hashlib import sha256
from itertools import count, zip_longest
from pathlib import Path

import numpy as np

from fer_utils.paths import atomic_file, try_lock, write_text
from fer_utils.scoring.job import Manifest, Partition, PlannedFile, ScoringError, ScoringSettings
from fer_utils.vision.picture import is_picture, is_video

# Parquet readers skip names that start with an underscore or a dot.
MANIFEST, PLAN, ERRORS = "_run.json", "_plan.jsonl", "_errors"
_LOCK, _PARTS = ".lock", "part-[0-9][0-9][0-9][0-9][0-9][0-9]*.parquet"
_REMEDY = "give another --out, or --restart to delete these results and start over"


def prepare(out: Path, settings: ScoringSettings, *, restart: bool) -> Manifest:
    """Plan a new run, or check that an interrupted one can be resumed.

    Parameters
    ----------
    out : Path
        The results folder; created if missing.
    settings : ScoringSettings
        Settings of the run.
    restart : bool
        Whether to delete the results of an earlier run.

    Returns
    -------
    Manifest
        The folder's manifest.

    Raises
    ------
    ScoringError
        If there is nothing to score, or the folder holds other files or results of other inputs
        or settings.
    """
    manifest = _manifest_in(out)
    if next(list_partitions(settings), None) is None:
        raise ScoringError(
            f"{settings.inputs} has no pictures or videos: give another folder or list"
        )
    if manifest is not None and restart:
        for path in [*out.glob(_PARTS), *out.glob(f"{ERRORS}/{_PARTS}"), out / PLAN]:
            path.unlink(missing_ok=True)
        remove_leftovers(out)
        (out / MANIFEST).unlink()  # last, so that an interrupted restart can be repeated
        manifest = None
    if manifest is None:
        return _write_plan(out, settings)
    new_values = asdict(settings)
    differences = [
        f"{name} was {value}, now it is {new_values[name]}"
        for name, value in asdict(manifest.settings).items()
        if value != new_values[name]
    ]
    if differences:
        raise ScoringError(
            f"{out} holds results of another run: {'; '.join(differences)}. "
            f"Use the same settings, {_REMEDY}"
        )
    for old, new in zip_longest(_files(read_plan(out)), _files(list_partitions(settings))):
        if old != new:
            raise ScoringError(
                f"{out} holds results of other files: {_difference(old, new)}. "
                f"Undo the change, {_REMEDY}"
            )
    return manifest


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep other runs out of a results folder, which is created if it is missing.

    Some file systems of clusters have no locks; there, nobody is kept out.

    Raises
    ------
    ScoringError
        If another run is using the folder.
    """
    if out.exists() and not out.is_dir():
        raise ScoringError(f"expected a folder, but {out} is a file: give another --out")
    out.mkdir(parents=True, exist_ok=True)
    lock: AbstractContextManager[object] | None = nullcontext()
    with suppress(OSError):
        lock = try_lock(out / _LOCK)
    if lock is None:
        raise ScoringError(
            f"another run is writing to {out}: wait until it ends, or give another --out"
        )
    with lock:
        yield


def read_plan(out: Path) -> Iterator[Partition]:
    """Yield the partitions of a prepared folder in order."""
    with (out / PLAN).open(encoding="ascii") as lines:
        yield from map(Partition.from_line, lines)


def part_path(out: Path, number: int) -> Path:
    """Return the path of the part that a partition is written to."""
    # Six digits, so that up to a million names sort correctly as text.
    return out / f"part-{number:06d}.parquet"


def finished_parts(out: Path) -> set[int]:
    """Return the numbers of the parts that exist."""
    numbers = (path.stem.removeprefix("part-") for path in out.glob("part-*.parquet"))
    return {int(number) for number in numbers if number.isdecimal()}


def remove_leftovers(out: Path) -> None:
    """Delete half-written files of killed workers; call it once all parts exist."""
    for path in out.rglob(".part-*.parquet"):
        path.unlink(missing_ok=True)


def list_partitions(settings: ScoringSettings) -> Iterator[Partition]:
    """Split the input files of a run into partitions, always in the same order.

    Each video is a partition of its own.

    Raises
    ------
    ScoringError
        If the input is neither a folder nor a list.
    """
    numbers, pictures = count(), []
    for file in list_files(Path(settings.inputs), Path(settings.root)):
        if is_video(file.name):
            yield Partition(next(numbers), video=True, files=(file,))
            continue
        pictures.append(file)
        if len(pictures) == settings.partition:
            yield Partition(next(numbers), video=False, files=tuple(pictures))
            pictures = []
    if pictures:
        yield Partition(next(numbers), video=False, files=tuple(pictures))


def list_files(inputs: Path, root: Path) -> Iterator[PlannedFile]:
    """List the pictures and videos of a folder and its subfolders, or of a text list.

    In a folder, the suffix decides; hidden files and links to folders are skipped. In a list,
    every line that is not empty counts; a repeated file has a `problem`. Memory grows with the
    largest folder, or by 8 bytes per line.

    Parameters
    ----------
    inputs : Path
        A folder, or a text file in UTF-8 with one path per line.
    root : Path
        The folder that relative names refer to; `inputs` itself if it is a folder.

    Yields
    ------
    PlannedFile
        Sorted by name in a folder, in the given order in a list.

    Raises
    ------
    ScoringError
        If `inputs` is neither a folder nor a list.
    """
    if inputs.is_dir():
        yield from _files_of_folder(inputs)
    elif not inputs.is_file():
        raise ScoringError(f"{inputs} is missing: give a folder, or a text list of paths")
    elif is_picture(inputs.name) or is_video(inputs.name):
        raise ScoringError(
            f"{inputs} is one picture or video: give a folder or a text list of paths"
        )
    else:
        yield from _files_of_list(inputs, root)


def _manifest_in(out: Path) -> Manifest | None:
    """Return the manifest of earlier results, or None if the folder is free for new ones."""
    try:
        return Manifest.from_text((out / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        # Leftovers of a run that was stopped while planning do no harm.
        others = [p.name for p in out.glob("*") if not p.name.startswith((".", PLAN, ERRORS))]
        if others:
            raise ScoringError(
                f"{out} holds other files, such as {min(others)}: give another --out"
            ) from None
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise ScoringError(
            f"{out / MANIFEST} is damaged ({error!r}): delete the folder or give another --out"
        ) from error


def _write_plan(out: Path, settings: ScoringSettings) -> Manifest:
    checksum, files, parts = sha256(), 0, 0
    with atomic_file(out / PLAN) as temporary, temporary.open("wb") as stream:
        for partition in list_partitions(settings):
            line = f"{partition.to_line()}\n".encode("ascii")
            stream.write(line)
            checksum.update(line)
            files += len(partition.files)
            parts += 1
    manifest = Manifest(settings=settings, plan=checksum.hexdigest(), files=files, parts=parts)
    (out / ERRORS).mkdir(exist_ok=True)
    write_text(out / MANIFEST, manifest.to_text())
    return manifest


def _difference(old: PlannedFile | None, new: PlannedFile | None) -> str:
    if old and new and old.name == new.name:
        return f"{old.name!r} has changed since"
    was, is_now = (f"{file.name!r}" if file else "nothing" for file in (old, new))
    return f"expected {was}, found {is_now}"


def _files(partitions: Iterator[Partition]) -> Iterator[PlannedFile]:
    return (file for partition in partitions for file in partition.files)


def _files_of_folder(folder: Path) -> Iterator[PlannedFile]:
    unlisted: list[PlannedFile] = []

    def report(error: OSError) -> None:
        problem = f"the folder cannot be listed: {error.strerror}"
        unlisted.append(PlannedFile(os.path.relpath(error.filename, folder), problem=problem))

    for parent, folders, names in os.walk(folder, onerror=report):
        # In place, so that os.walk follows this order and skips hidden folders.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from unlisted
        unlisted.clear()
        for name in sorted(names):
            if not name.startswith(".") and (is_picture(name) or is_video(name)):
                path = os.path.join(parent, name)
                yield _planned(os.path.relpath(path, folder), path)
    yield from unlisted


def _files_of_list(path: Path, root: Path) -> Iterator[PlannedFile]:
    hashes = np.fromiter((hash(full) for _, full in _lines(path, root)), np.int64)
    values, counts = np.unique(hashes, return_counts=True)
    # Only paths that may be repeated are remembered.
    repeated, seen = set(values[counts > 1].tolist()), set()
    for line, full in _lines(path, root):
        if full in seen:
            yield PlannedFile(line, problem="is listed more than once: only the first counts")
            continue
        if hash(full) in repeated:
            seen.add(full)
        yield _planned(line, full)


def _lines(path: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the paths of a list, each as written and as an absolute path."""
    # Names that are not UTF-8 become surrogates, as in Python's own paths.
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
        for line in lines:
            if name := line.rstrip("\n"):
                yield name, os.path.normpath(os.path.join(root, name))


def _planned(name: str, path: str) -> PlannedFile:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # The worker reports what is wrong.
        return PlannedFile(name)
    return PlannedFile(name, size=status.st_size, modified=status.st_mtime_ns)
