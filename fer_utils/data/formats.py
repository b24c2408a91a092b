"""Recognize the format of a file or folder, and load its faces."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fer_utils.data import fer2013
from fer_utils.data.ckplus import (
    faces_of_ckplus,
    is_ckplus_table,
    is_ckplus_tree,
    load_ckplus_folders,
)
from fer_utils.data.class_folders import (
    SPLIT_FOLDERS,
    load_class_folders,
    load_split_folders,
    wrapping_folders,
)
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.file_tree import READ_AHEAD, FileTree, is_zip_like, open_tree
from fer_utils.data.provenance import OnError, Problems

# Kaggle packs each of these in a zip, some next to other CSVs.
_TABLE_NAMES = ("fer2013.csv", "icml_face_data.csv", "ckextended.csv")
_EXPECTED = (
    "expected a CSV with the columns emotion, pixels, Usage, or a folder or zip of "
    "train/<class>/ and test/<class>/, or of <class>/ folders"
)


def load_path(path: Path, *, on_error: OnError, seed: int) -> Faces:
    """Load the faces of a file or folder in any known format.

    Parameters
    ----------
    path : Path
        A CSV with the columns of FER-2013, a folder, or a zip.
    on_error : {"raise", "skip"}
        Whether to stop at a bad row or file, or to skip it.
    seed : int
        The seed of splits that the data do not define.

    Returns
    -------
    Faces
        The good rows or images.

    Raises
    ------
    DataError
        If the format is unknown, the whole is damaged, or a row or file is bad and
        ``on_error="raise"``.
    """
    problems = Problems(on_error)
    if not path.is_dir() and not is_zip_like(path):
        with path.open("rb", buffering=READ_AHEAD) as stream:
            size = path.stat().st_size
            table = fer2013.read_table(stream, path.name, problems=problems, size=size)
        return _faces_from_table(table, path, problems=problems)
    with open_tree(path) as tree:
        if tree.images:
            return _load_images(tree, problems=problems, seed=seed)
        name = _table_name(tree)
        with tree.stream(name) as stream:
            table = fer2013.read_table(stream, PurePosixPath(name).name, problems=problems)
        return _faces_from_table(table, path, problems=problems)


def is_recognized(path: Path) -> bool:
    """Return whether a path seems to contain faces, without reading them."""
    try:
        if not path.is_dir() and not is_zip_like(path):
            with path.open("rb") as stream:
                return fer2013.is_table_header(stream.readline(READ_AHEAD))
        with open_tree(path) as tree:
            return bool(tree.images or _table_name(tree))
    except (DataError, OSError):
        return False


def _faces_from_table(table: fer2013.Table, path: Path, *, problems: Problems) -> Faces:
    convert = faces_of_ckplus if is_ckplus_table(table) else fer2013.faces_of_fer2013
    return convert(table, path.name, problems=problems)


def _load_images(tree: FileTree, *, problems: Problems, seed: int) -> Faces:
    depth = wrapping_folders(tree.images)
    if _has_split_folders(tree.images, depth):
        load = load_split_folders
    elif is_ckplus_tree(tree.images):
        load = load_ckplus_folders
    else:
        load = load_class_folders
    return load(tree, depth, problems=problems, seed=seed)


def _has_split_folders(names: Sequence[str], depth: int) -> bool:
    return any(name.split("/")[depth].lower() in SPLIT_FOLDERS for name in names)


def _table_name(tree: FileTree) -> str:
    """Return the CSV of a folder or zip without images."""
    tables = [name for name in tree.files if name.lower().endswith(".csv")]
    usual = [name for name in tables if PurePosixPath(name).name in _TABLE_NAMES]
    if len(usual) == 1:
        return usual[0]
    if len(tables) == 1:
        return tables[0]
    found = f"{len(tables)} CSV files ({', '.join(tables[:5])})" if tables else "no images"
    raise DataError(f"{tree.path.name} contains {found}: {_EXPECTED}")
