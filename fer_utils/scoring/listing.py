"""List the pictures and videos of a folder or text list, and split them into partitions."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from fer_utils.scoring.job import Partition, PlannedFile, ScoringError
from fer_utils.vision.file_kinds import is_picture, is_video


def list_partitions(inputs: Path, root: Path, *, size: int) -> Iterator[Partition]:
    """Split the files of a folder or list into partitions.

    Parameters
    ----------
    inputs : Path
        A folder, or a text list of paths.
    root : Path
        The folder that relative names refer to.
    size : int
        Pictures per partition, 1 or more; each video is a partition of its own.

    Yields
    ------
    Partition
        Always in the same order.

    Raises
    ------
    ScoringError
        If `inputs` is neither a folder nor a list.
    """
    numbers, pictures = count(), []
    for file in list_files(inputs, root):
        if is_video(file.name):
            yield Partition(next(numbers), video=True, files=(file,))
            continue
        pictures.append(file)
        if len(pictures) == size:
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
