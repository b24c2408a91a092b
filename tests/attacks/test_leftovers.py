"""Kills at the worst moment: nothing is lost, and nothing is left for ever."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from fer_utils.paths import PROJECT_ROOT, atomic_file, atomic_folder, recover_folder
from fer_utils.widgets.video_job import VideoJob
from fer_utils.widgets.videos import Videos

# Replaces a folder, and dies at the n-th change of the file system's names.
_REPLACE = """
import ctypes, os, signal, sys
from fer_utils.paths import atomic_folder
left = int(sys.argv[2])
def die(event, arguments):
    global left
    if event in ("os.rename", "shutil.rmtree", "os.rmdir"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
with atomic_folder(sys.argv[1]) as folder:
    (folder / "card.json").write_text("new")
    sys.addaudithook(die)
"""
_UPLOAD = """
import os, signal
from fer_utils.widgets.video_job import VideoJob
job = VideoJob(1, "private.mp4")
job.source.write_bytes(b"private")
print(job.source.parent, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
DAYS_AGO = time.time() - 3 * 24 * 3600


def run_to_its_death(script: str, *arguments: str) -> str:
    """Run a script that kills itself, or ends well; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.stdout


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
@pytest.mark.parametrize("moment", range(4))
def test_a_kill_leaves_the_earlier_or_the_later_folder(tmp_path: Path, moment: int) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "card.json").write_text("old")
    run_to_its_death(_REPLACE, str(target), str(moment))
    if sys.platform != "linux":  # which needs no recovery
        recover_folder(target)
    assert (target / "card.json").read_text() in ("old", "new")


def test_a_folder_that_lost_its_name_gets_it_back(tmp_path: Path) -> None:
    old = tmp_path / ".model.fer-abcdefgh" / "old"
    old.mkdir(parents=True)
    (old / "card.json").write_text("old")
    with atomic_folder(tmp_path / "model") as folder:
        assert (tmp_path / "model" / "card.json").read_text() == "old"
        (folder / "card.json").write_text("new")
    assert (tmp_path / "model" / "card.json").read_text() == "new"


def test_leftovers_are_removed_once_they_are_old(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "a") as folder, atomic_file(tmp_path / "b.csv") as file:
        file.touch()
    for name in (folder.parent.name, file.name):
        for age, place in (("old", DAYS_AGO), ("new", time.time())):
            path = tmp_path / age / name
            path.parent.mkdir(exist_ok=True)
            path.touch() if path.suffix == ".csv" else path.mkdir()
            os.utime(path, (place, place))
    for age in ("old", "new"):
        with atomic_file(tmp_path / age / "c.csv") as file:
            file.touch()
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["c.csv"]
    assert len(list((tmp_path / "new").iterdir())) == 3


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
def test_the_videos_of_a_killed_page_are_removed_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    folder = Path(run_to_its_death(_UPLOAD).strip())
    assert folder.parent == tmp_path
    assert any(path.read_bytes() == b"private" for path in folder.iterdir())
    running = VideoJob(1, "of somebody else.mp4")
    running.source.touch()
    panel = Videos(lambda *_: [])
    assert not folder.exists()
    assert running.source.exists()
    panel.close()
    running.remove()
    assert list(tmp_path.iterdir()) == []
