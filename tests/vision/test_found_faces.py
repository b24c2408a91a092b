"""Crop the faces found in whole photographs."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from fer_utils.data.faces import DataError, Faces
from fer_utils.data.sources import load_faces
from fer_utils.vision.alignment import crop_faces
from fer_utils.vision.detector import find_detector
from fer_utils.vision.found_faces import crop_found_faces


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[..., ::-1])


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Return a folder with a photograph of one face and a picture without a face."""
    folder = tmp_path / "mine"
    write(folder / "happy" / "astronaut.png", astronaut())
    write(folder / "sad" / "nothing.png", np.full((300, 400, 3), 90, dtype=np.uint8))
    return folder


def loaded(folder: Path) -> Faces:
    return load_faces(folder, require_all_classes=False, require_all_splits=False)


def test_the_face_is_cut_out_as_for_predictions(photographs: Path) -> None:
    detector = find_detector()
    faces = crop_found_faces(loaded(photographs), photographs, detector)
    assert faces.names.tolist() == ["happy/astronaut.png"]
    assert faces.labels.tolist() == [3]
    expected = crop_faces(astronaut(), detector.detect(astronaut())[:1])
    np.testing.assert_array_equal(faces.images, expected)
    assert faces.provenance.left_out == {"no face found": 1}
    assert "cropped to the largest face" in faces.provenance.describe()
    assert "resized" not in faces.provenance.describe()


def test_pictures_without_any_face_are_refused(photographs: Path) -> None:
    (photographs / "happy" / "astronaut.png").unlink()
    (photographs / "happy").rmdir()
    with pytest.raises(DataError, match="no face found in the 1 pictures of mine"):
        crop_found_faces(loaded(photographs), photographs, find_detector())


def test_faces_of_another_source_are_refused(photographs: Path, tmp_path: Path) -> None:
    write(tmp_path / "others" / "fear" / "b.png", astronaut())
    with pytest.raises(
        DataError, match="mine does not contain these pictures: expected a folder or"
    ):
        crop_found_faces(loaded(tmp_path / "others"), photographs, find_detector())
