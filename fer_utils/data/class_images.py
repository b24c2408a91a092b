"""Read images whose emotion is the name of their folder."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fer_utils.data.faces import IMAGE_SIZE, DataError, Faces, Images, Labels
from fer_utils.data.file_tree import FileTree, is_image_name, is_other_name
from fer_utils.data.image_files import ImageError, quiet_decoder, read_image
from fer_utils.data.provenance import BadItemError, Problems, Provenance
from fer_utils.emotions import UnknownEmotionError, emotion_index

_SHAPE = (IMAGE_SIZE, IMAGE_SIZE)


@dataclass(frozen=True)
class ClassImages:
    """Images read from class folders.

    Attributes
    ----------
    source : str
        The name of the folder or zip.
    images : ndarray of uint8, shape (n, 48, 48)
        The gray images.
    labels : ndarray of uint8, shape (n,)
        Their emotions, from the names of their folders.
    names : tuple of str
        Their paths inside the folder or zip.
    grayed, resized : int
        The number of images converted from color to gray, and resized to 48x48.
    left_out : dict of str to int
        The number of images in each omitted class folder.
    """

    source: str
    images: Images
    labels: Labels
    names: tuple[str, ...]
    grayed: int
    resized: int
    left_out: dict[str, int]

    def faces(
        self,
        splits: NDArray[np.str_],
        *,
        origin: str,
        kind: str,
        notes: tuple[str, ...],
        problems: Problems,
    ) -> Faces:
        """Return the images as faces in the given splits, shape (n,)."""
        provenance = Provenance(
            source=self.source,
            kind=kind,
            notes=notes,
            grayed=self.grayed,
            resized=self.resized,
            left_out=self.left_out,
            skipped=problems.skipped,
        )
        return Faces(
            images=self.images,
            labels=self.labels,
            splits=splits,
            names=np.array(self.names, dtype=np.str_),
            origins=np.full(len(self.names), origin),
            provenance=provenance,
        )


def read_class_images(
    tree: FileTree, depth: int, *, problems: Problems, omit: Collection[str] = ()
) -> ClassImages:
    """Read the images of class folders.

    Text files (``.txt``, ``.csv``, ``.md``, ``.json``) are ignored; any other file in a class
    folder that is not an image is bad. Color becomes gray, 16 bits become 8, transparency is
    ignored, the camera's orientation (EXIF) is applied, and other sizes are resized to 48x48 by
    area interpolation.

    Parameters
    ----------
    tree : FileTree
        The folder or zip.
    depth : int
        The number of folders above the class folders.
    problems : Problems
        Collects bad files.
    omit : collection of str
        Names of class folders, in lower case, whose images are only counted.

    Returns
    -------
    ClassImages
        The good images, in the order of their paths.

    Raises
    ------
    DataError
        If the name of a class folder is not an emotion, a class folder is empty, or a file is bad
        and ``on_error="raise"``.
    """
    label_of, left_out = _label_files(tree, depth, problems=problems, omit=omit)
    images = np.empty((len(label_of), *_SHAPE), dtype=np.uint8)
    names: list[str] = []
    grayed = resized = 0
    with quiet_decoder():
        for name in tqdm(label_of, desc=f"Reading {tree.path.name}", unit=" images", delay=1):
            try:
                image = read_image(tree.read(name), as_stored=True)
            except (BadItemError, ImageError) as error:
                problems.report(tree.item(name), f"expected an image, but {error}")
                continue
            is_color = image.ndim == 3
            gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if is_color else image
            is_resized = gray.shape != _SHAPE
            gray = cv2.resize(gray, _SHAPE, interpolation=cv2.INTER_AREA) if is_resized else gray
            images[len(names)] = gray
            names.append(name)
            grayed += is_color
            resized += is_resized
    return ClassImages(
        source=tree.path.name,
        images=images[: len(names)],
        labels=np.array([label_of[name] for name in names], dtype=np.uint8),
        names=tuple(names),
        grayed=grayed,
        resized=resized,
        left_out=left_out,
    )


def is_emotion(folder: str) -> bool:
    """Return whether the name of a folder is an emotion or an alias."""
    try:
        emotion_index(folder)
    except UnknownEmotionError:
        return False
    return True


def _label_files(
    tree: FileTree, depth: int, *, problems: Problems, omit: Collection[str]
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
        else:
            label_of[name] = _label(folder, tree)
    _check_filled(tree, depth, filled)
    return label_of, dict(left_out)


def _label(folder: str, tree: FileTree) -> int:
    try:
        return emotion_index(folder)
    except UnknownEmotionError as error:
        raise DataError(
            f"the folder {folder!r} in {tree.path.name} is not a class: {error}. Rename it or "
            "move it elsewhere"
        ) from error


def _check_filled(tree: FileTree, depth: int, filled: set[str]) -> None:
    for folder in tree.folders:
        parts = folder.split("/")
        if len(parts) == depth + 1 and is_emotion(parts[depth]) and folder not in filled:
            raise DataError(
                f"the class folder {folder} in {tree.path.name} is empty: add images of this "
                "emotion, or remove the folder"
            )
