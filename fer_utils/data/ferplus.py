"""Join the faces of FER-2013 with FER+, ten people's votes on each of them."""

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer_utils import paths
from fer_utils.data.faces import SPLITS, Faces
from fer_utils.data.fer2013 import FER2013_ORIGIN
from fer_utils.data.provenance import DataError
from fer_utils.data.votes import VOTE_CLASSES, find_winners

FERPLUS_FILE = "fer2013new.csv"

_PAGE = "https://github.com/microsoft/FERPlus"
_ADDRESS = f"https://raw.githubusercontent.com/microsoft/FERPlus/master/{FERPLUS_FILE}"
_SHA256 = "9206e20d62f56475939f516847d61753e4860caeac9718b560129541b776fc2c"
_FER2013_SIZE = 35_887
_FIRST_ROWS = (0, 28_709, 32_298)  # of Training, PublicTest, and PrivateTest
# FER-2013's labels agree with 65.6% of the winners; with the votes of shuffled rows, with 18%.
_PLAUSIBLE_AGREEMENT = (0.55, 0.75)
_LEAST_TO_JUDGE = 200
# File names of Kaggle's layout carry a number that differs from the row in fer2013.csv. This file
# holds the row of each number and label, which were matched by their pixels.
_ROWS_FILE = Path(__file__).with_name("fer2013_rows.npz")
_REMEDY = (
    f"expected FER+'s {FERPLUS_FILE} ({_PAGE}), or a CSV with the columns file, row, "
    f"{', '.join(VOTE_CLASSES)}"
)


def add_votes(faces: Faces, source: str | Path | None) -> Faces:
    """Add FER+'s votes to the faces of FER-2013.

    Parameters
    ----------
    faces : Faces
        Output of `fer_utils.load_faces`: from ``fer2013.csv`` or ``icml_face_data.csv``, whose
        rows FER+ follows, or from Kaggle's folders, whose files are found by name.
    source : str, Path, or None
        FER+'s ``fer2013new.csv``, which has a line for each row of ``fer2013.csv``, or a CSV with
        a column ``row`` that counts these rows from 0. ``"auto"`` is the file in the environment
        variable ``FER_VOTES``, else ``data/raw/fer2013new.csv`` if it is there, else nothing.
        None adds no votes.

    Returns
    -------
    Faces
        The same faces with `Faces.votes`; all zero where there are none.

    Raises
    ------
    DataError
        If the file is not a table of votes, no face belongs to FER-2013, or the labels of the
        faces agree with the votes on less than 55% or more than 75% of faces, so that the votes
        must belong to other rows.

    References
    ----------
    FER+: Barsoum, E. et al. (2016), https://arxiv.org/abs/1608.01041.
    """
    if source is None or (source == "auto" and FER2013_ORIGIN not in faces.origins):
        return faces
    path = _find_file(source)
    if path is None:
        return faces
    of_row, rows = _read_votes(path), _rows_of(faces)
    if (rows < 0).all():
        raise DataError(
            f"{path.name} has votes for FER-2013, but no face of {faces.provenance.source} is "
            "known to be in it: load FER-2013, or leave out the votes"
        )
    votes = np.where(rows[:, None] >= 0, of_row[rows], 0).astype(np.uint8)
    _check_agreement(faces, votes, path.name)
    note = f"votes of ten people on {(votes.sum(axis=1) > 0).sum():,} faces, from {path.name}"
    notes = (*faces.provenance.notes, note)
    return replace(faces, votes=votes, provenance=replace(faces.provenance, notes=notes))


def download_votes(folder: Path) -> Path:
    """Download FER+'s ``fer2013new.csv``, unless it is already there.

    This needs the extra ``fer-utils[train]``. The file has 1.6 MB and the MIT license.

    Parameters
    ----------
    folder : Path
        Where to put it; created if missing. A file of that name with other contents is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the server cannot be reached, or sends another file.
    """
    import pooch

    try:
        path = pooch.retrieve(
            _ADDRESS, known_hash=f"sha256:{_SHA256}", fname=FERPLUS_FILE, path=folder
        )
    except (OSError, ValueError) as error:
        raise DataError(
            f"the download of FER+'s votes failed ({error}): download {FERPLUS_FILE} yourself from "
            f"{_PAGE} and put it into {paths.display_path(folder)}"
        ) from error
    return Path(path)


