from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from sample_results import balancing_results, reproduce_results  # noqa: F401

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.emotions import EMOTIONS
from fer_utils.runs.pipeline import NotebookRun, RunSettings, run_notebooks

# Tests that share what takes long to set up, the longest first: each group runs in one process.
_GROUPS = ("browser", "run")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Let one process run a whole file, or one of `_GROUPS`, when tests run on several cores.

    A wrapper, because xdist reads the groups in a hook of its own.
    """
    for item in items:
        group = str(item.path)
        if "browser" in item.path.parts:
            group = "browser"
        elif isinstance(item, pytest.Function) and "finished_run" in item.fixturenames:
            group = "run"
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: _place(item.get_closest_marker("xdist_group")))
    return (yield)


def _place(marker: pytest.Mark | None) -> int:
    group = None if marker is None else marker.args[0]
    return _GROUPS.index(group) if group in _GROUPS else len(_GROUPS)


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
    """Give a run of the real notebooks, from loading to evaluation."""
    return run_notebooks(tmp_path_factory.mktemp("run"), RunSettings(source=str(face_folder)))


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """Give a public-domain photograph of one smiling face, uint8 (512, 512, 3); do not change it.

    BlazeFace's box around the face is about (178, 81, 94, 94).
    """
    photograph = skimage.data.astronaut()
    photograph.setflags(write=False)
    return photograph
