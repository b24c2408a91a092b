"""Parts of the table have stable types and separate errors, and are never half-written."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from fer_utils.scoring.job import Partition, Piece, PlannedFile
from fer_utils.scoring.parts import count_errors, write_part
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
    replace = os.replace

    def watch(source: Path, target: Path) -> None:
        renamed.append(str(Path(target).relative_to(tmp_path)))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    write_part(tmp_path, partition_of("a.jpg"), [Piece(place=0, ended=True)])
    assert renamed == ["_errors/part-000000.parquet", "part-000000.parquet"]
