"""Access the files of a folder or a zip through one interface."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from fer_utils.data.faces import DataError
from fer_utils.data.image_files import MOST_BYTES
from fer_utils.data.provenance import BadItemError
from fer_utils.data.zip_files import open_zip

READ_AHEAD = 1 << 20

_IMAGE_SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
_OTHER_SUFFIXES = frozenset((".csv", ".json", ".md", ".txt"))
_CLUTTER = frozenset(("__macosx", "desktop.ini", "thumbs.db"))
_READ_ERRORS = (OSError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class FileTree:
    """The files of a folder or zip, which are read one by one and never unpacked.

    Attributes
    ----------
    path : Path
        The folder or zip itself.
    files, folders : tuple of str
        Sorted paths inside it, with forward slashes; without hidden files and clutter of the
        operating system (``__MACOSX``, ``Thumbs.db``).
    open_file : callable
        Opens one of `files` in binary mode.
    """

    path: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]
    open_file: Callable[[str], IO[bytes]]

    @property
    def images(self) -> tuple[str, ...]:
        """The files with the name of an image."""
        return tuple(name for name in self.files if is_image_name(name))

    def item(self, name: str) -> str:
        """Return the name of a file for messages."""
        return f"{name} in {self.path.name}"

    def read(self, name: str) -> bytes:
        """Return the content of one image file, cut off one byte above `MOST_BYTES`.

        A damaged or malicious zip may contain a huge file; `read_image` rejects it by its size.

        Raises
        ------
        BadItemError
            If it cannot be read.
        """
        try:
            with self.open_file(name) as stream:
                return stream.read(MOST_BYTES + 1)
        except _READ_ERRORS as error:
            raise BadItemError(f"it cannot be read ({error})") from error

    @contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """Open a large file to read it line by line.

        Raises
        ------
        DataError
            If it turns out to be damaged while it is read.
        """
        try:
            with io.BufferedReader(self.open_file(name), READ_AHEAD) as stream:  # type: ignore[type-var]
                yield stream
        except _READ_ERRORS as error:
            raise DataError(f"{self.item(name)} is damaged ({error}): get it again") from error


def is_image_name(name: str) -> bool:
    """Return whether a file has the name of an image."""
    return PurePosixPath(name).suffix.lower() in _IMAGE_SUFFIXES


def is_other_name(name: str) -> bool:
    """Return whether a file is clearly not an image, such as a ``.txt``."""
    return PurePosixPath(name).suffix.lower() in _OTHER_SUFFIXES


def is_zip_like(path: Path) -> bool:
    """Return whether a file is a zip according to its name or its first bytes.

    Raises
    ------
    DataError
        If it is no file, but a named pipe, for example.
    """
    if not path.is_file():
        raise DataError(f"{path.name} is neither a file nor a folder: give the path of either")
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04" or path.suffix.lower() == ".zip"


@contextmanager
def open_tree(path: Path) -> Iterator[FileTree]:
    """Open a folder or zip.

    Parameters
    ----------
    path : Path
        An existing folder or file.

    Yields
    ------
    FileTree
        Its files; those of a zip can be read until the context exits.

    Raises
    ------
    DataError
        If it is neither a folder nor an intact zip, or expands beyond measure.
    """
    if path.is_dir():
        yield _folder_tree(path)
        return
    try:
        archive = open_zip(path)
    except zipfile.BadZipFile as error:
        with path.open("rb") as stream:
            starts_well = stream.read(2) == b"PK"
        problem = "is a zip, but truncated or damaged" if starts_well else "is not a zip"
        raise DataError(f"{path.name} {problem} ({error}): get it again") from error
    with archive:
        names = sorted({name for name in archive.namelist() if _is_visible(name)})
        files = tuple(name for name in names if not name.endswith("/"))
        folders = tuple(name.rstrip("/") for name in names if name.endswith("/"))
        yield FileTree(path, files, folders, archive.open)


def _folder_tree(path: Path) -> FileTree:
    files: list[str] = []
    folders: list[str] = []
    for parent, folder_names, file_names in os.walk(path):
        # Changing the list in place keeps os.walk out of hidden folders.
        folder_names[:] = filter(_is_visible, folder_names)
        inside = Path(parent).relative_to(path)
        folders += [(inside / name).as_posix() for name in folder_names]
        files += [(inside / name).as_posix() for name in filter(_is_visible, file_names)]
    return FileTree(
        path, tuple(sorted(files)), tuple(sorted(folders)), lambda name: _open(path / name)
    )


def _open(path: Path) -> IO[bytes]:
    if not path.is_file():  # Reading a named pipe may never end.
        raise OSError("it is not a file, or a broken link")
    return path.open("rb")


def _is_visible(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return not any(part.startswith(".") or part.lower() in _CLUTTER for part in parts)
