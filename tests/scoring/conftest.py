import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_utils.paths import SHIPPED_MODEL
from fer_utils.scoring.file_scoring import identify_model
from fer_utils.scoring.job import Job, ScoringSettings
from fer_utils.scoring.plan import prepare


@pytest.fixture(scope="session")
def photos(astronaut: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a read-only folder of 60 pictures of one face, shifted by one pixel each."""
    folder = tmp_path_factory.mktemp("photos")
    small = cv2.cvtColor(cv2.resize(astronaut, (256, 256)), cv2.COLOR_RGB2BGR)
    for number in range(60):
        cv2.imwrite(str(folder / f"{number:02d}.jpg"), np.roll(small, number, axis=1))
    return folder


@pytest.fixture
def settings() -> Callable[..., ScoringSettings]:
    """Return a function that creates the settings of a run with the shipped model."""

    def make(inputs: Path, **others: object) -> ScoringSettings:
        checksum, uncertain_below = identify_model(SHIPPED_MODEL)
        usual = {
            "inputs": str(inputs),
            "root": str(inputs),
            "partition": 10,
            "model": checksum,
            "uncertain_below": uncertain_below,
            "faces": "near",
            "rate": None,
        }
        return ScoringSettings(**usual | others)

    return make


@pytest.fixture
def job(settings: Callable[..., ScoringSettings], tmp_path: Path) -> Callable[..., Job]:
    """Return a function that plans a run with results in ``tmp_path / "out"``."""

    def make(inputs: Path, **others: object) -> Job:
        out = tmp_path / "out"
        manifest = prepare(out, settings(inputs, **others), restart=False)
        return Job(out=str(out), model=str(SHIPPED_MODEL), manifest=manifest)

    return make


@pytest.fixture
def in_new_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Return a function that makes new Python processes run a statement when they open a file.

    It takes the suffix of the file's name, and the statement.
    """
    folder = tmp_path / "site"
    folder.mkdir()
    path = [str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]

    def make(suffix: str, statement: str) -> None:
        (folder / "sitecustomize.py").write_text(
            "import os, signal, sys, time\n"
            "def watch(event, arguments):\n"
            f"    if event == 'open' and str(arguments[0]).endswith({suffix!r}):\n"
            f"        {statement}\n"
            "sys.addaudithook(watch)\n",
            encoding="utf-8",
        )
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))

    return make


@pytest.fixture
def deadly(in_new_processes: Callable[[str, str], None], tmp_path: Path) -> str:
    """Kill every new process that reads ``04.jpg``; note it in ``deaths``; return that name."""
    path = str(tmp_path / "deaths")
    note = f"os.write(os.open({path!r}, os.O_CREAT | os.O_APPEND | os.O_WRONLY), b'x')"
    in_new_processes("04.jpg", f"{note}; os.kill(os.getpid(), signal.SIGKILL)")
    return "04.jpg"
