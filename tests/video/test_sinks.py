"""Write observations to CSV and JSON files, one after the other."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_utils.emotions import EMOTIONS
from fer_utils.video.sinks import CsvTable, JsonList, WideTable, csv_text
from fer_utils.vision.face_table import (
    COLUMNS,
    FACE_COLUMNS,
    FILE_COLUMNS,
    NO_FACE,
    as_table,
    frame_rows,
    read_face_table,
)
from fer_utils.vision.observation import Observation, TrackedFace

PROBABILITIES = np.array([0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125, 0], dtype=np.float32)
TEXT = "0.5,0.25,0.125,0.0625,0.03125,0.03125,0.0"
FACE_TEXT = ["1.0", "2.5", "30.4", "40.0", "0.75", *TEXT.split(","), "angry"]
NOTHING = [""] * len(FACE_COLUMNS)


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
PICTURE = Observation(None, None, 60, 40, (tracked(1), tracked(2)))
EMPTY_PICTURE = Observation(None, None, 60, 40, ())
CLIP = [Observation(0, 0.0, 64, 48, (tracked(1), tracked(2))), Observation(5, 0.25, 64, 48, ())]


def write(sink: CsvTable | WideTable, seen: list[Observation]) -> None:
    with sink:
        for one in seen:
            sink.add(one)


def add_files(sink: CsvTable | JsonList, files: dict[str, list[Observation]]) -> None:
    for name, seen in files.items():
        with sink.file(name):
            for one in seen:
                sink.add(one)


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_long_table_has_a_row_for_each_frame_and_face(tmp_path: Path) -> None:
    write(CsvTable(tmp_path / "long.csv"), SEEN)
    lines = (tmp_path / "long.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"frame,time,face,x,y,width,height,score,{','.join(EMOTIONS)},emotion"
    assert lines[1] == f"0,0.0,1,1.0,2.5,30.4,40.0,0.75,{TEXT},angry"
    assert lines[2] == "1,0.25" + "," * 14
    assert len(lines) == 6


def test_the_long_table_is_read_back_as_it_was(tmp_path: Path) -> None:
    thirds = replace(tracked(1), probabilities=PROBABILITIES / 3, score=1 / 3)
    seen = [*SEEN, Observation(4, 0.1 + 0.2, 64, 48, (thirds,))]
    write(CsvTable(tmp_path / "long.csv"), seen)
    expected = as_table(row for one in seen for row in frame_rows(one))
    pd.testing.assert_frame_equal(
        read_face_table(tmp_path / "long.csv"), expected, check_exact=True
    )


def test_a_table_of_files_has_a_row_for_each_face_of_pictures_and_videos(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    files = {"a.jpg": [PICTURE], "no, one.jpg": [EMPTY_PICTURE], "c.mp4": CLIP}
    with CsvTable(path, FILE_COLUMNS) as table:
        add_files(table, files)
        table.add_error("bad.jpg", "is empty")
    assert cells(path) == [
        ["file", *COLUMNS],
        ["a.jpg", "", "", "1", *FACE_TEXT],
        ["a.jpg", "", "", "2", *FACE_TEXT],
        ["no, one.jpg", "", "", *NOTHING],
        ["c.mp4", "0", "0.0", "1", *FACE_TEXT],
        ["c.mp4", "0", "0.0", "2", *FACE_TEXT],
        ["c.mp4", "5", "0.25", *NOTHING],
    ]
    assert read_face_table(path)["happy"].sum() == 4 * 0.0625
    assert read_face_table(path)["frame"].fillna(-1).tolist() == [-1, -1, -1, 0, 0, 5]


def test_a_list_has_an_object_for_each_file(tmp_path: Path) -> None:
    path = tmp_path / "faces.json"
    with JsonList(path) as listing:
        add_files(listing, {"a.jpg": [PICTURE]})
        listing.add_error('bad "1".jpg', "is empty")
        add_files(listing, {"c.mp4": CLIP, "none.jpg": [EMPTY_PICTURE], "empty.mp4": []})
    face = {
        **{"box": [1.0, 2.5, 30.4, 40.0], "score": 0.75, "emotion": "angry"},
        "probabilities": dict(zip(EMOTIONS, PROBABILITIES.tolist(), strict=True)),
    }
    assert json.loads(path.read_text(encoding="utf-8")) == [
        {
            **{"file": "a.jpg", "width": 60, "height": 40},
            "faces": [{"number": n, **face, "keypoints": None} for n in (1, 2)],
        },
        {"file": 'bad "1".jpg', "error": "is empty"},
        {
            "file": "c.mp4",
            "frames": [
                {"frame": 0, "time": 0.0, "faces": [{"number": n, **face} for n in (1, 2)]},
                {"frame": 5, "time": 0.25, "faces": []},
            ],
        },
        {"file": "none.jpg", "width": 60, "height": 40, "faces": []},
        {"file": "empty.mp4", "frames": []},
    ]


def test_a_list_has_a_line_for_each_picture_and_frame(tmp_path: Path) -> None:
    with JsonList(tmp_path / "faces.json") as listing:
        add_files(listing, {"none.jpg": [EMPTY_PICTURE], "c.mp4": [SEEN[1], CLIP[1]]})
    assert (tmp_path / "faces.json").read_bytes() == (
        b"[\n"
        b'{"file": "none.jpg", "width": 60, "height": 40, "faces": []},\n'
        b'{"file": "c.mp4", "frames": [\n'
        b'  {"frame": 1, "time": 0.25, "faces": []},\n'
        b'  {"frame": 5, "time": 0.25, "faces": []}]}\n'
        b"]\n"
    )


def test_a_list_of_nothing_is_empty(tmp_path: Path) -> None:
    with JsonList(tmp_path / "faces.json"):
        pass
    assert (tmp_path / "faces.json").read_text(encoding="utf-8") == "[]\n"


@pytest.mark.parametrize("before", [[], ["a.jpg"]])
def test_nothing_is_left_of_a_file_that_failed(tmp_path: Path, before: list[str]) -> None:
    def fill(folder: Path, *, fails: bool) -> list[bytes]:
        folder.mkdir()
        paths = [folder / "faces.csv", folder / "faces.json"]
        with CsvTable(paths[0], FILE_COLUMNS) as table, JsonList(paths[1]) as listing:
            for sink in (table, listing):
                add_files(sink, {name: [PICTURE] for name in before})
                if fails:
                    with pytest.raises(RuntimeError), sink.file("ü.mp4"):  # noqa: PT012
                        sink.add(CLIP[0])
                        sink.add(CLIP[1])
                        raise RuntimeError
                add_files(sink, {"none.jpg": [EMPTY_PICTURE]})
        return [path.read_bytes() for path in paths]

    assert fill(tmp_path / "a", fails=True) == fill(tmp_path / "b", fails=False)


def test_names_that_are_not_text_are_written_too(tmp_path: Path) -> None:
    with CsvTable(tmp_path / "a.csv", FILE_COLUMNS) as table:
        add_files(table, {"ż\udcff.jpg": [EMPTY_PICTURE]})
    with JsonList(tmp_path / "a.json") as listing:
        add_files(listing, {"ż\udcff.jpg": [EMPTY_PICTURE]})
    assert cells(tmp_path / "a.csv")[1][0] == "ż\\udcff.jpg"
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text)[0]["file"] == "ż\udcff.jpg"


def test_text_is_in_the_format_of_the_file(tmp_path: Path) -> None:
    write(CsvTable(tmp_path / "long.csv"), SEEN)
    text = csv_text(row for one in SEEN for row in frame_rows(one))
    assert text == (tmp_path / "long.csv").read_text(encoding="utf-8")


def test_decimals_of_text_can_be_chosen() -> None:
    (row,) = frame_rows(SEEN[0])
    decimals = {"time": 3, "happy": 2, "x": 0}
    columns = ("file", "time", "x", "happy", "emotion")
    rows = [{"file": 'a "1".jpg'} | row, {"file": "b", "time": None} | NO_FACE]
    assert csv_text(rows, columns, decimals=decimals) == (
        'file,time,x,happy,emotion\n"a ""1"".jpg",0.000,1,0.06,angry\nb,,,,\n'
    )


def test_the_wide_table_has_a_row_for_each_frame(tmp_path: Path) -> None:
    write(WideTable(tmp_path / "wide.csv"), SEEN)
    lines = (tmp_path / "wide.csv").read_text(encoding="utf-8").splitlines()
    names = [f"{name}{place}" for place in (0, 1) for name in ("box", *EMOTIONS)]
    assert lines[0] == ",".join(["frame", "time", *names])
    first, second = f'"[1, 2, 30, 40]",{TEXT}', f'"[50, 2, 30, 40]",{TEXT}'
    assert lines[1:] == [
        f"0,0.0,{first}{',' * 8}",
        f"1,0.25{',' * 16}",
        f"2,0.5,{first},{second}",
        f"3,0.75,{second}{',' * 8}",
    ]


def test_without_faces_the_wide_table_has_times_only(tmp_path: Path) -> None:
    write(WideTable(tmp_path / "wide.csv"), SEEN[1:2])
    assert (tmp_path / "wide.csv").read_text(encoding="utf-8") == "frame,time\n1,0.25\n"
    assert [path.name for path in tmp_path.iterdir()] == ["wide.csv"]


def test_the_wide_table_of_a_failed_block_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), WideTable(tmp_path / "wide.csv") as table:  # noqa: PT012
        table.add(SEEN[0])
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
