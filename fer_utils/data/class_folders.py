"""Images in class folders, with or without ``train`` and ``test`` folders around them.

References
----------
FER-2013, whose usual distribution has this layout: Goodfellow, I. J. et al. (2013). Challenges in
representation learning: a report on three machine learning contests. ICONIP 2013.
https://arxiv.org/abs/1307.0414
"""

from collections.abc import Sequence

import numpy as np

from fer_utils.data import fer2013
from fer_utils.data.bad_items import Problems
from fer_utils.data.class_images import is_emotion, read_class_images
from fer_utils.data.faces import SPLITS, DataError, Faces
from fer_utils.data.file_tree import FileTree
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
    """Return how many folders wrap the class folders, or ``train`` and ``test``, of images.

    Parameters
    ----------
    names : sequence of str
        The images' paths, at least one.

    Returns
    -------
    int
        The number of folders that hold all images and mean nothing.

    Examples
    --------
    >>> wrapping_folders(["train/happy/1.png", "test/happy/2.png"])
    0
    >>> wrapping_folders(["archive/train/happy/1.png", "archive/test/happy/2.png"])
    1
    """
    paths = [name.split("/") for name in names]
    depth = 0
    # A path's last two parts never wrap anything: they are a class folder and a file.
    while (
        min(map(len, paths)) > depth + 2
        and len({path[depth] for path in paths}) == 1
        and not _means_something(paths[0][depth])
    ):
        depth += 1
    return depth


def load_split_folders(tree: FileTree, depth: int, *, problems: Problems, seed: int) -> Faces:
    """Load ``train/<class>/`` and ``test/<class>/``, the layout of FER-2013 on Kaggle.

    File names that start with ``PublicTest_`` or ``PrivateTest_`` restore the official split;
    other images of ``test`` are halved by class.

    Parameters
    ----------
    tree : FileTree
        The folder or zip.
    depth : int
        How many folders wrap ``train`` and ``test``.
    problems : Problems
        Takes notice of bad files.
    seed : int
        Decides on the halves where the file names do not.

    Returns
    -------
    Faces
        The good images; their names are their paths inside the folder or zip. Their origin is
        ``fer2013`` if file names tell the official split, else the folder's or zip's name.

    Raises
    ------
    DataError
        If a class folder's name is no emotion, a class folder is empty, another folder with
        images lies beside ``train`` and ``test``, or a file is bad and bad files are to stop the
        reading.
    """
    _check_split_folders(tree, depth)
    images = read_class_images(tree, depth + 1, problems=problems)
    splits = np.array([_split(name, depth) for name in images.names], dtype=np.array(SPLITS).dtype)
    unsaid = splits == ""
    splits[unsaid] = halve_by_class(images.labels[unsaid], seed=seed)

    is_official = any(_official_split(name) for name in images.names)
    notes = []
    if is_official:
        notes.append("the official split was restored from the file names")
    if unsaid.any():
        notes.append(
            f"{unsaid.sum()} test images do not say PublicTest or PrivateTest in their names: "
            f"halved by class, seed {seed}"
        )
    return images.faces(
        splits,
        origin=fer2013.ORIGIN if is_official else _own_name(tree),
        kind="train and test folders",
        notes=tuple(notes),
        problems=problems,
    )


def load_class_folders(tree: FileTree, depth: int, *, problems: Problems, seed: int) -> Faces:
    """Load ``<class>/`` folders, and split them about 80/10/10 by class.

    Parameters
    ----------
    tree : FileTree
        The folder or zip.
    depth : int
        How many folders wrap the class folders.
    problems : Problems
        Takes notice of bad files.
    seed : int
        Decides on the split.

    Returns
    -------
    Faces
        The good images; their names are their paths inside the folder or zip, whose name is
        their origin.

    Raises
    ------
    DataError
        If a class folder's name is no emotion, a class folder is empty, or a file is bad and bad
        files are to stop the reading.
    """
    images = read_class_images(tree, depth, problems=problems)
    return images.faces(
        split_by_class(images.labels, seed=seed),
        origin=_own_name(tree),
        kind=CLASS_FOLDERS_KIND,
        notes=(f"has no split of its own: split about 80/10/10 by class, seed {seed}",),
        problems=problems,
    )


def _means_something(folder: str) -> bool:
    return folder.lower() in SPLIT_FOLDERS or is_emotion(folder)


def _check_split_folders(tree: FileTree, depth: int) -> None:
    for name in tree.images:
        folder, *rest = name.split("/")[depth:]
        if rest and folder.lower() not in SPLIT_FOLDERS:
            raise DataError(
                f"the folder {folder!r} in {tree.path.name} lies beside train or test: expected "
                "only these two with class folders in them. Take it away"
            )


def _split(name: str, depth: int) -> str:
    """Return an image's split, or nothing where neither its name nor its folder tells it."""
    # The name comes first: an evaluation image that strayed into train must not be trained on.
    is_training = name.split("/")[depth].lower() == "train"
    return _official_split(name) or (TRAINING if is_training else "")


def _official_split(name: str) -> str:
    start = name.rpartition("/")[2].partition("_")[0]
    return start if start in (PUBLIC_TEST, PRIVATE_TEST) else ""


def _own_name(tree: FileTree) -> str:
    return tree.path.name if tree.path.is_dir() else tree.path.stem
