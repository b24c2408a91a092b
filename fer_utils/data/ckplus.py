"""Read CK+, the extended Cohn-Kanade data set: its CSV or the folders of CK+48.

References
----------
Lucey, P. et al. (2010). The extended Cohn-Kanade dataset (CK+): a complete dataset for action unit
and emotion-specified expression. CVPR Workshops 2010. https://doi.org/10.1109/CVPRW.2010.5543262
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fer_utils.data.class_images import read_class_images
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.fer2013 import CONTEMPT, Table
from fer_utils.data.file_tree import FileTree, is_image_name
from fer_utils.data.provenance import Problems, Provenance
from fer_utils.data.splitting import split_by_group
from fer_utils.emotions import emotion_index

CKPLUS_ORIGIN = "ckplus"
CKPLUS_FOLDER_KIND = "CK+48 folders"
CKPLUS_TABLE_KIND = "CK+ CSV"

# Subject, sequence, and frame, such as S010_004_00000017.
_FRAME_NAME = re.compile(r"(S\d+)_\d+_\d+")
_CONTEMPT_SHARE = 0.01


def is_ckplus_table(table: Table) -> bool:
    """Return whether a CSV is CK+: by a name that starts with "ck", or 1% of contempt.

    A single bad row with emotion 7 in another file does not make it CK+.
    """
    contempt = int(np.count_nonzero(table.labels == CONTEMPT))
    is_frequent = contempt > 0 and contempt >= _CONTEMPT_SHARE * len(table.labels)
    return is_frequent or table.name.lower().startswith("ck")


def is_ckplus_tree(names: Sequence[str]) -> bool:
    """Return whether most of the images, at least one, are named like the frames of CK+."""
    return sum(bool(_subject(name)) for name in names) > len(names) / 2


def faces_of_ckplus(table: Table, source: str, *, problems: Problems) -> Faces:
    """Return the faces of CK+ without contempt, split according to the Usage column.

    Parameters
    ----------
    table : Table
        The rows.
    source : str
        The name of the file that the user passed.
    problems : Problems
        The bad rows so far.

    Returns
    -------
    Faces
        The good rows, with origin ``ckplus``.
    """
    known = table.labels != CONTEMPT
    provenance = Provenance(
        source=source,
        kind=CKPLUS_TABLE_KIND,
        notes=("the file does not name subjects: the same person may be in several splits",),
        left_out={} if known.all() else {"contempt": int(np.count_nonzero(~known))},
        skipped=problems.skipped,
    )
    return table.faces(known, origin=CKPLUS_ORIGIN, provenance=provenance)


def load_ckplus_folders(tree: FileTree, depth: int, *, problems: Problems, seed: int) -> Faces:
    """Load the class folders of CK+48 without contempt, split about 80/10/10 by subject.

    Parameters
    ----------
    tree : FileTree
        The folder or zip, with files such as ``CK+48/anger/S010_004_00000017.png``.
    depth : int
        The number of folders around the class folders.
    problems : Problems
        Collects bad files, including images whose names do not contain the subject.
    seed : int
        The seed of the split.

    Returns
    -------
    Faces
        The good images, with origin ``ckplus``; no subject is in two splits.

    Raises
    ------
    DataError
        If the name of a class folder is not an emotion, a class folder is empty, there are fewer
        than three subjects, or a file is bad and ``on_error="raise"``.
    """
    for name in tree.images:
        if not _subject(name):
            problems.report(tree.item(name), "expected a name such as S010_004_00000017.png")
    named = tuple(name for name in tree.files if _subject(name) or not is_image_name(name))
    images = read_class_images(
        replace(tree, files=named), depth, problems=problems, omit=("contempt",)
    )
    notes = [f"split about 80/10/10 by subject, seed {seed}: no person is in two splits"]
    if emotion_index("neutral") not in images.labels:
        notes.append("CK+48 has no neutral images")
    try:
        splits = split_by_group([_subject(name) for name in images.names], images.labels, seed=seed)
    except DataError as error:
        raise DataError(f"{tree.path.name} has too few subjects: {error}") from error
    return images.faces(
        splits,
        origin=CKPLUS_ORIGIN,
        kind=CKPLUS_FOLDER_KIND,
        notes=tuple(notes),
        problems=problems,
    )


def _subject(name: str) -> str:
    """Return the subject of a frame, such as S010, or "" if the name is not that of a frame."""
    match = _FRAME_NAME.match(name.rpartition("/")[2])
    return match[1] if match else ""
