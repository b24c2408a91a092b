"""One function that loads faces from wherever they are."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_utils import paths
from fer_utils.data import ckplus, fer2013
from fer_utils.data.bad_items import OnError, check_on_error
from fer_utils.data.class_folders import CLASS_FOLDERS_KIND
from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import SPLITS, DataError, Faces, join_faces
from fer_utils.data.formats import is_recognized, load_path
from fer_utils.data.kaggle import HANDLE, download_fer2013
from fer_utils.emotions import EMOTIONS

AUTO = "auto"
SYNTHETIC = "synthetic"
KAGGLE = "kaggle"
# Where the short names look, in this order.
USUAL_NAMES = {
    fer2013.ORIGIN: ("fer2013.csv", "icml_face_data.csv", "fer2013.zip", "archive.zip", "fer2013"),
    ckplus.ORIGIN: ("ckextended.csv", "CK+48", "CK+48.zip"),
}
ENVIRONMENT_VARIABLE = "FER_DATA"

_WITHOUT_SPLIT = {CLASS_FOLDERS_KIND, ckplus.FOLDER_KIND, ckplus.TABLE_KIND}
_WORDS = (AUTO, *USUAL_NAMES, SYNTHETIC, KAGGLE)
_EXPECTED = (
    f"expected the path of a file or folder, or one of {', '.join(_WORDS)}, or several of these "
    'with " + " between them'
)
# Files that say something about data and are none.
_BYSTANDER = re.compile(r"\..*|readme.*|licen[cs]e.*|thumbs\.db|.*\.(md|txt|json)", re.IGNORECASE)


def load_faces(
    source: str | Path | Sequence[str | Path] = AUTO,
    *,
    on_error: OnError = "raise",
    seed: int = 0,
    require_all_classes: bool = True,
    require_all_splits: bool = True,
) -> Faces:
    """Load faces from a file, a folder, a zip, a short name, or several of them.

    Parameters
    ----------
    source : str, Path or sequence of them, default "auto"
        One of:

        - a path, relative to the current folder or else to the project's root, of a CSV with the
          columns ``emotion``, ``pixels`` and ``Usage`` (``fer2013.csv``, ``icml_face_data.csv``,
          ``ckextended.csv``); or of a folder or unopened zip of ``train/<class>/`` and
          ``test/<class>/``, of CK+48, or of any other class folders;
        - ``"fer2013"`` or ``"ckplus"``: what lies in ``data/raw`` under a usual name;
        - ``"kaggle"``: FER-2013, downloaded to ``data/raw/fer2013``;
        - ``"synthetic"``: drawn faces, which need no data at all;
        - ``"auto"``: what the environment variable ``FER_DATA`` names, else what lies in
          ``data/raw``, else ``"synthetic"``;
        - several of these to be joined, as a list or with plus signs:
          ``"fer2013 + ckplus"``. A text that is an existing path is that path.
    on_error : {"raise", "skip"}, default "raise"
        Whether a bad row or file stops the reading, or is left out and listed in the
        provenance's ``skipped``.
    seed : int, default 0
        Decides on splits that the data do not tell, and on synthetic faces.
    require_all_classes : bool, default True
        Whether each of the seven emotions needs an image. CK+48, which has no neutral faces, is
        accepted as it is.
    require_all_splits : bool, default True
        Whether each of the three splits needs an image.

    Returns
    -------
    Faces
        ``uint8`` images of shape (n, 48, 48) with their labels (0 to 6), splits, names, origins
        and provenance. An image's name is its path inside the folder or zip, or its row:
        ``fer2013.csv row 1`` is the first line after the header.

    Raises
    ------
    DataError
        If there is nothing at the path, its format is unknown, it is damaged, a row or file is
        bad and `on_error` is "raise", or an emotion or a split has no images.
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
    check_on_error(on_error)
    faces = _load_all(_split_source(source), on_error=on_error, seed=seed)
    _check_complete(
        faces,
        require_all_classes=require_all_classes,
        require_all_splits=require_all_splits,
    )
    return faces


def has_own_split(faces: Faces) -> bool:
    """Return whether a source tells which faces are for testing.

    Class folders do not; CK+'s CSV has a column for it, which mixes the pictures of one person.
    """
    return not set(faces.provenance.kind.split(" + ")) <= _WITHOUT_SPLIT


def _split_source(source: str | Path | Sequence[str | Path]) -> list[str | Path]:
    """Return the single sources that a source names."""
    if isinstance(source, Path):
        return [source]
    if not isinstance(source, str):
        return list(source)
    text = source.strip()
    if text in _WORDS or find_path(text) is not None:
        return [text]
    spaced = re.split(r"\s+\+\s+", text)
    # Without spaces around it, a plus may be a part of a name, as in "CK+48".
    words = [word.strip() for word in text.split("+")]
    return list(words if all(word in _WORDS for word in words) else spaced)


def _load_all(sources: Sequence[str | Path], *, on_error: OnError, seed: int) -> Faces:
    parts = [_load_one(source, on_error=on_error, seed=seed) for source in sources]
    return parts[0] if len(parts) == 1 else join_faces(parts)


