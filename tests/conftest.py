from pathlib import Path

import cv2
import pytest

from fer_utils.data.synthetic import draw_faces
from fer_utils.labels import EMOTIONS
from fer_utils.pipeline import Run, Settings, run_notebooks


@pytest.fixture(scope="session")
def face_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of class folders with 600 drawn faces, which the loader takes for people."""
    folder = tmp_path_factory.mktemp("faces")
    faces = draw_faces(600, seed=1)
    for number, (image, label) in enumerate(zip(faces.images, faces.labels, strict=True)):
        path = folder / EMOTIONS[label] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), image)
    return folder


@pytest.fixture(scope="session")
def finished_run(face_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Give a run of the real notebooks, from loading to evaluation."""
    return run_notebooks(tmp_path_factory.mktemp("run"), Settings(source=str(face_folder)))