def _find_file(source: str | Path) -> Path | None:
    if source == "auto":
        usual = paths.RAW_DATA / FERPLUS_FILE
        source = os.environ.get("FER_VOTES", "").strip() or usual
        if source == usual and not usual.exists():
            return None
    path = paths.find_path(source)
    if path is None:
        raise DataError(f"there is no {source}: {_REMEDY}")
    return path


def _check_agreement(faces: Faces, votes: NDArray[np.uint8], name: str) -> None:
    """Raise a DataError if the votes belong to other rows, from any row on."""
    winners, is_clear = find_winners(votes)
    low, high = _PLAUSIBLE_AGREEMENT
    for split in SPLITS:
        agrees = (winners == faces.labels)[is_clear & (faces.splits == split)]
        if len(agrees) >= _LEAST_TO_JUDGE and not low <= agrees.mean() <= high:
            raise DataError(
                f"the labels of {split} agree with the votes in {name} on {agrees.mean():.0%} of "
                f"faces, expected {low:.0%} to {high:.0%}: the votes belong to other rows, or the "
                "labels are not the official ones"
            )


def _read_votes(path: Path) -> NDArray[np.uint8]:
    """Return the votes on each row of ``fer2013.csv``, shape (35887, 10)."""
    import pandas as pd

    if not path.is_file():
        raise DataError(f"{path.name} is not a table of votes but no file at all: {_REMEDY}")
    try:
        table = pd.read_csv(path)
        votes = table[list(VOTE_CLASSES)].to_numpy()
        rows = table["row"].to_numpy(dtype=np.intp) if "row" in table else np.arange(len(table))
    except (ValueError, KeyError, OverflowError, OSError) as error:
        raise DataError(f"{path.name} is not a table of votes ({error}): {_REMEDY}") from error
    if "row" not in table and len(table) != _FER2013_SIZE:
        raise DataError(f"{path.name} has {len(table)} rows, not {_FER2013_SIZE}: {_REMEDY}")
    if not np.issubdtype(votes.dtype, np.integer) or not ((votes >= 0) & (votes <= 10)).all():
        raise DataError(f"{path.name} has votes other than 0 to 10 on a face: {_REMEDY}")
    if not len(rows) or rows.min() < 0 or rows.max() >= _FER2013_SIZE:
        raise DataError(f"the column row of {path.name} leaves 0 to {_FER2013_SIZE - 1}: {_REMEDY}")
    of_row = np.zeros((_FER2013_SIZE, len(VOTE_CLASSES)), dtype=np.uint8)
    of_row[rows] = votes
    return of_row


def _rows_of(faces: Faces) -> NDArray[np.intp]:
    """Return the row of each face in ``fer2013.csv``, counted from 0; -1 if it has none."""
    with np.load(_ROWS_FILE) as stored:
        splits = np.searchsorted(_FIRST_ROWS, stored["rows"], side="right") - 1
        keys = zip(
            splits.tolist(), stored["numbers"].tolist(), stored["labels"].tolist(), strict=True
        )
        row_of = dict(zip(keys, stored["rows"].tolist(), strict=True))
    is_fer2013 = faces.origins == FER2013_ORIGIN
    rows = np.full(len(faces), -1, dtype=np.intp)
    for place in np.flatnonzero(is_fer2013):
        name = faces.names[place]
        if line := re.search(r"\.csv row (\d+)$", name):
            rows[place] = int(line[1]) - 1
        elif file := re.search(rf"({'|'.join(SPLITS)})_(\d+)\.\w+$", name):
            key = (SPLITS.index(file[1]), int(file[2]), int(faces.labels[place]))
            rows[place] = row_of.get(key, -1)
    rows[rows >= _FER2013_SIZE] = -1
    return rows