def _load_one(source: str | Path, *, on_error: OnError, seed: int) -> Faces:
    if source == AUTO:
        return _load_automatically(on_error=on_error, seed=seed)
    if source == SYNTHETIC:
        return draw_faces(seed=seed)
    if source == KAGGLE:
        folder = download_fer2013(paths.RAW_DATA / fer2013.ORIGIN)
        faces = load_path(folder, on_error=on_error, seed=seed)
        return _with_note(faces, f"Kaggle's {HANDLE}, kept in {paths.display_path(folder)}")
    if source in USUAL_NAMES:
        return _load_usual(str(source), on_error=on_error, seed=seed)
    path = find_path(source)
    if path is None:
        raise DataError(
            f"{str(source)!r} is not there: looked in the current folder and the project's root, "
            f"{_EXPECTED}"
        )
    return load_path(path, on_error=on_error, seed=seed)


def find_path(source: str | Path) -> Path | None:
    """Return the existing path that a source names, if any: from here, or from the project."""
    if source == "":
        return None
    for path in (Path(source).expanduser().resolve(), paths.project_path(source)):
        if path.exists():
            return path
    return None


def _load_usual(name: str, *, on_error: OnError, seed: int) -> Faces:
    """Load what a short name stands for."""
    there = _present(USUAL_NAMES[name])
    if not there:
        raise DataError(
            f"{name} is not in {paths.display_path(paths.RAW_DATA)}: looked for "
            f"{', '.join(USUAL_NAMES[name])}. Put one of them there, or give a path"
        )
    faces = load_path(there[0], on_error=on_error, seed=seed)
    others = set(faces.origins) & set(USUAL_NAMES) - {name}
    if others:
        raise DataError(
            f"{paths.display_path(there[0])} holds {', '.join(others)}, not {name}: give its path, or "
            "rename it"
        )
    return faces


def _load_automatically(*, on_error: OnError, seed: int) -> Faces:
    named = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    if named:
        sources = _split_source(named)
        if AUTO in sources:
            raise DataError(
                f"{ENVIRONMENT_VARIABLE} is {named!r}: expected what to load instead of {AUTO}"
            )
        faces = _load_all(sources, on_error=on_error, seed=seed)
        return _with_note(faces, f"chosen automatically: {ENVIRONMENT_VARIABLE} is set")
    raw = paths.display_path(paths.RAW_DATA)
    candidates = _raw_candidates()
    if not candidates:
        why = f"{ENVIRONMENT_VARIABLE} is not set and {raw} holds no data"
        faces = _load_one(SYNTHETIC, on_error=on_error, seed=seed)
        return _with_note(faces, f"chosen automatically: {why}")
    chosen, *others = candidates
    faces = load_path(chosen, on_error=on_error, seed=seed)
    unused = f" (not used: {', '.join(path.name for path in others)})" if others else ""
    return _with_note(faces, f"chosen automatically: {chosen.name} lies in {raw}{unused}")


def _raw_candidates() -> list[Path]:
    """Return what lies in ``data/raw``, what to load first.

    Raises
    ------
    DataError
        If only things lie there that are not recognised as faces.
    """
    usual = _present([name for names in USUAL_NAMES.values() for name in names])
    entries = sorted(paths.RAW_DATA.iterdir()) if paths.RAW_DATA.is_dir() else []
    others = [path for path in entries if path not in usual and not _BYSTANDER.fullmatch(path.name)]
    if usual:
        return usual + others
    recognised = [path for path in others if is_recognized(path)]
    if others and not recognised:
        raise DataError(
            f"{paths.display_path(paths.RAW_DATA)} holds {', '.join(path.name for path in others)}, "
            f"which is not recognised as faces: put {', '.join(USUAL_NAMES[fer2013.ORIGIN])} or "
            'class folders there, or load "synthetic"'
        )
    return recognised + [path for path in others if path not in recognised]


def _present(names: Sequence[str]) -> list[Path]:
    return [paths.RAW_DATA / name for name in names if (paths.RAW_DATA / name).exists()]


def _with_note(faces: Faces, note: str) -> Faces:
    provenance = faces.provenance
    return replace(faces, provenance=replace(provenance, notes=(note, *provenance.notes)))


def _check_complete(faces: Faces, *, require_all_classes: bool, require_all_splits: bool) -> None:
    """Raise a DataError if a split, or an emotion that must be there, has no images."""
    source = faces.provenance.source
    if not len(faces):
        raise DataError(f"{source} holds no usable images: expected at least one per emotion")
    empty = [split for split in SPLITS if split not in faces.splits]
    if require_all_splits and empty:
        raise DataError(
            f"{source} has no images in {', '.join(empty)}: add some, or give the images as "
            "<class>/ folders without train and test, which are split 80/10/10"
        )
    required = set(EMOTIONS)
    if set(faces.provenance.kind.split(" + ")) == {ckplus.FOLDER_KIND}:
        required.remove("neutral")
    present = {EMOTIONS[label] for label in np.unique(faces.labels)}
    missing = [emotion for emotion in EMOTIONS if emotion in required - present]
    if require_all_classes and missing:
        raise DataError(
            f"{source} has no images of {', '.join(missing)}: add some, or pass "
            "require_all_classes=False to go on without"
        )
