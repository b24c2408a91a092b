"""Say where things are kept, and write files that are never left half-written."""

import ctypes
import errno
import glob
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PACKAGE = Path(__file__).resolve().parent
_IN_CLONE = (_PACKAGE.parent / "pyproject.toml").is_file()

# The clone's root. Away from a clone it is the current folder, whichever that is at the time.
PROJECT_ROOT = _PACKAGE.parent if _IN_CLONE else Path()
# Where the models and notebooks are that come with the project; a wheel carries them inside.
SHIPPED = _PACKAGE.parent if _IN_CLONE else _PACKAGE / "shipped"

RAW_DATA = PROJECT_ROOT / "data" / "raw"
MODELS = PROJECT_ROOT / "models"
RUNS = PROJECT_ROOT / "runs"
SHIPPED_MODEL = SHIPPED / "models" / "people"
NOTEBOOKS = SHIPPED / "notebooks"

# Part of the name of what is not finished, so that leftovers can be told from people's files.
_UNFINISHED = ".fer-"
_ABANDONED_SECONDS = 24 * 3600
# How the names of temporary folders start.
_SCRATCH = "fer_utils_"
# Of the stem and the suffix in the name of what is not finished. A name may have 255 bytes, and a
# character 4 of them.
_LONGEST_STEM, _LONGEST_SUFFIX = 40, 20


def project_path(path: str | Path) -> Path:
    """Return an absolute path; a relative one is relative to the project.

    Notebooks use it, so that they find the same files no matter which folder Jupyter started in.

    Parameters
    ----------
    path : str or Path
        Relative to the clone's root, or to the current folder if the package was installed
        without a clone. ``~`` is the home folder.

    Returns
    -------
    Path
        Absolute. If nothing is there but the package ships a file or folder of that name, such as
        ``models/fer2013``, the path of that one.

    Examples
    --------
    >>> project_path("models/fer2013").name
    'fer2013'
    """
    relative = Path(path).expanduser()
    target, shipped = resolved(PROJECT_ROOT / relative), resolved(SHIPPED / relative)
    return shipped if shipped.exists() and not target.exists() else target


def is_own(path: str | Path) -> bool:
    """Return whether a path is in the clone, or came with the installed package."""
    return resolved(path).is_relative_to(resolved(SHIPPED))


def resolved(path: str | Path) -> Path:
    """Return the absolute path without links; a link to itself stays as it is."""
    return Path(os.path.realpath(path))  # `Path.resolve` raises an error for some of those


def find_path(path: str | Path) -> Path | None:
    """Return the existing path relative to the current folder or to the project, or None."""
    if path == "":
        return None
    places = (resolved(Path(path).expanduser()), project_path(path))
    return next((place for place in places if place.exists()), None)


def display_path(path: str | Path) -> str:
    """Return a path as people read it: relative to the project if it is inside, and printable."""
    absolute, root = resolved(PROJECT_ROOT / path), resolved(PROJECT_ROOT)
    return printable(str(absolute.relative_to(root) if absolute.is_relative_to(root) else absolute))


def printable(text: str) -> str:
    """Replace the characters of a name that a terminal cannot show or would obey."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def is_disk_full(error: OSError) -> bool:
    """Return whether a file could not be written for lack of space."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all; missing parent folders are created."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary file to write to: renamed to `path` on success, removed on failure.

    Parameters
    ----------
    path : str or Path
        The final path; missing parent folders are created.

    Yields
    ------
    Path
        A temporary path in the same folder, with the same suffix unless that is very long.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target.parent)
    # Random, because two machines that write the same file may have the same process IDs.
    unique = f"{_UNFINISHED}{secrets.token_hex(4)}"
    suffix = target.suffix if len(target.suffix) <= _LONGEST_SUFFIX else ""
    temporary = target.with_name(f".{target.stem[:_LONGEST_STEM]}{unique}{suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a temporary folder to fill: moved to `path` on success, removed on failure.

    Parameters
    ----------
    path : str or Path
        The final folder; an existing one is replaced as a whole, in one step on Linux. Elsewhere,
        a process that is killed between two steps leaves it to `recover_folder`.

    Yields
    ------
    Path
        An empty temporary folder next to it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target.parent)
    recover_folder(target)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}{_UNFINISHED}", dir=target.parent))
    new, old = temporary / "new", temporary / "old"
    new.mkdir()
    try:
        yield new
        if not _exchange(new, target):
            if target.exists():
                os.replace(target, old)
            try:
                os.replace(new, target)
            except OSError:
                if old.exists():
                    os.replace(old, target)
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def recover_folder(path: str | Path) -> None:
    """Put a folder back if a process was killed while it replaced the folder."""
    target = Path(path)
    if not target.exists():
        for old in target.parent.glob(f".{glob.escape(target.name)}{_UNFINISHED}*/old"):
            with suppress(OSError):
                os.rename(old, target)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; return False if the system cannot, or one is missing."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None).renameat2
    except AttributeError:
        return False
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE
    return rename(here, os.fsencode(first), here, os.fsencode(second), exchange) == 0


@cache
def _remove_abandoned(folder: Path) -> None:
    """Delete what processes left in a folder when they were killed; once per process."""
    for path in folder.glob(f".*{_UNFINISHED}*"):
        with suppress(OSError):
            recover_folder(folder / path.name[1:].rpartition(_UNFINISHED)[0])
            changed = max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
            if changed < time.time() - _ABANDONED_SECONDS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def try_lock(path: str | Path) -> BinaryIO | None:
    """Lock a file until it is closed or the process ends; return None if somebody else has it.

    Parameters
    ----------
    path : str or Path
        Created if it is missing. Its content does not matter.

    Returns
    -------
    BinaryIO or None
        Close it to release the lock.

    Raises
    ------
    OSError
        If the file cannot be opened, or the file system has no locks.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open(path, "ab"))
        with suppress(BlockingIOError, PermissionError):
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stack.pop_all()
            return file
    return None


class ScratchFolder:
    """A temporary folder that does not outlive its process for long.

    It is removed when its process ends, or after a kill, when `remove_orphans` is called, as it is
    for every new folder.

    Attributes
    ----------
    path : Path
        The folder.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=_SCRATCH, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self._lock = try_lock(self.path / ".lock")
        self.remove_orphans()

    def remove(self) -> None:
        """Delete the folder with all files."""
        if self._lock is not None:
            self._lock.close()
        self._folder.cleanup()

    @staticmethod
    def remove_orphans() -> None:
        """Delete the folders of processes that were killed."""
        for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
            # One without a lock was made a moment ago.
            with suppress(OSError):
                if (folder / ".lock").is_file() and (lock := try_lock(folder / ".lock")):
                    lock.close()
                    shutil.rmtree(folder)
