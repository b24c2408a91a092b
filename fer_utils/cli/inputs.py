"""What is to be looked at: pictures and videos of paths, folders and web addresses."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from fer_utils.data.file_tree import open_tree
from fer_utils.vision.file_kinds import is_picture, is_video
from fer_utils.vision.picture import is_address

# Annotated pictures are written in these kinds under their own name, others as PNG.
_WRITTEN = frozenset((".jpeg", ".jpg", ".png", ".webp"))


def list_sources(
    paths: Iterable[str], *, leave_out: Path | None = None
) -> tuple[tuple[str, ...], int]:
    """Return what paths, folders and addresses stand for.

    Parameters
    ----------
    paths : iterable of str
        Files and addresses are taken as they are, whether they can be read or not. Folders stand
        for the pictures and videos in them and in their folders, without hidden ones.
    leave_out : Path, optional
        Nothing inside of this folder is taken from another one.

    Returns
    -------
    tuple of str
        Each one once; those of a folder sorted.
    int
        How many files of folders are neither pictures nor videos.
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


def check_output(path: Path | None, sources: Collection[str]) -> None:
    """Make sure that a file to write is none of the sources.

    Raises
    ------
    ValueError
        If it would replace one.
    """
    if path is not None and path.resolve() in _originals(sources):
        raise ValueError(f"{path} is one of the files to look at: give another name to write to")


def plan_copies(sources: Collection[str], folder: Path) -> Mapping[str, Path]:
    """Return where the annotated copy of each source goes.

    Parameters
    ----------
    sources : collection of str
        As `list_sources` returns them.
    folder : Path
        Where all of them go, whatever folder they come from.

    Returns
    -------
    mapping of str to Path
        Names are kept; where one is taken by then, a number is added, such as ``face-2.jpg``.
        Videos become MP4 files, and pictures of kinds that are not written PNG files.

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
        # Many file systems take names in upper and lower case for the same.
        while str(name).casefold() in taken:
            number += 1
            name = PurePosixPath(f"{stem}-{number}{suffix}")
        taken.add(str(name).casefold())
        copies[source] = folder / name
        if copies[source].resolve() in originals:
            raise ValueError(
                f"{folder} has {name} itself: give another folder for the annotated copies"
            )
    return copies


def _originals(sources: Iterable[str]) -> set[Path]:
    return {Path(source).resolve() for source in sources if not is_address(source)}


def _copy_name(source: str) -> PurePosixPath:
    if is_address(source):
        # The last part of a path may hold a separator in disguise.
        last = unquote(PurePosixPath(urlsplit(source).path).name)
        name = PurePosixPath(last.replace("/", "_").replace("\\", "_").replace("\0", "_"))
        if not name.stem.strip("."):
            name = PurePosixPath("picture")
    else:
        name = PurePosixPath(Path(source).name)
        if is_video(source):
            return name.with_suffix(".mp4")
    return name if name.suffix.lower() in _WRITTEN else PurePosixPath(f"{name}.png")
