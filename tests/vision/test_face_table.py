"""Turn faces into rows and tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.face_table import (
    COLUMNS,
    FACE_COLUMNS,
    FILE_COLUMNS,
    as_table,
    frame_rows,
    read_face_table,
    to_table,
)
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace

PROBABILITIES = np.array([0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125, 0], dtype=np.float32)
HEAD = {"x": 1.0, "y": 2.5, "width": 30.0, "height": 40.0, "score": 0.75}


def tracked(number: int) -> TrackedFace:
    return TrackedFace(
        box=(1.0, 2.5, 30.0, 40.0),
        score=0.75,
        probabilities=PROBABILITIES,
        emotion="angry",
        number=number,
    )


def row(number: int) -> dict:
    chances = dict(zip(EMOTIONS, PROBABILITIES.tolist(), strict=True))
    return {"face": number, **HEAD, **chances, "emotion": "angry"}


def test_columns_are_those_of_a_long_table() -> None:
    start = ("frame", "time", "face", "x", "y", "width", "height", "score")
    assert (*start, *EMOTIONS, "emotion") == COLUMNS
    assert ("file", *COLUMNS) == FILE_COLUMNS


def test_each_face_of_a_frame_has_a_row() -> None:
    seen = Observation(7, 0.25, 640, 480, (tracked(2), tracked(5)))
    assert frame_rows(seen) == [{"frame": 7, "time": 0.25, **row(number)} for number in (2, 5)]


def test_a_frame_without_a_face_has_a_row_too() -> None:
    table = as_table(frame_rows(Observation(7, 0.25, 640, 480, ())))
    assert table[["frame", "time"]].to_numpy().tolist() == [[7, 0.25]]
    assert table.drop(columns=["frame", "time"]).isna().all(axis=None)


@pytest.mark.parametrize("faces", [(), (tracked(2),)])
def test_types_do_not_depend_on_what_was_found(faces: tuple[TrackedFace, ...]) -> None:
    table = as_table(frame_rows(Observation(7, 0.25, 640, 480, faces)))
    assert (table.dtypes[["frame", "face"]] == "Int64").all()
    assert table["emotion"].dtype == "string"
    assert (table.dtypes[["time", "x", "score", *EMOTIONS]] == "float64").all()


def test_faces_of_a_picture_are_counted() -> None:
    face = RecognizedFace(
        box=(1.0, 2.5, 30.0, 40.0), score=0.75, probabilities=PROBABILITIES, emotion="angry"
    )
    expected = pd.DataFrame([row(1), row(2)])[list(FACE_COLUMNS)]
    expected = expected.astype({"face": "Int64", "emotion": "string"})
    pd.testing.assert_frame_equal(to_table([face, face]), expected)


def test_tracked_faces_keep_their_numbers() -> None:
    assert to_table([tracked(4)])["face"].tolist() == [4]


def test_no_face_gives_an_empty_table_with_all_columns() -> None:
    table = to_table([])
    assert table.empty
    assert tuple(table.columns) == FACE_COLUMNS


def test_a_picture_has_no_frame_and_no_time() -> None:
    picture = Observation(None, None, 640, 480, (tracked(1),))
    assert frame_rows(picture) == [{"frame": None, "time": None, **row(1)}]


@pytest.mark.parametrize("columns", [COLUMNS, FILE_COLUMNS, ("file", *FACE_COLUMNS)])
def test_a_table_is_read_back_from_a_file(tmp_path: Path, columns: tuple[str, ...]) -> None:
    frames = [Observation(3, 0.1 + 0.2, 640, 480, (tracked(2),)), Observation(4, 0.5, 640, 480, ())]
    rows = [{"file": "é.mp4"} | one for frame in frames for one in frame_rows(frame)]
    table = as_table(({name: one[name] for name in columns} for one in rows), columns)
    table.to_csv(tmp_path / "faces.csv", index=False, encoding="utf-8")
    read = read_face_table(tmp_path / "faces.csv")
    pd.testing.assert_frame_equal(read, table, check_exact=True)
