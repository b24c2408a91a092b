"""Partitions are distributed to the workers of a scheduler."""

from pathlib import Path

import pytest
from distributed import LocalCluster

from fer_utils.scoring import cluster
from fer_utils.scoring.scoring_run import score


def test_workers_of_a_scheduler_write_the_same_table(photos: Path, tmp_path: Path) -> None:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as workers:
        scheduler = workers.scheduler_address
        summary = score(photos, tmp_path / "cluster", partition=25, scheduler=scheduler)
    assert (summary.files, summary.errors, summary.parts) == (60, 0, 3)
    score(photos, tmp_path / "here", partition=25, workers=0)
    names = sorted(path.name for path in (tmp_path / "here").glob("part-*"))
    assert len(names) == 3
    for name in names:
        here, there = (tmp_path / folder / name for folder in ("here", "cluster"))
        assert here.read_bytes() == there.read_bytes()


def test_a_run_without_its_scheduler_is_an_error(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_SECONDS_TO_ANSWER", 1)
    with pytest.raises(ConnectionError, match="no scheduler responds at tcp"):
        score(photos, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
