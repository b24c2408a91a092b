"""List the pictures and videos of a folder or text list, and split them into partitions."""

import os
from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b
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
    number = 0
    pictures: list[PlannedFile] = []
    for file in list_files(inputs, root):
        video = is_video(file.name)
        if not video:
            pictures.append(file)
        if video or len(pictures) == size:
            files = (file,) if video else tuple(pictures)
            yield Partition(number=number, video=video, files=files)
            number += 1
            if not video:
                pictures = []
    if pictures:
        yield Partition(number=number, video=False, files=tuple(pictures))


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
    unreadable: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        # In place, so that os.walk follows this order and skips hidden folders.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for error in unreadable:
            yield _unreadable(error, folder)
        unreadable.clear()
        for name in sorted(names):
            if not name.startswith(".") and (is_picture(name) or is_video(name)):
                path = os.path.join(parent, name)
                yield _planned(os.path.relpath(path, folder), path)
    for error in unreadable:
        yield _unreadable(error, folder)


def _unreadable(error: OSError, folder: Path) -> PlannedFile:
    name = os.path.relpath(error.filename, folder)
    return PlannedFile(name=name, problem=f"the folder cannot be listed: {error.strerror}")


def _files_of_list(path: Path, root: Path) -> Iterator[PlannedFile]:
    repeated = _repeated(full for _, full in _lines(path, root))
    seen: set[str] = set()
    for line, full in _lines(path, root):
        if _short_hash(full) not in repeated:
            yield _planned(line, full)
        elif full in seen:
            yield PlannedFile(name=line, problem="is listed more than once: only the first counts")
        else:
            seen.add(full)
            yield _planned(line, full)


def _lines(path: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the paths of a list, each as written and as an absolute path."""
    # Names that are not UTF-8 become surrogates, as in Python's own paths.
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
        for line in lines:
            if name := line.rstrip("\n"):
                yield name, os.path.normpath(os.path.join(root, name))


def _repeated(paths: Iterable[str]) -> set[int]:
    """Return hashes of repeated paths, with a negligible chance of a collision."""
    hashes = array("Q", map(_short_hash, paths))
    values, counts = np.unique(np.frombuffer(hashes, dtype=np.uint64), return_counts=True)
    return set(values[counts > 1].tolist())


def _short_hash(path: str) -> int:
    return int.from_bytes(blake2b(os.fsencode(path), digest_size=8).digest(), "little")


def _planned(name: str, path: str) -> PlannedFile:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # The worker reports what is wrong.
        return PlannedFile(name=name)
    return PlannedFile(name=name, size=status.st_size, modified=status.st_mtime_ns)
