"""Kills at random moments, and full disks: the earlier or the later artifact is there, whole.

The environment variable FER_KILLS says how many times each writer is killed.
"""

import multiprocessing
import os
import random
import time
from itertools import count
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import writers
from writers import WRITERS

from fer_utils.paths import PROJECT_ROOT

KILLS = int(os.environ.get("FER_KILLS", "2"))
SECONDS = 60

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks, and kills with a signal")


def keep_writing(name: str, folder: Path, first: int) -> None:
    """Write one version after the other."""
    (folder / "started").touch()
    for version in count(first):
        WRITERS[name].write(folder, version)


def write_on_a_full_disk(name: str, folder: Path) -> None:
    """Write a version where files may have a kilobyte; it must not succeed."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    with pytest.raises(OSError, match="File too large"):
        WRITERS[name].write(folder, 1)


@pytest.fixture(scope="module")
def forks() -> BaseContext:
    """Give a way to start processes that have already imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([writers.__name__])
    with pytest.MonkeyPatch.context() as patch:
        places = (PROJECT_ROOT, Path(writers.__file__).parent)
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, places)))
        process = context.Process(target=int)
        process.start()
        process.join(SECONDS)
    return context


def wait_for(path: Path, process: BaseProcess) -> None:
    end = time.monotonic() + SECONDS
    while not path.exists():
        assert process.is_alive()
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize("name", WRITERS)
def test_a_kill_leaves_a_whole_artifact(forks: BaseContext, tmp_path: Path, name: str) -> None:
    writer, chance = WRITERS[name], random.Random(0)
    began = time.monotonic()
    writer.write(tmp_path, 0)
    seconds = time.monotonic() - began
    versions = [0]
    for _ in range(KILLS):
        process = forks.Process(target=keep_writing, args=(name, tmp_path, versions[-1] + 1))
        process.start()
        wait_for(tmp_path / "started", process)
        time.sleep(chance.uniform(0, 3 * seconds))
        process.kill()
        process.join()
        assert process.exitcode == -9
        (tmp_path / "started").unlink()
        versions.append(writer.read(tmp_path))
    unfinished = len([path for path in tmp_path.iterdir() if path.name.startswith(".")])
    print(f"{name}: {KILLS} kills, {unfinished} of them while writing, {versions[-1]} versions")
    assert name == "annotated" or versions == sorted(versions)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_earlier_artifact(
    forks: BaseContext, tmp_path: Path, name: str
) -> None:
    WRITERS[name].write(tmp_path, 0)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    process = forks.Process(target=write_on_a_full_disk, args=(name, tmp_path))
    process.start()
    process.join(SECONDS)
    assert process.exitcode == 0
    assert WRITERS[name].read(tmp_path) == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
