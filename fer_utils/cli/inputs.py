"""List the pictures and videos that paths, folders and web addresses stand for."""

from collections.abc import Iterable
from pathlib import Path

from fer_utils.data.file_tree import open_tree
from fer_utils.vision.picture import is_address, is_picture, is_video


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
            names = [(name, Path(path, name)) for name in tree.files]
        for name, file in names:
            if leave_out is not None and file.resolve().is_relative_to(leave_out.resolve()):
                continue
            if is_picture(name) or is_video(name):
                sources[str(file)] = None
            else:
                others += 1
    return tuple(sources), others
