"""Where things lie in the project, and how files are written without ever standing half-done."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
RAW_DATA = PROJECT_ROOT / "data" / "raw"
MODELS = PROJECT_ROOT / "models"
SHIPPED_MODEL = MODELS / "fer2013"
NOTEBOOKS = PROJECT_ROOT / "notebooks"
RUNS = PROJECT_ROOT / "runs"


def resolve(path: str | Path) -> Path:
    """Return an absolute path; a relative one counts from the project's root.

    Notebooks use it, so that they find the same files whatever folder Jupyter started in.
    """
    return (PROJECT_ROOT / Path(path).expanduser()).resolve()


def display(path: str | Path) -> str:
    """Return a path for people: relative to the project's root where it lies in it."""
    absolute = resolve(path)
    if absolute.is_relative_to(PROJECT_ROOT):
        return str(absolute.relative_to(PROJECT_ROOT))
    return str(absolute)


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary file to write to, renamed to `path` on success, removed on failure.

    Parameters
    ----------
    path : str or Path
        The final path; missing parent folders are made.

    Yields
    ------
    Path
        A temporary path in the same folder, with the same suffix.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Random, because two machines that write one file may have the same process numbers.
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Give a temporary folder to fill, put in the place of `path` on success, removed on failure.

    Parameters
    ----------
    path : str or Path
        The final folder; what stood there before is replaced as a whole.

    Yields
    ------
    Path
        An empty temporary folder beside it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    new, old = temporary / "new", temporary / "old"
    new.mkdir()
    try:
        yield new
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
