import contextlib
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from sample_results import balancing_results, reproduce_results  # noqa: F401
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.emotions import EMOTIONS
from fer_utils.runs.pipeline import NotebookRun, RunSettings, run_notebooks

# The examples of docstrings are collected from all modules, but all of these have the same name.
collect_ignore_glob = ["*conftest.py"]

# Tests that share what takes long to set up, the longest first: each group runs in one process.
_GROUPS = {
    "page": ("tests/browser/test_page_without_server.py", "tests/browser/test_same_"),
    "browser": ("tests/browser/",),
    "run": ("tests/cli/test_main.py", "tests/runs/"),
}


class _GroupScheduling(LoadScopeScheduling):
    """Let one process run a whole group, or else a whole file."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0])


def pytest_xdist_auto_num_workers() -> int:
    """Start two processes more than there are cores: tests often wait for kernels and pages."""
    return (os.cpu_count() or 1) + 2


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _GroupScheduling:
    return _GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = list(_GROUPS)
    groups = {item: _group(item.nodeid.partition("::")[0]) for item in items}
    items.sort(key=lambda item: order.index(groups[item]) if groups[item] in order else len(order))


def _group(file: str) -> str:
    return next((name for name, paths in _GROUPS.items() if file.startswith(paths)), file)


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
