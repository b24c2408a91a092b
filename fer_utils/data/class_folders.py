"""Load images whose emotion is the name of their folder.

References
----------
FER-2013 is usually distributed in this layout: Goodfellow, I. J. et al. (2013). Challenges in
representation learning: a report on three machine learning contests. ICONIP 2013.
https://arxiv.org/abs/1307.0414
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.faces import IMAGE_SIZE, SPLITS, DataError, Faces
from fer_utils.data.fer2013 import CKPLUS_ORIGIN, FER2013_ORIGIN
from fer_utils.data.file_tree import FileTree, is_image_name, is_other_name
from fer_utils.data.image_files import ImageError, quiet_decoder, read_image
from fer_utils.data.provenance import BadItemError, Problems, Provenance
from fer_utils.data.splitting import halve_by_class, split_by_class, split_by_group
from fer_utils.emotions import UnknownEmotionError, emotion_index
from fer_utils.paths import printable

CKPLUS_FOLDER_KIND = "CK+48 folders"
CLASS_FOLDERS_KIND = "class folders"

_SPLIT_FOLDERS = ("train", "test")
_SHAPE = (IMAGE_SIZE, IMAGE_SIZE)
# Subject, sequence, and frame, such as S010_004_00000017.
_CKPLUS_NAME = re.compile(r"(S\d+)_\d+_\d+")


def load_class_folders(tree: FileTree, *, problems: Problems, seed: int) -> Faces:
    """Load class folders in one of three layouts.

    - ``train/<class>/`` and ``test/<class>/``, as FER-2013 on Kaggle: file names that start with
      ``PublicTest_`` or ``PrivateTest_`` restore the official split; other images in ``test`` are
      split in half, stratified by class.
    - CK+48, if most files are named like its frames (``S010_004_00000017.png``): split about
      80/10/10 by subject, without contempt.
    - Any other ``<class>/`` folders: split about 80/10/10 by class.

    Folders that contain all of these, such as ``archive/``, are ignored. So are text files
    (``.txt``, ``.csv``, ``.md``, ``.json``); any other file in a class folder that is not an image
    is bad. Color becomes gray, 16 bits become 8, transparency is ignored, the camera's orientation
    (EXIF) is applied, and other sizes are resized to 48x48 by area interpolation.

    Parameters
    ----------
    tree : FileTree
        The folder or zip, with at least one image.
    problems : Problems
        Collects bad files.
    seed : int
        The seed of the splits that the files do not define.

    Returns
    -------
    Faces
        The good images in the order of their paths inside the folder or zip, which are their
        names. Their origin is ``fer2013`` if file names give the official split, ``ckplus`` for
        CK+48, else the name of the folder or zip.

    Raises
    ------
    DataError
        If the name of a class folder is not an emotion, a class folder is empty, another folder
        with images is next to ``train`` and ``test``, CK+48 has fewer than three subjects, or a
        file is bad and ``on_error="raise"``.
    """
    depth = _wrapping_folders(tree.images)
    if any(name.split("/")[depth].lower() in _SPLIT_FOLDERS for name in tree.images):
        return _load_split_folders(tree, depth, problems, seed)
    if sum(bool(_subject(name)) for name in tree.images) > len(tree.images) / 2:
        return _load_ckplus_folders(tree, depth, problems, seed)
    faces = _read_images(tree, depth, problems)
    splits = split_by_class(faces.labels, seed=seed)
    note = f"no split given: split about 80/10/10 by class, seed {seed}"
    return replace(faces, splits=splits, provenance=replace(faces.provenance, notes=(note,)))


def _wrapping_folders(names: Sequence[str]) -> int:
    """Return the number of folders that contain all images and have no meaning."""
    paths = [name.split("/") for name in names]
    depth = 0
    # The last two parts of a path are a class folder and a file.
    while min(map(len, paths)) > depth + 2 and len({path[depth] for path in paths}) == 1:
        folder = paths[0][depth]
        if folder.lower() in _SPLIT_FOLDERS or _is_emotion(folder):
            break
        depth += 1
    return depth


def _load_split_folders(tree: FileTree, depth: int, problems: Problems, seed: int) -> Faces:
    for name in tree.images:
        folder, *rest = name.split("/")[depth:]
        if rest and folder.lower() not in _SPLIT_FOLDERS:
            raise DataError(
                f"the folder {folder!r} in {tree.path.name} is next to train or test: expected "
                "only these two, with class folders in them. Move it elsewhere"
            )
    faces = _read_images(tree, depth + 1, problems)
    paths = [name.split("/") for name in faces.names]
    starts = np.array([path[-1].partition("_")[0] for path in paths], dtype=np.str_)
    # The name takes precedence: never train on an evaluation image that strayed into train.
    is_official = np.isin(starts, SPLITS[1:])
    unknown = ~is_official & np.array([path[depth].lower() == "test" for path in paths], dtype=bool)
    splits = np.where(is_official, starts, "Training").astype(np.array(SPLITS).dtype)
    splits[unknown] = halve_by_class(faces.labels[unknown], seed=seed)

    origins, notes = faces.origins, []
    if is_official.any():
        origins = np.full(len(faces), FER2013_ORIGIN)
        notes.append("the official split was restored from the file names")
    if unknown.any():
        notes.append(
            f"{unknown.sum()} test images without PublicTest or PrivateTest in their names: "
            f"split in half by class, seed {seed}"
        )
    provenance = replace(faces.provenance, kind="train and test folders", notes=tuple(notes))
    return replace(faces, splits=splits, origins=origins, provenance=provenance)


def _load_ckplus_folders(tree: FileTree, depth: int, problems: Problems, seed: int) -> Faces:
    for name in tree.images:
        if not _subject(name):
            problems.report(tree.item(name), "expected a name such as S010_004_00000017.png")
    files = tuple(name for name in tree.files if _subject(name) or not is_image_name(name))
    faces = _read_images(replace(tree, files=files), depth, problems, omit=("contempt",))
    try:
        subjects = [_subject(name) for name in faces.names]
        splits = split_by_group(subjects, faces.labels, seed=seed)
    except DataError as error:
        raise DataError(f"{tree.path.name} has too few subjects: {error}") from error
    notes = [f"split about 80/10/10 by subject, seed {seed}: no person is in two splits"]
    if emotion_index("neutral") not in faces.labels:
        notes.append("CK+48 has no neutral images")
    origins = np.full(len(faces), CKPLUS_ORIGIN)
    provenance = replace(faces.provenance, kind=CKPLUS_FOLDER_KIND, notes=tuple(notes))
    return replace(faces, splits=splits, origins=origins, provenance=provenance)


def _read_images(
    tree: FileTree, depth: int, problems: Problems, *, omit: Collection[str] = ()
) -> Faces:
    """Read the images of class folders, all into Training; only count those in `omit`."""
    label_of, left_out = _label_files(tree, depth, problems, omit)
    images = np.empty((len(label_of), *_SHAPE), dtype=np.uint8)
    names: list[str] = []
    grayed = resized = 0
    with quiet_decoder():
        title = f"Reading {printable(tree.path.name)}"
        for name in tqdm(label_of, desc=title, unit=" images", delay=1):
            try:
                image: NDArray = read_image(tree.read(name), as_stored=True)
            except (BadItemError, ImageError) as error:
                problems.report(tree.item(name), f"expected an image, but {error}")
                continue
            if image.ndim == 3:
                image, grayed = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), grayed + 1
            if image.shape != _SHAPE:
                image = cv2.resize(image, _SHAPE, interpolation=cv2.INTER_AREA)
                resized += 1
            images[len(names)] = image
            names.append(name)
    return Faces(
        images=images[: len(names)],
        labels=np.array([label_of[name] for name in names], dtype=np.uint8),
        splits=np.full(len(names), "Training"),
        names=np.array(names, dtype=np.str_),
        origins=np.full(len(names), tree.path.name if tree.path.is_dir() else tree.path.stem),
        provenance=Provenance(
            source=tree.path.name,
            kind=CLASS_FOLDERS_KIND,
            grayed=grayed,
            resized=resized,
            left_out=left_out,
            skipped=problems.skipped,
        ),
    )


def _label_files(
    tree: FileTree, depth: int, problems: Problems, omit: Collection[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the label of each file to read, and the number of files in each omitted folder."""
    label_of: dict[str, int] = {}
    left_out: Counter[str] = Counter()
    filled: set[str] = set()
    for name in tree.files:
        if is_other_name(name):
            continue
        parts = name.split("/")
        if len(parts) < depth + 2:
            # A license or a script next to the class folders is fine, an image is not.
            if is_image_name(name):
                problems.report(tree.item(name), "expected an image in a class folder")
            continue
        folder = parts[depth]
        filled.add("/".join(parts[: depth + 1]))
        if folder.lower() in omit:
            left_out[folder.lower()] += 1
            continue
        try:
            label_of[name] = emotion_index(folder)
        except UnknownEmotionError as error:
            raise DataError(
                f"the folder {folder!r} in {tree.path.name} is not a class: {error}. Rename it "
                "or move it elsewhere"
            ) from error
    for folder in tree.folders:
        parts = folder.split("/")
        if len(parts) == depth + 1 and _is_emotion(parts[depth]) and folder not in filled:
            raise DataError(
                f"the class folder {folder} in {tree.path.name} is empty: add images of this "
                "emotion, or remove the folder"
            )
    return label_of, dict(left_out)


def _is_emotion(folder: str) -> bool:
    try:
        emotion_index(folder)
    except UnknownEmotionError:
        return False
    return True


def _subject(name: str) -> str:
    """Return the subject of a frame of CK+, such as S010, or "" if the name has none."""
    match = _CKPLUS_NAME.match(name.rpartition("/")[2])
    return match[1] if match else ""
