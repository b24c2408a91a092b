"""A whole run in one process or on workers, resumed runs, and refused options."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster
from sample_videos import write_video

from fer_utils.scoring import cluster
from fer_utils.scoring.job import ScoringError
from fer_utils.scoring.scoring_run import score
from fer_utils.vision.face_table import COLUMNS


def test_a_run_writes_one_table_with_a_row_per_face(photos: Path, tmp_path: Path) -> None:
    steps = []
    summary = score(
        photos,
        tmp_path / "out",
        partition=25,
        workers=0,
        on_progress=lambda done, files: steps.append((done, files)),
    )
    assert (summary.files, summary.errors, summary.parts, summary.parts_before) == (60, 0, 3, 0)
    assert 0 < summary.worker_seconds < summary.seconds
    assert steps == [(0, 60), (25, 60), (50, 60), (60, 60)]
    table = pd.read_parquet(tmp_path / "out")
    assert list(table.columns) == ["file", *COLUMNS]
    assert table["file"].unique().tolist() == [f"{number:02d}.jpg" for number in range(60)]
    assert (table["emotion"] == "happy").mean() > 0.5
    assert len(pd.read_parquet(tmp_path / "out" / "_errors")) == 0


def test_videos_and_pictures_share_the_table(
    astronaut: np.ndarray, photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    clip = write_video(folder / "clip.mp4", [astronaut] * 10)
    (folder / "cut.mp4").write_bytes(clip.read_bytes()[:2000])
    shutil.copy(photos / "00.jpg", folder)
    summary = score(folder, tmp_path / "out", workers=0, rate=5)
    assert (summary.files, summary.errors, summary.parts) == (3, 1, 3)
    table = pd.read_parquet(tmp_path / "out")
    assert table["file"].tolist() == ["clip.mp4", "clip.mp4", "00.jpg"]
    assert table["frame"].fillna(-1).tolist() == [0, 5, -1]
    assert table["time"].fillna(-1).tolist() == [0, 0.2, -1]
    assert table["face"].tolist() == [1, 1, 1]
    assert table["emotion"].tolist() == ["happy"] * 3
    errors = pd.read_parquet(tmp_path / "out" / "_errors")
    assert errors["file"].tolist() == ["cut.mp4"]


def test_results_do_not_depend_on_partitions_or_neighbors(photos: Path, tmp_path: Path) -> None:
    paths = sorted(photos.iterdir())[7::-3]
    (tmp_path / "list.txt").write_text("\n".join(map(str, paths)))
    score(photos, tmp_path / "all", partition=60, workers=0)
    score(tmp_path / "list.txt", tmp_path / "some", partition=2, workers=0)
    some = pd.read_parquet(tmp_path / "some")
    everything = pd.read_parquet(tmp_path / "all")
    some["file"] = some["file"].str.removeprefix(f"{photos}/")
    expected = pd.concat([everything[everything["file"] == path.name] for path in paths])
    pd.testing.assert_frame_equal(some, expected.reset_index(drop=True), check_exact=True)


def test_a_second_run_has_nothing_to_do(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{photos / '00.jpg'}\n{photos / 'gone.jpg'}")
    first = score(tmp_path / "list.txt", tmp_path / "out", workers=0)
    steps = []
    second = score(
        tmp_path / "list.txt",
        tmp_path / "out",
        workers=0,
        on_progress=lambda done, files: steps.append((done, files)),
    )
    assert (first.parts_before, second.parts_before) == (0, 1)
    assert (first.errors, second.errors, second.worker_seconds) == (1, 1, 0)
    assert steps == [(2, 2)]


def test_a_lost_part_is_scored_again(photos: Path, tmp_path: Path) -> None:
    score(photos, tmp_path / "out", partition=25, workers=0)
    part = tmp_path / "out" / "part-000001.parquet"
    before = part.read_bytes()
    part.unlink()
    steps = []
    summary = score(
        photos,
        tmp_path / "out",
        partition=25,
        workers=0,
        on_progress=lambda done, files: steps.append((done, files)),
    )
    assert summary.parts_before == 2
    assert steps == [(35, 60), (60, 60)]
    assert part.read_bytes() == before


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"partition": 0}, "a partition of 1 or more pictures, got 0"),
        ({"workers": -1}, "0 or more workers, got -1"),
        ({"rate": 0.0}, "a rate above 0 frames per second, got 0.0"),
        ({"faces": "yolo"}, "unknown faces 'yolo'"),
    ],
)
def test_an_invalid_option_is_refused(
    photos: Path, tmp_path: Path, option: dict, message: str
) -> None:
    with pytest.raises(ScoringError, match=message):
        score(photos, tmp_path / "out", **{"workers": 0} | option)
    assert not (tmp_path / "out").exists()


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
