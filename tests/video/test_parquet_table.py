"""Write observations to Parquet files, in groups of rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fer_utils.video import parquet_table
from fer_utils.video.parquet_table import ParquetTable, parquet_schema
from fer_utils.vision.face_table import COLUMNS, FILE_COLUMNS, as_table, frame_rows
from fer_utils.vision.observation import Observation, TrackedFace

FACE = TrackedFace(
    box=(1.0, 2.5, 30.0, 40.0),
    score=0.75,
    probabilities=np.eye(7, dtype=np.float32)[3],
    emotion="happy",
    number=1,
)
SEEN = [Observation(number, number / 4, 64, 48, (FACE,) * (number % 3)) for number in range(9)]


def test_observations_are_read_back_as_they_were(tmp_path: Path) -> None:
    with ParquetTable(tmp_path / "faces.parquet", COLUMNS) as table:
        for one in SEEN:
            table.add(one)
    expected = as_table(row for one in SEEN for row in frame_rows(one))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "faces.parquet"), expected)


def test_rows_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_table, "_ROWS_AT_ONCE", 4)
    with ParquetTable(tmp_path / "faces.parquet") as table:
        for one in SEEN:
            table.add_rows({"file": "a.mp4"} | row for row in frame_rows(one))
    data = pq.ParquetFile(tmp_path / "faces.parquet").metadata
    groups = [data.row_group(group).num_rows for group in range(data.num_row_groups)]
    assert groups == [4, 4, 4]


def test_the_schema_does_not_depend_on_the_rows(tmp_path: Path) -> None:
    for name, seen in {"empty": [], "pictures": [Observation(None, None, 8, 8, ())]}.items():
        with ParquetTable(tmp_path / name) as table:
            for one in seen:
                table.add(one)
        schema = pq.read_schema(tmp_path / name)
        assert schema.equals(parquet_schema(), check_metadata=True)
        assert schema.names == list(FILE_COLUMNS)
