"""Load class folders, with or without ``train`` and ``test`` folders around them.

References
----------
FER-2013 is usually distributed in this layout: Goodfellow, I. J. et al. (2013). Challenges in
representation learning: a report on three machine learning contests. ICONIP 2013.
https://arxiv.org/abs/1307.0414
"""

from collections.abc import Sequence

import numpy as np

from fer_utils.data.class_images import is_emotion, read_class_images
from fer_utils.data.faces import SPLITS, DataError, Faces
from fer_utils.data.fer2013 import FER2013_ORIGIN
from fer_utils.data.file_tree import FileTree
from fer_utils.data.provenance import Problems
from fer_utils.data.splitting import (
    PRIVATE_TEST,
    PUBLIC_TEST,
    TRAINING,
    halve_by_class,
    split_by_class,
)

SPLIT_FOLDERS = ("train", "test")
CLASS_FOLDERS_KIND = "class folders"


def wrapping_folders(names: Sequence[str]) -> int:
    """Return the number of folders around the class folders, or around ``train`` and ``test``.

    Parameters
    ----------
    names : sequence of str
        The paths of the images, at least one.

    Returns
    -------
    int
        The number of folders that contain all images and have no meaning.

    Examples
    --------
    >>> wrapping_folders(["train/happy/1.png", "test/happy/2.png"])
    0
    >>> wrapping_folders(["archive/train/happy/1.png", "archive/test/happy/2.png"])
    1
    """
    paths = [name.split("/") for name in names]
    depth = 0
    # The last two parts of a path are a class folder and a file.
    while (
        min(map(len, paths)) > depth + 2
        and len({path[depth] for path in paths}) == 1
        and not _has_meaning(paths[0][depth])
    ):
        depth += 1
    return depth


def load_split_folders(tree: FileTree, depth: int, *, problems: Problems, seed: int) -> Faces:
    """Load ``train/<class>/`` and ``test/<class>/``, the layout of FER-2013 on Kaggle.

    File names that start with ``PublicTest_`` or ``PrivateTest_`` restore the official split;
    other images in ``test`` are split in half, stratified by class.

    Parameters
    ----------
    tree : FileTree
        The folder or zip.
    depth : int
        The number of folders around ``train`` and ``test``.
    problems : Problems
        Collects bad files.
    seed : int
        The seed of the halves, if the file names do not define them.

    Returns
    -------
    Faces
        The good images; their names are their paths inside the folder or zip. Their origin is
        ``fer2013`` if file names give the official split, else the name of the folder or zip.

    Raises
    ------
    DataError
        If the name of a class folder is not an emotion, a class folder is empty, another folder
        with images is next to ``train`` and ``test``, or a file is bad and ``on_error="raise"``.
    """
    _check_split_folders(tree, depth)
    images = read_class_images(tree, depth + 1, problems=problems)
    splits = np.array([_split(name, depth) for name in images.names], dtype=np.array(SPLITS).dtype)
    unknown = splits == ""
    splits[unknown] = halve_by_class(images.labels[unknown], seed=seed)

    is_official = any(_official_split(name) for name in images.names)
    notes = []
    if is_official:
        notes.append("the official split was restored from the file names")
    if unknown.any():
        notes.append(
            f"{unknown.sum()} test images without PublicTest or PrivateTest in their names: "
            f"split in half by class, seed {seed}"
        )
    return images.faces(
        splits,
        origin=FER2013_ORIGIN if is_official else _own_name(tree),
        kind="train and test folders",
        notes=tuple(notes),
        problems=problems,
    )


def load_class_folders(tree: FileTree, depth: int, *, problems: Problems, seed: int) -> Faces:
    """Load ``<class>/`` folders, split about 80/10/10 by class.

    Parameters
    ----------
    tree : FileTree
        The folder or zip.
    depth : int
        The number of folders around the class folders.
    problems : Problems
        Collects bad files.
    seed : int
        The seed of the split.

    Returns
    -------
    Faces
        The good images; their names are their paths inside the folder or zip, and their origin
        is its name.

    Raises
    ------
    DataError
        If the name of a class folder is not an emotion, a class folder is empty, or a file is bad
        and ``on_error="raise"``.
    """
    images = read_class_images(tree, depth, problems=problems)
    return images.faces(
        split_by_class(images.labels, seed=seed),
        origin=_own_name(tree),
        kind=CLASS_FOLDERS_KIND,
        notes=(f"no split given: split about 80/10/10 by class, seed {seed}",),
        problems=problems,
    )


def _has_meaning(folder: str) -> bool:
    return folder.lower() in SPLIT_FOLDERS or is_emotion(folder)


def _check_split_folders(tree: FileTree, depth: int) -> None:
    for name in tree.images:
        folder, *rest = name.split("/")[depth:]
        if rest and folder.lower() not in SPLIT_FOLDERS:
            raise DataError(
                f"the folder {folder!r} in {tree.path.name} is next to train or test: expected "
                "only these two, with class folders in them. Move it elsewhere"
            )


def _split(name: str, depth: int) -> str:
    """Return the split of an image, or "" if neither its name nor its folder gives it."""
    # The name takes precedence: never train on an evaluation image that strayed into train.
    is_training = name.split("/")[depth].lower() == "train"
    return _official_split(name) or (TRAINING if is_training else "")


def _official_split(name: str) -> str:
    start = name.rpartition("/")[2].partition("_")[0]
    return start if start in (PUBLIC_TEST, PRIVATE_TEST) else ""


def _own_name(tree: FileTree) -> str:
    return tree.path.name if tree.path.is_dir() else tree.path.stem
