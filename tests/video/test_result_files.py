"""What is written about pictures and videos."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_utils.data.image_files import read_image
from fer_utils.emotions import EMOTIONS
from fer_utils.video.result_files import check_folder, result_files, save_picture
from fer_utils.vision.face_table import COLUMNS
from fer_utils.vision.observation import RecognizedFace

FRAME = np.zeros((40, 60, 3), dtype=np.uint8)
PROBABILITIES = [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125, 0.0]
FACE = RecognizedFace(
    box=(1.0, 2.5, 30.0, 40.0),
    score=0.75,
    probabilities=np.array(PROBABILITIES, dtype=np.float32),
    emotion="angry",
)
FACE_TEXT = ["1.0", "2.5", "30.0", "40.0", "0.75", *map(str, PROBABILITIES), "angry"]
NO_FACE = [""] * 14
BY_NAME = dict(zip(EMOTIONS, PROBABILITIES, strict=True))
ROWS = [
    dict(zip(COLUMNS, values, strict=True))
    for values in (
        ["0", "0.0", "1", *FACE_TEXT],
        ["0", "0.0", "2", *FACE_TEXT],
        ["5", "0.25", *NO_FACE],
    )
]


def written(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("both", [True, False])
def test_the_table_has_a_row_for_each_face(tmp_path: Path, both: bool) -> None:
    table = tmp_path / "new" / "faces.csv"
    with result_files(table=table, listing=tmp_path / "faces.json" if both else None) as files:
        files.add_picture("a.jpg", FRAME, [FACE, FACE])
        files.add_picture("no, one.jpg", FRAME, [])
        files.add_error("bad.jpg", "is empty")
        files.add_video("c.mp4", iter(ROWS))
    assert written(table) == [
        ["file", *COLUMNS],
        ["a.jpg", "", "", "1", *FACE_TEXT],
        ["a.jpg", "", "", "2", *FACE_TEXT],
        ["no, one.jpg", "", "", *NO_FACE],
        ["c.mp4", "0", "0.0", "1", *FACE_TEXT],
        ["c.mp4", "0", "0.0", "2", *FACE_TEXT],
        ["c.mp4", "5", "0.25", *NO_FACE],
    ]
    assert pd.read_csv(table)["happy"].sum() == 4 * 0.0625


def test_the_listing_has_an_object_for_each_file(tmp_path: Path) -> None:
    listing = tmp_path / "faces.json"
    with result_files(table=None, listing=listing) as files:
        files.add_picture("a.jpg", FRAME, [FACE])
        files.add_error('bad "1".jpg', "is empty")
        files.add_video("c.mp4", iter(ROWS))
        files.add_picture("none.jpg", FRAME, [])
        files.add_video("empty.mp4", [])
    face = {
        **{"box": [1.0, 2.5, 30.0, 40.0], "score": 0.75, "emotion": "angry"},
        "probabilities": BY_NAME,
    }
    assert json.loads(listing.read_text()) == [
        {
            **{"file": "a.jpg", "width": 60, "height": 40},
            "faces": [{"number": 1, **face, "keypoints": None}],
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


def test_a_listing_of_nothing_is_an_empty_list(tmp_path: Path) -> None:
    with result_files(table=None, listing=tmp_path / "faces.json"):
        pass
    assert json.loads((tmp_path / "faces.json").read_text()) == []


def test_nothing_is_left_of_what_failed(tmp_path: Path) -> None:
    table, listing = tmp_path / "faces.csv", tmp_path / "faces.json"
    table.write_text("before")
    with pytest.raises(RuntimeError), result_files(table=table, listing=listing):  # noqa: PT012
        assert table.read_text() == "before"
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["faces.csv"]
    assert table.read_text() == "before"


def test_names_that_are_no_text_are_written_too(tmp_path: Path) -> None:
    table, listing = tmp_path / "faces.csv", tmp_path / "faces.json"
    with result_files(table=table, listing=listing) as files:
        files.add_picture("ż\udcff.jpg", FRAME, [])
    assert written(table)[1][0] == "ż\\udcff.jpg"
    assert json.loads(listing.read_text())[0]["file"] == "ż\udcff.jpg"


@pytest.mark.parametrize("kind", ["table", "listing"])
def test_a_file_that_cannot_be_written_is_told_at_once(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").touch()
    paths: dict[str, Path | None] = {"table": None, "listing": None}
    for path, reason in ((tmp_path, "it is a folder"), (tmp_path / "file" / "x", "")):
        message = f"{path.name} cannot be written: {reason}"
        with pytest.raises(ValueError, match=message), result_files(**paths | {kind: path}):
            pytest.fail("began")


def test_one_file_cannot_be_both(tmp_path: Path) -> None:
    path = tmp_path / "faces"
    with pytest.raises(ValueError, match="faces cannot be both CSV and JSON"):
        result_files(table=path, listing=tmp_path / "." / "faces").__enter__()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    check_folder(tmp_path / "new" / "er")
    assert list((tmp_path / "new" / "er").iterdir()) == []
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "x"):
        with pytest.raises(ValueError, match=f"{path.name} cannot be written to: "):
            check_folder(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")],
)
def test_a_picture_is_written_in_the_kind_of_its_suffix(
    tmp_path: Path, name: str, kind: str
) -> None:
    frame = np.full((8, 8, 3), (200, 100, 30), dtype=np.uint8)
    save_picture(tmp_path / name, frame)
    with Image.open(tmp_path / name) as image:
        assert image.format == kind
    np.testing.assert_allclose(read_image(tmp_path / name), frame, atol=4)
    assert [path.name for path in tmp_path.iterdir()] == [name]
