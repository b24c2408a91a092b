"""The files of a folder or of an unopened zip, seen in one way."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from fer_utils.data.bad_items import BadItemError
from fer_utils.data.faces import DataError

READ_AHEAD = 1 << 20
# No photograph is as large; a damaged or hostile archive may claim to hold one.
MAXIMUM_IMAGE_BYTES = 64 << 20

_IMAGE_SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
_OTHER_SUFFIXES = frozenset((".csv", ".json", ".md", ".txt"))
_CLUTTER = frozenset(("__macosx", "desktop.ini", "thumbs.db"))
_READ_ERRORS = (OSError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class FileTree:
    """The files of a folder or zip, read one by one and never written anywhere.

    Attributes
    ----------
    path : Path
        The folder or zip itself.
    files, folders : tuple of str
        Paths inside it with forward slashes, sorted. Hidden ones and what systems leave behind
        (``__MACOSX``, ``Thumbs.db``) are not among them.
    open_file : callable
        Opens one of `files` for reading bytes.
    """

    path: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]
    open_file: Callable[[str], IO[bytes]]

    @property
    def images(self) -> tuple[str, ...]:
        """The files whose names end as those of images do."""
        return tuple(name for name in self.files if is_image_name(name))

    def item(self, name: str) -> str:
        """Return how messages name a file of the tree."""
        return f"{name} in {self.path.name}"

    def read(self, name: str) -> bytes:
        """Return the content of one image file.

        Raises
        ------
        BadItemError
            If it cannot be read, or is larger than 64 MiB.
        """
        try:
            with self.open_file(name) as stream:
                data = stream.read(MAXIMUM_IMAGE_BYTES + 1)
        except _READ_ERRORS as error:
            raise BadItemError(f"expected an image, but it cannot be read ({error})") from error
        if len(data) > MAXIMUM_IMAGE_BYTES:
            raise BadItemError(f"expected an image of at most {MAXIMUM_IMAGE_BYTES >> 20} MiB")
        return data

    @contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """Give a large file to read line by line.

        Raises
        ------
        DataError
            If it turns out to be damaged on the way.
        """
        try:
            with io.BufferedReader(self.open_file(name), READ_AHEAD) as stream:  # type: ignore[type-var]
                yield stream
        except _READ_ERRORS as error:
            raise DataError(f"{self.item(name)} is damaged ({error}): get it again") from error


def is_image_name(name: str) -> bool:
    """Return whether a file's name ends as those of images do."""
    return PurePosixPath(name).suffix.lower() in _IMAGE_SUFFIXES


def is_other_name(name: str) -> bool:
    """Return whether a file is obviously something else than an image, such as a ``.txt``."""
    return PurePosixPath(name).suffix.lower() in _OTHER_SUFFIXES


def is_zip_like(path: Path) -> bool:
    """Return whether a file is a zip, or claims to be one by its name or its first bytes."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04" or path.suffix.lower() == ".zip"


@contextmanager
def open_tree(path: Path) -> Iterator[FileTree]:
    """Give the files of a folder or zip.

    Parameters
    ----------
    path : Path
        An existing folder or file.

    Yields
    ------
    FileTree
        Its files; those of a zip can be read until the context ends.

    Raises
    ------
    DataError
        If it is neither a folder nor a whole zip.
    """
    if path.is_dir():
        yield _folder_tree(path)
        return
    with _open_zip(path) as archive:
        yield _zip_tree(path, archive)


def _folder_tree(path: Path) -> FileTree:
    files: list[str] = []
    folders: list[str] = []
    for parent, folder_names, file_names in os.walk(path):
        # Changing the list in place keeps os.walk out of what is hidden.
        folder_names[:] = [name for name in folder_names if _is_visible(name)]
        inside = Path(parent).relative_to(path)
        folders += [(inside / name).as_posix() for name in folder_names]
        files += [(inside / name).as_posix() for name in file_names if _is_visible(name)]
    return FileTree(
        path, tuple(sorted(files)), tuple(sorted(folders)), lambda name: (path / name).open("rb")
    )


def _zip_tree(path: Path, archive: zipfile.ZipFile) -> FileTree:
    names = sorted({name for name in archive.namelist() if _is_visible(name)})
    files = tuple(name for name in names if not name.endswith("/"))
    folders = tuple(name.rstrip("/") for name in names if name.endswith("/"))
    return FileTree(path, files, folders, archive.open)


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        with path.open("rb") as stream:
            starts_well = stream.read(2) == b"PK"
        problem = "is a zip, but truncated or damaged" if starts_well else "is not a zip"
        raise DataError(f"{path.name} {problem} ({error}): get it again") from error


def _is_visible(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return not any(part.startswith(".") or part.lower() in _CLUTTER for part in parts)
