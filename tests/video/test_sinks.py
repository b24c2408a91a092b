"""CSV files of a video's faces, row by row."""

from pathlib import Path

import numpy as np
import pandas as pd

from fer_utils.emotions import EMOTIONS
from fer_utils.video.sinks import LongTable, WideTable
from fer_utils.vision.face_table import as_table, frame_rows
from fer_utils.vision.observation import Observation, TrackedFace

PROBABILITIES = np.array([0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125, 0], dtype=np.float32)
TEXT = "0.5,0.25,0.125,0.0625,0.03125,0.03125,0.0"


def tracked(number: int, x: float = 1.0) -> TrackedFace:
    return TrackedFace(
        box=(x, 2.5, 30.4, 40.0),
        score=0.75,
        probabilities=PROBABILITIES,
        emotion="angry",
        number=number,
    )


SEEN = [
    Observation(0, 0.0, 64, 48, (tracked(1),)),
    Observation(1, 0.25, 64, 48, ()),
    Observation(2, 0.5, 64, 48, (tracked(3, 50), tracked(2))),
    Observation(3, 0.75, 64, 48, (tracked(3, 50),)),
]


def written(table: LongTable | WideTable, seen: list[Observation]) -> None:
    for one in seen:
        table.add(one)
    table.finish()
    table.close()


def test_the_long_table_has_a_row_for_each_frame_and_face(tmp_path: Path) -> None:
    written(LongTable(tmp_path / "long.csv"), SEEN)
    lines = (tmp_path / "long.csv").read_text().splitlines()
    assert lines[0] == f"frame,time,face,x,y,width,height,score,{','.join(EMOTIONS)},emotion"
    assert lines[1] == f"0,0.0,1,1.0,2.5,30.4,40.0,0.75,{TEXT},angry"
    assert lines[2] == "1,0.25" + "," * 14
    assert len(lines) == 6


def test_the_long_table_is_read_back_as_it_was(tmp_path: Path) -> None:
    written(LongTable(tmp_path / "long.csv"), SEEN)
    expected = as_table(row for one in SEEN for row in frame_rows(one))
    found = pd.read_csv(tmp_path / "long.csv").astype(expected.dtypes)
    pd.testing.assert_frame_equal(found, expected)


def test_the_wide_table_has_a_row_for_each_frame(tmp_path: Path) -> None:
    written(WideTable(tmp_path / "wide.csv"), SEEN)
    lines = (tmp_path / "wide.csv").read_text().splitlines()
    names = [f"{name}{place}" for place in (0, 1) for name in ("box", *EMOTIONS)]
    assert lines[0] == ",".join(["frame", "time", *names])
    first, second = f'"[1, 2, 30, 40]",{TEXT}', f'"[50, 2, 30, 40]",{TEXT}'
    assert lines[1:] == [
        f"0,0.0,{first}{',' * 8}",
        f"1,0.25{',' * 16}",
        f"2,0.5,{first},{second}",
        f"3,0.75,{second}{',' * 8}",
    ]


def test_without_faces_the_wide_table_has_times_alone(tmp_path: Path) -> None:
    written(WideTable(tmp_path / "wide.csv"), SEEN[1:2])
    assert (tmp_path / "wide.csv").read_text() == "frame,time\n1,0.25\n"
    assert [path.name for path in tmp_path.iterdir()] == ["wide.csv"]
