"""Say where things are kept, and write files that are never left half-written."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_CLONE = (_PACKAGE.parent / "pyproject.toml").is_file()

# The clone's root. Away from a clone it is the current folder, whichever that is at the time.
PROJECT_ROOT = _PACKAGE.parent if _IN_CLONE else Path()
# Where the models and notebooks are that come with the project; a wheel carries them inside.
SHIPPED = _PACKAGE.parent if _IN_CLONE else _PACKAGE / "shipped"

RAW_DATA = PROJECT_ROOT / "data" / "raw"
MODELS = PROJECT_ROOT / "models"
RUNS = PROJECT_ROOT / "runs"
SHIPPED_MODEL = SHIPPED / "models" / "fer2013"
NOTEBOOKS = SHIPPED / "notebooks"


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
    target, shipped = (PROJECT_ROOT / relative).resolve(), (SHIPPED / relative).resolve()
    return shipped if shipped.exists() and not target.exists() else target


def display_path(path: str | Path) -> str:
    """Return a path as people read it: relative to the project if it is inside."""
    absolute, root = (PROJECT_ROOT / path).resolve(), PROJECT_ROOT.resolve()
    return str(absolute.relative_to(root) if absolute.is_relative_to(root) else absolute)


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
        A temporary path in the same folder, with the same suffix.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Random, because two machines that write the same file may have the same process IDs.
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
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
        The final folder; an existing one is replaced as a whole.

    Yields
    ------
    Path
        An empty temporary folder next to it.
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
