"""Load faces from any source."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import get_args

import numpy as np

from fer_utils import paths
from fer_utils.data.class_folders import CKPLUS_FOLDER_KIND, CLASS_FOLDERS_KIND, load_class_folders
from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import SPLITS, DataError, Faces, join_faces
from fer_utils.data.fer2013 import (
    CKPLUS_ORIGIN,
    CKPLUS_TABLE_KIND,
    FER2013_ORIGIN,
    is_table_header,
    read_table,
)
from fer_utils.data.ferplus import FERPLUS_FILE, add_votes
from fer_utils.data.file_tree import READ_AHEAD, FileTree, is_zip_like, open_tree
from fer_utils.data.kaggle import HANDLE, download_fer2013
from fer_utils.data.provenance import OnError, Problems
from fer_utils.emotions import EMOTIONS

# The files and folders that the short names look for, in this order.
_USUAL_NAMES = {
    FER2013_ORIGIN: ("fer2013.csv", "icml_face_data.csv", "fer2013.zip", "archive.zip", "fer2013"),
    CKPLUS_ORIGIN: ("ckextended.csv", "CK+48", "CK+48.zip"),
}
_ENVIRONMENT_VARIABLE = "FER_DATA"
_WITHOUT_SPLIT = {CLASS_FOLDERS_KIND, CKPLUS_FOLDER_KIND, CKPLUS_TABLE_KIND}
_WORDS = ("auto", *_USUAL_NAMES, "synthetic", "kaggle")
# Kaggle packs each of these in a zip, some next to other CSVs.
_TABLE_NAMES = ("fer2013.csv", "icml_face_data.csv", "ckextended.csv")
# Files that describe data but contain no faces.
_BYSTANDER = re.compile(
    rf"\..*|readme.*|licen[cs]e.*|thumbs\.db|.*\.(md|txt|json)|{re.escape(FERPLUS_FILE)}",
    re.IGNORECASE,
)


def load_faces(
    source: str | Path | Sequence[str | Path] = "auto",
    *,
    on_error: OnError = "raise",
    seed: int = 0,
    votes: str | Path | None = "auto",
    require_all_classes: bool = True,
    require_all_splits: bool = True,
) -> Faces:
    """Load faces from a file, a folder, a zip, a short name, or several of them.

    Parameters
    ----------
    source : str, Path, or sequence of them, default "auto"
        One of:

        - the path of a CSV with the columns ``emotion``, ``pixels``, and ``Usage``
          (``fer2013.csv``, ``icml_face_data.csv``, ``ckextended.csv``), or of a folder or zip
          with ``train/<class>/`` and ``test/<class>/``, CK+48, or any other class folders;
          relative to the current folder or to the root of the project;
        - ``"fer2013"`` or ``"ckplus"``: the data set in ``data/raw`` under a usual name;
        - ``"kaggle"``: FER-2013, downloaded to ``data/raw/fer2013``;
        - ``"synthetic"``: drawn faces, which need no data;
        - ``"auto"``: the source in the environment variable ``FER_DATA``, else the data in
          ``data/raw``, else ``"synthetic"``;
        - several of these to join, as a list or with plus signs: ``"fer2013 + ckplus"``. An
          existing path with a plus sign in its name is one source.
    on_error : {"raise", "skip"}, default "raise"
        Whether to stop at a bad row or file, or to skip it and list it in
        ``provenance.skipped``.
    seed : int, default 0
        The seed of splits that the data do not define, and of synthetic faces.
    votes : str, Path, or None, default "auto"
        FER+'s votes on the faces of FER-2013; see `fer_utils.data.ferplus.add_votes`.
    require_all_classes : bool, default True
        Whether each of the seven emotions must have an image. CK+48 alone may lack neutral faces.
    require_all_splits : bool, default True
        Whether each of the three splits must have an image.

    Returns
    -------
    Faces
        Images (uint8, shape (n, 48, 48)) with their labels (0 to 6), splits, names, origins, and
        provenance. The name of an image is its path inside the folder or zip, or its row:
        ``fer2013.csv row 1`` is the first line after the header.

    Raises
    ------
    DataError
        If the path does not exist, its format is unknown, it is damaged, a row or file is bad and
        ``on_error="raise"``, or an emotion or a split has no images.
    ValueError
        If `on_error` is neither "raise" nor "skip".

    References
    ----------
    FER-2013: Goodfellow, I. J. et al. (2013), https://arxiv.org/abs/1307.0414.
    CK+: Lucey, P. et al. (2010), https://doi.org/10.1109/CVPRW.2010.5543262.

    Examples
    --------
    >>> faces = load_faces("synthetic")
    >>> faces.images.shape[1:]
    (48, 48)
    """
    if on_error not in get_args(OnError):
        raise ValueError(f'unknown on_error {on_error!r}: expected "raise" or "skip"')
    faces = _load_all(_split_source(source), on_error, seed)
    _check_complete(faces, require_all_classes, require_all_splits)
    return add_votes(faces, votes)


def has_own_split(faces: Faces) -> bool:
    """Return whether the source defines which faces are for testing.

    Class folders do not; the CSV of CK+ does, but its splits share persons.
    """
    return not set(faces.provenance.kind.split(" + ")) <= _WITHOUT_SPLIT


def _split_source(source: str | Path | Sequence[str | Path]) -> list[str | Path]:
    """Return the single sources of a joined source."""
    if isinstance(source, Path):
        return [source]
    if not isinstance(source, str):
        return list(source)
    text = source.strip()
    if text in _WORDS or paths.find_path(text) is not None:
        return [text]
    spaced = re.split(r"\s+\+\s+", text)
    # A plus without spaces around it may be part of a name, as in "CK+48".
    words = [word.strip() for word in text.split("+")]
    return list(words if all(word in _WORDS for word in words) else spaced)


def _load_all(sources: Sequence[str | Path], on_error: OnError, seed: int) -> Faces:
    parts = [_load_one(source, on_error, seed) for source in sources]
    return parts[0] if len(parts) == 1 else join_faces(parts)


def _load_one(source: str | Path, on_error: OnError, seed: int) -> Faces:
    if source == "auto":
        return _load_automatically(on_error, seed)
    if source == "synthetic":
        return draw_faces(seed=seed)
    if source == "kaggle":
        folder = download_fer2013(paths.RAW_DATA / FER2013_ORIGIN)
        faces = _load_path(folder, on_error, seed)
        return with_note(faces, f"{HANDLE} from Kaggle, stored in {paths.display_path(folder)}")
    if source in _USUAL_NAMES:
        return _load_usual(str(source), on_error, seed)
    path = paths.find_path(source)
    if path is None:
        raise DataError(
            f"{str(source)!r} is neither in the current folder nor in the root of the project: "
            f"expected the path of a file or folder, one of {', '.join(_WORDS)}, or several of "
            'these joined by " + "'
        )
    return _load_path(path, on_error, seed)


def _load_usual(name: str, on_error: OnError, seed: int) -> Faces:
    """Load the data set of a short name."""
    present = _present(_USUAL_NAMES[name])
    if not present:
        raise DataError(
            f"{name} is not in {paths.display_path(paths.RAW_DATA)}: looked for "
            f"{', '.join(_USUAL_NAMES[name])}. Put one of them there, or give a path"
        )
    faces = _load_path(present[0], on_error, seed)
    others = set(faces.origins) & set(_USUAL_NAMES) - {name}
    if others:
        raise DataError(
            f"{paths.display_path(present[0])} contains {', '.join(others)}, not {name}: "
            "give its path, or rename it"
        )
    return faces


def _load_automatically(on_error: OnError, seed: int) -> Faces:
    configured = os.environ.get(_ENVIRONMENT_VARIABLE, "").strip()
    if configured:
        sources = _split_source(configured)
        if "auto" in sources:
            raise DataError(
                f"{_ENVIRONMENT_VARIABLE} is {configured!r}: expected a source other than auto"
            )
        faces = _load_all(sources, on_error, seed)
        return with_note(faces, f"chosen automatically: {_ENVIRONMENT_VARIABLE} is set")
    raw = paths.display_path(paths.RAW_DATA)
    candidates = _raw_candidates()
    if not candidates:
        why = f"{_ENVIRONMENT_VARIABLE} is not set and {raw} contains no data"
        return with_note(draw_faces(seed=seed), f"chosen automatically: {why}")
    chosen, *others = candidates
    faces = _load_path(chosen, on_error, seed)
    unused = f" (not used: {', '.join(path.name for path in others)})" if others else ""
    return with_note(faces, f"chosen automatically: {chosen.name} is in {raw}{unused}")


def _raw_candidates() -> list[Path]:
    """Return the files and folders in ``data/raw``, the one to load first."""
    usual = _present([name for names in _USUAL_NAMES.values() for name in names])
    entries = sorted(paths.RAW_DATA.iterdir()) if paths.RAW_DATA.is_dir() else []
    others = [path for path in entries if path not in usual and not _BYSTANDER.fullmatch(path.name)]
    if usual:
        return usual + others
    recognized = [path for path in others if _is_recognized(path)]
    if others and not recognized:
        raise DataError(
            f"{paths.display_path(paths.RAW_DATA)} contains "
            f"{', '.join(path.name for path in others)}, which is not recognized as faces: put "
            f"{', '.join(_USUAL_NAMES[FER2013_ORIGIN])}, or class folders there, "
            'or load "synthetic"'
        )
    return recognized + [path for path in others if path not in recognized]


def _load_path(path: Path, on_error: OnError, seed: int) -> Faces:
    """Load the faces of an existing file or folder in any known format."""
    problems = Problems(on_error)
    name = path.name
    if not path.is_dir() and not is_zip_like(path):
        with path.open("rb", buffering=READ_AHEAD) as stream:
            size = path.stat().st_size
            return read_table(stream, name, source=name, problems=problems, size=size)
    with open_tree(path) as tree:
        if tree.images:
            return load_class_folders(tree, problems=problems, seed=seed)
        member = _table_name(tree)
        with tree.stream(member) as stream:
            member_name = PurePosixPath(member).name
            return read_table(stream, member_name, source=name, problems=problems)


def _is_recognized(path: Path) -> bool:
    """Return whether a path seems to contain faces, without reading them."""
    try:
        if not path.is_dir() and not is_zip_like(path):
            with path.open("rb") as stream:
                return is_table_header(stream.readline(READ_AHEAD))
        with open_tree(path) as tree:
            return bool(tree.images or _table_name(tree))
    except (DataError, OSError):
        return False


def _table_name(tree: FileTree) -> str:
    """Return the CSV of a folder or zip without images."""
    tables = [name for name in tree.files if name.lower().endswith(".csv")]
    usual = [name for name in tables if PurePosixPath(name).name in _TABLE_NAMES]
    for candidates in (usual, tables):
        if len(candidates) == 1:
            return candidates[0]
    found = f"{len(tables)} CSV files ({', '.join(tables[:5])})" if tables else "no images"
    raise DataError(
        f"{tree.path.name} contains {found}: expected a CSV with the columns emotion, pixels, "
        "Usage, or a folder or zip of train/<class>/ and test/<class>/, or of <class>/ folders"
    )


def _present(names: Sequence[str]) -> list[Path]:
    return [paths.RAW_DATA / name for name in names if (paths.RAW_DATA / name).exists()]


def with_note(faces: Faces, note: str) -> Faces:
    """Return the faces with one more note in their provenance, before the others."""
    provenance = faces.provenance
    return replace(faces, provenance=replace(provenance, notes=(note, *provenance.notes)))


def _check_complete(faces: Faces, require_all_classes: bool, require_all_splits: bool) -> None:
    """Raise a DataError if a required split or emotion has no images."""
    source = faces.provenance.source
    if not len(faces):
        raise DataError(f"{source} contains no usable images: expected at least one per emotion")
    empty = [split for split in SPLITS if split not in faces.splits]
    if require_all_splits and empty:
        raise DataError(
            f"{source} has no images in {', '.join(empty)}: add some, or give the images as "
            "<class>/ folders without train and test, which are split 80/10/10"
        )
    present = {EMOTIONS[label] for label in np.unique(faces.labels)}
    if set(faces.provenance.kind.split(" + ")) == {CKPLUS_FOLDER_KIND}:
        present.add("neutral")
    missing = [emotion for emotion in EMOTIONS if emotion not in present]
    if require_all_classes and missing:
        raise DataError(
            f"{source} has no images of {', '.join(missing)}: add some, or pass "
            "require_all_classes=False to continue without them"
        )
