"""Runs whose workers, scheduler or main process are killed end with the same results."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from sample_videos import write_video

from fer_utils.scoring.plan import finished_parts
from fer_utils.scoring.scoring_run import score

SECONDS = 60
# 17 parts, so that some are done and some are not when something is killed.
PARTITION = 4


def content(out: Path) -> dict[str, bytes]:
    """Return the bytes of all parts, including those of the error table."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*part-*")}


@pytest.fixture(scope="module")
def inputs(photos: Path, astronaut: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a list of 60 pictures, a broken one, and a video."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "broken.jpg").write_text("not a picture", encoding="utf-8")
    path = folder / "list.txt"
    video = write_video(folder / "clip.mp4", [astronaut] * 5)
    paths = [*sorted(photos.iterdir()), folder / "broken.jpg", video]
    path.write_text("\n".join(map(str, paths)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "results.parquet"
    summary = score(inputs, out, partition=PARTITION, workers=0, faces="near")
    assert (summary.files, summary.errors, summary.parts) == (62, 1, 17)
    return content(out)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen]]:
    """Yield a function that starts a command of the environment; kill all processes at the end."""
    started: list[subprocess.Popen] = []

    def run(command: str, *arguments: object) -> subprocess.Popen:
        program = Path(sys.executable).with_name(command)
        process = subprocess.Popen(
            [sys.executable, program, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        for child in family(process):
            child.kill()
        process.kill()
        process.wait()
        process.stdout.close()


def family(process: subprocess.Popen) -> list[psutil.Process]:
    """Return all descendants of a process."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def scoring(start: Callable[..., subprocess.Popen], inputs: Path, out: Path, *more: object):
    """Start ``fer-utils score``."""
    settings = ("--out", out, "--partition", PARTITION, "--faces", "near")
    return start("fer-utils", "score", inputs, *settings, *more)


def wait_for(condition: Callable[[], object], process: subprocess.Popen) -> None:
    """Wait for a condition while a process runs."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def some_parts(out: Path) -> bool:
    return out.is_dir() and len(finished_parts(out)) >= 2


@pytest.fixture
def other_cluster() -> Iterator[None]:
    """Occupy Dask's default port, about which it would warn."""
    with socket.socket() as port:
        with suppress(OSError):  # It may be in use already.
            port.bind(("127.0.0.1", 8787))
            port.listen()
        yield


@pytest.fixture
def slow(in_new_processes: Callable[[str, str], None]) -> None:
    """Delay every new process by 0.06 s per picture."""
    in_new_processes(".jpg", "time.sleep(0.06)")


@pytest.mark.usefixtures("slow")
def test_a_worker_that_is_killed_costs_nothing(
    start: Callable[..., subprocess.Popen],
    inputs: Path,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
) -> None:
    out = tmp_path / "results.parquet"
    run = scoring(start, inputs, out, "--workers", 2)
    wait_for(lambda: some_parts(out), run)
    assert len(content(out)) < len(undisturbed)
    workers = [child for child in family(run) if "spawn_main" in " ".join(child.cmdline())]
    workers[0].kill()
    printed, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 0
    assert "62 files" in printed
    assert "Traceback" not in printed
    assert content(out) == undisturbed


def test_a_file_that_always_kills_its_worker_ends_up_in_the_errors(
    start: Callable[..., subprocess.Popen],
    inputs: Path,
    undisturbed: dict[str, bytes],
    deadly: str,
    tmp_path: Path,
) -> None:
    out = tmp_path / "results.parquet"
    run = scoring(start, inputs, out, "--workers", 1)
    printed, _ = run.communicate(timeout=SECONDS)
    assert "2 could not be scored" in printed
    errors = pd.read_parquet(out / "_errors").set_index("file")["reason"]
    assert [Path(name).name for name in errors.index] == [deadly, "broken.jpg"]
    assert errors.iloc[0].startswith("crashes the process that reads it (SIGKILL)")
    # Once with others, once isolated: one that blocks its process takes the time limit each time.
    assert len((tmp_path / "deaths").read_text()) == 2
    others = {name: data for name, data in content(out).items() if "000001" not in name}
    assert others.items() <= undisturbed.items()


@pytest.mark.usefixtures("slow")
def test_a_run_that_is_killed_is_resumed(
    start: Callable[..., subprocess.Popen],
    inputs: Path,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
) -> None:
    out = tmp_path / "results.parquet"
    run = scoring(start, inputs, out, "--workers", 2)
    wait_for(lambda: some_parts(out), run)
    workers = family(run)
    run.kill()
    assert psutil.wait_procs(workers, timeout=SECONDS)[1] == []
    before = times_of_parts(out)
    assert 2 <= len(before) < 17

    again = scoring(start, inputs, out, "--workers", 2)
    printed, _ = again.communicate(timeout=SECONDS)
    assert again.returncode == 0
    assert f"{len(before)} of 17 parts were already done" in printed
    assert content(out) == undisturbed
    assert before.items() <= times_of_parts(out).items()


def times_of_parts(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}


@pytest.mark.usefixtures("slow", "other_cluster")
def test_ctrl_c_ends_a_run_cleanly(
    start: Callable[..., subprocess.Popen],
    inputs: Path,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
) -> None:
    out = tmp_path / "results.parquet"
    run = scoring(start, inputs, out, "--workers", 2)
    wait_for(lambda: some_parts(out), run)
    workers = family(run)
    os.killpg(run.pid, signal.SIGINT)  # A terminal sends it to all of them.
    printed, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 130
    assert printed == f"{out} keeps what is done: run the same command to continue\nstopped\n"
    assert psutil.wait_procs(workers, timeout=SECONDS)[1] == []
    before = len(finished_parts(out))
    assert 2 <= before < 17
    assert score(inputs, out, partition=PARTITION, workers=0, faces="near").parts_before == before
    assert content(out) == undisturbed


@pytest.mark.usefixtures("slow")
def test_a_scheduler_that_dies_loses_no_finished_part(
    start: Callable[..., subprocess.Popen],
    inputs: Path,
    undisturbed: dict[str, bytes],
    tmp_path: Path,
) -> None:
    out = tmp_path / "results.parquet"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, local = f"tcp://127.0.0.1:{port}", ("--host", "127.0.0.1", "--no-dashboard")
    scheduler = start("dask", "scheduler", "--port", port, *local)
    scratch = tmp_path / "scratch"
    start("dask", "worker", address, "--nthreads", 1, "--local-directory", scratch, *local)
    run = scoring(start, inputs, out, "--scheduler", address)
    wait_for(lambda: some_parts(out), run)
    scheduler.kill()
    printed, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 1
    assert "run the same command to continue" in printed
    assert "fer-utils: lost the connection to the scheduler" in printed
    assert "Traceback" not in printed
    assert 2 <= len(finished_parts(out)) < 17

    assert score(inputs, out, partition=PARTITION, workers=0, faces="near").parts_before >= 2
    assert content(out) == undisturbed
