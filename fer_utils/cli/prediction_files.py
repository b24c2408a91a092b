"""List the pictures and videos to examine, and check, open, and write the output files."""

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer_utils.data.file_tree import open_tree
from fer_utils.paths import atomic_file, resolved
from fer_utils.video.sinks import CsvTable, JsonList
from fer_utils.vision.face_table import FILE_COLUMNS
from fer_utils.vision.picture import is_address, is_picture, is_video

# Annotated pictures keep these suffixes; all others become PNG files.
_WRITABLE = frozenset((".jpeg", ".jpg", ".png", ".webp"))
_MOST_BYTES_OF_A_NAME = 255


def list_sources(
    paths: Iterable[str], *, leave_out: Path | None = None
) -> tuple[tuple[str, ...], int]:
    """Return the pictures and videos that paths, folders and web addresses stand for.

    Parameters
    ----------
    paths : iterable of str
        Files and addresses are listed unchecked. A folder stands for all pictures and videos in it
        and its subfolders, except hidden ones.
    leave_out : Path, optional
        A folder whose files are not listed when it is inside another one.

    Returns
    -------
    sources : tuple of str
        Without repetitions; those of a folder sorted.
    others : int
        Number of files in folders that are neither pictures nor videos.
    """
    sources: dict[str, None] = {}
    others = 0
    for path in paths:
        if is_address(path) or not Path(path).is_dir():
            sources[path] = None
            continue
        with open_tree(Path(path)) as tree:
            files = [Path(path, name) for name in tree.files]
        for file in files:
            if leave_out is not None and resolved(file).is_relative_to(resolved(leave_out)):
                continue
            if is_picture(file.name) or is_video(file.name):
                sources[str(file)] = None
            else:
                others += 1
    return tuple(sources), others


@contextmanager
def open_results(
    *, csv: Path | None = None, json: Path | None = None
) -> Iterator[list[CsvTable | JsonList]]:
    """Open files for results, which replace existing ones only once they are complete.

    Parameters
    ----------
    csv, json : Path, optional
        The files to write.

    Yields
    ------
    list of CsvTable and JsonList
        One for each file.

    Raises
    ------
    ValueError
        At once, if one of them cannot be written.
    """
    if csv is not None and json is not None and resolved(csv) == resolved(json):
        raise ValueError(f"{csv} cannot be both CSV and JSON: choose two names")
    with ExitStack() as names, ExitStack() as files:
        results: list[CsvTable | JsonList] = []
        for path in (csv, json):
            if path is None:
                continue
            try:
                if path.is_dir():
                    raise IsADirectoryError(21, "it is a folder")
                file = names.enter_context(atomic_file(path))
                results.append(CsvTable(file, FILE_COLUMNS) if path is csv else JsonList(file))
                files.enter_context(results[-1])
            except OSError as error:
                raise ValueError(f"{path} cannot be written: {error.strerror}") from error
        yield results


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture as JPEG, PNG or WebP, depending on the suffix."""
    with atomic_file(path) as temporary:
        Image.fromarray(picture).save(temporary, quality=95)


def check_folder(folder: Path) -> None:
    """Create a folder and raise ValueError unless files can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(f"{folder} cannot be written to: {error.strerror}") from error


def check_output(path: Path | None, sources: Collection[str]) -> None:
    """Raise ValueError if a file to write is one of the sources."""
    if path is not None and resolved(path) in _originals(sources):
        raise ValueError(f"{path} is one of the files to examine: choose another name")


def plan_copies(sources: Collection[str], folder: Path) -> Mapping[str, Path]:
    """Return the path of each source's annotated copy.

    Parameters
    ----------
    sources : collection of str
        Output of `list_sources`.
    folder : Path
        The folder of all copies, whatever folder their sources are in.

    Returns
    -------
    mapping of str to Path
        Names are the same, with a number if another copy has the name, such as ``face-2.jpg``, and
        cut where they exceed what file systems allow. Videos become MP4 files; pictures that cannot
        be written in their format become PNG files.

    Raises
    ------
    ValueError
        If a copy would replace one of the sources.
    """
    originals = _originals(sources)
    taken: set[str] = set()
    copies: dict[str, Path] = {}
    for source in sources:
        name = _copy_name(source)
        stem, suffix, number = name.stem, name.suffix, 1
        name = _fitting(stem, suffix)
        # Many file systems do not distinguish upper and lower case.
        while str(name).casefold() in taken:
            number += 1
            name = _fitting(stem, f"-{number}{suffix}")
        taken.add(str(name).casefold())
        copies[source] = folder / name
        if resolved(copies[source]) in originals:
            raise ValueError(
                f"{folder} has the original {name}: choose another folder for the annotated copies"
            )
    return copies


def _originals(sources: Iterable[str]) -> set[Path]:
    return {resolved(source) for source in sources if not is_address(source)}


def _fitting(stem: str, ending: str) -> PurePosixPath:
    """Return a file name, with a shorter stem if it is too long for a file system."""
    while len(os.fsencode(stem + ending)) > _MOST_BYTES_OF_A_NAME:
        stem = stem[:-1]
    return PurePosixPath(stem + ending)


def _copy_name(source: str) -> PurePosixPath:
    if is_address(source):
        # The last part of an address may contain an encoded separator.
        last = unquote(PurePosixPath(urlsplit(source).path).name)
        name = PurePosixPath(last.replace("/", "_").replace("\\", "_").replace("\0", "_"))
        if not name.stem.strip("."):
            name = PurePosixPath("picture")
    else:
        name = PurePosixPath(Path(source).name)
        if is_video(source):
            return name.with_suffix(".mp4")
    return name if name.suffix.lower() in _WRITABLE else PurePosixPath(f"{name}.png")
