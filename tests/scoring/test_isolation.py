"""Scoring in a separate process survives files that crash it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from fer_utils.scoring.file_scoring import score_files
from fer_utils.scoring.isolation import score_apart
from fer_utils.scoring.job import Job, ScoringError
from fer_utils.scoring.plan import read_plan
from fer_utils.scoring.worker import score_part


def test_another_process_gives_the_same(photos: Path, job: Callable[..., Job]) -> None:
    planned = job(photos)
    partition = next(read_plan(Path(planned.out)))
    assert list(score_apart(planned, partition)) == list(score_files(planned, partition))


def test_a_file_that_crashes_the_process_costs_only_itself(
    photos: Path, job: Callable[..., Job], deadly: str
) -> None:
    planned = job(photos)
    report = score_part(planned, next(read_plan(Path(planned.out))), isolated=True)
    assert report.errors == 1
    (error,) = pd.read_parquet(Path(planned.out, "_errors")).to_dict("records")
    assert error["file"] == deadly
    assert error["reason"].startswith("crashes the process that reads it (SIGKILL)")
    table = pd.read_parquet(planned.out)
    expected = [f"{number:02d}.jpg" for number in range(10)]
    expected.remove(deadly)
    assert table["file"].unique().tolist() == expected


def test_a_problem_of_the_worker_is_not_blamed_on_a_file(
    photos: Path, job: Callable[..., Job]
) -> None:
    planned = job(photos, model="feed")
    with pytest.raises(ScoringError, match="is not the model of the run"):
        list(score_apart(planned, next(read_plan(Path(planned.out)))))
