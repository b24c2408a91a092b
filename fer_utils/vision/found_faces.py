"""Crop the faces found in whole photographs."""

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
    """Replace each picture with a crop of its largest face.

    Loading resizes whole pictures to 48x48, which suits images that show only a face. In a
    photograph, the face would be just a few pixels wide.

    Parameters
    ----------
    faces : Faces
        Loaded from a folder or zip of pictures.
    path : str or Path
        That folder or zip.
    detector : Detector
        Face detector.

    Returns
    -------
    Faces
        The faces found; ``provenance.left_out`` counts the pictures without a face.

    Raises
    ------
    DataError
        If `path` is not the source of these faces, or no face is found at all.
    """
    path = Path(path)
    images = np.zeros((len(faces), IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    found = np.zeros(len(faces), dtype=bool)
    with open_tree(path) as tree:
        if not set(faces.names) <= set(tree.files):
            raise DataError(
                f"{path.name} does not contain these pictures: expected a folder or zip with one "
                "folder per class"
            )
        for place, name in enumerate(tqdm(faces.names, desc="Finding faces", unit=" pictures")):
            frame = as_picture(tree.read(str(name)))
            largest = detector.detect(frame)[:1]
            if largest:
                images[place], found[place] = crop_faces(frame, largest)[0], True
    if not found.any():
        raise DataError(f"no face found in the {len(faces)} pictures of {path.name}")
    missed = int((~found).sum())
    left_out = faces.provenance.left_out | ({"no face found": missed} if missed else {})
    note = "cropped to the largest face of each picture"
    provenance = replace(
        faces.provenance,
        grayed=0,
        resized=0,
        left_out=left_out,
        notes=(*faces.provenance.notes, note),
    )
    return replace(faces, images=images, provenance=provenance).select(found)
