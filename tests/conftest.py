import contextlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from sample_results import balancing_results, reproduce_results  # noqa: F401
from shares import SHARES, Shares

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.emotions import EMOTIONS
from fer_utils.runs.pipeline import NotebookRun, RunSettings, run_notebooks

# The examples of docstrings are collected from all modules, but all of these have the same name.
collect_ignore_glob = ["*conftest.py"]


def pytest_xdist_auto_num_workers() -> int:
    return len(SHARES)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Shares())


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
def finished_run(face_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> NotebookRun:
    """Give a run of the real notebooks, started in a folder that is not the project's."""
    with contextlib.chdir(tmp_path_factory.mktemp("elsewhere")):
        return run_notebooks(tmp_path_factory.mktemp("run"), RunSettings(source=str(face_folder)))


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """Give a public-domain photograph of one smiling face, uint8 (512, 512, 3); do not change it.

    BlazeFace's box around the face is about (178, 81, 94, 94).
    """
    photograph = skimage.data.astronaut()
    photograph.setflags(write=False)
    return photograph
