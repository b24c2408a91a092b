"""Whole photographs as faces: find the face in each picture and frame it as FER-2013 does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fer_utils.data.faces import IMAGE_SIZE, DataError, Faces
from fer_utils.data.file_tree import open_tree
from fer_utils.vision.alignment import crop_faces
from fer_utils.vision.detector import Detector
from fer_utils.vision.picture import as_picture


def crop_found_faces(faces: Faces, path: str | Path, detector: Detector) -> Faces:
    """Return the largest face of each picture instead of the whole picture.

    Loading brings a picture to 48x48 as a whole, which suits faces that were cut out before. In
    a photograph the face would be a few pixels wide.

    Parameters
    ----------
    faces : Faces
        As loaded from a folder or zip of pictures.
    path : str or Path
        That folder or zip.
    detector : Detector
        What finds the faces.

    Returns
    -------
    Faces
        The faces found; ``provenance.left_out`` counts the pictures without any.

    Raises
    ------
    DataError
        If `path` holds no pictures, or no face is found at all.
    """
    path = Path(path)
    images = np.zeros((len(faces), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    found = np.zeros(len(faces), dtype=bool)
    with open_tree(path) as tree:
        if not set(faces.names) <= set(tree.files):
            raise DataError(f"{path.name} holds no pictures: expected class folders of them")
        for place, name in enumerate(tqdm(faces.names, desc="Finding faces", unit=" images")):
            frame = as_picture(tree.read(str(name)))
            largest = detector.detect(frame)[:1]
            if largest:
                images[place], found[place] = crop_faces(frame, largest)[0], True
    if not found.any():
        raise DataError(f"no face was found in the {len(faces)} pictures of {path.name}")
    missed = int((~found).sum())
    left_out = faces.provenance.left_out | ({"no face was found": missed} if missed else {})
    note = "the largest face of each picture was found and cut out"
    provenance = replace(
        faces.provenance,
        grayed=0,
        resized=0,
        left_out=left_out,
        notes=(*faces.provenance.notes, note),
    )
    return replace(faces, images=images, provenance=provenance).select(found)
