"""Looking at many pictures and videos, and what the terminal shows of them."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fer_utils.cli.prediction import FaceLine, Prediction, Predictor
from fer_utils.cli.printing import FaceTable
from fer_utils.data.image_files import read_image
from fer_utils.emotions import UNCERTAIN
from fer_utils.video import processing
from fer_utils.video.processing import VideoSummary
from fer_utils.video.result_files import ResultFiles
from fer_utils.vision.face_table import COLUMNS
from fer_utils.vision.observation import RecognizedFace

PROBABILITIES = np.array([0.25, 0, 0, 0.625, 0, 0, 0.125], dtype=np.float32)
CLIP_LINES = (
    FaceLine(face=1, emotion="sad", percent=75.0, place="in 4 frames"),
    FaceLine(face=2, emotion="happy", percent=100.0, place="in 1 frame"),
)


class Sees:
    """A recognizer that finds a face in what is not black."""

    def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
        if not frame.any():
            return []
        values = {"score": 0.5, "probabilities": PROBABILITIES}
        return [
            RecognizedFace(box=(9.6, 20.4, 30.0, 40.0), emotion="happy", **values),
            RecognizedFace(box=(-3.0, 0.0, 20.0, 21.0), emotion=UNCERTAIN, **values),
        ]


@pytest.fixture
def table() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def predictor(table: io.StringIO) -> Predictor:
    return Predictor(recognizer=Sees(), files=ResultFiles(table=table))


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "face.png"
    Image.new("RGB", (100, 80), (90, 90, 90)).save(path)
    return str(path)


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Catch what would be asked of a processing, and answer with two faces in four frames."""
    call: dict[str, Any] = {"damaged": 0, "error": None}
    emotions = [(0, 1, "sad"), (1, 1, "happy"), (1, 2, "happy"), (2, 1, "sad"), (3, 1, "sad")]

    def process_video(path: str, recognizer: Sees, **options: Any) -> VideoSummary:
        call.update(path=path, recognizer=recognizer, options=options)
        if isinstance(call["error"], ValueError):
            raise call["error"]
        with Path(options["table"]).open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for frame, number, emotion in emotions:
                row = dict.fromkeys(COLUMNS, 0) | {"frame": frame, "face": number}
                writer.writerow(row | {"emotion": emotion})
            writer.writerow({"frame": 4, "time": 4.0})
        if call["error"] is not None:
            raise call["error"]
        counts = {"frames": 5, "frames_with_faces": 4, "faces": 2, "seconds": 4.0}
        return VideoSummary(**counts, damaged=call["damaged"], stopped=False)

    monkeypatch.setattr(processing, "process_video", process_video)
    call["name"] = str(tmp_path / "clip.MOV")
    return call


def files_in(table: io.StringIO) -> list[str]:
    return [line.split(",")[0] for line in table.getvalue().splitlines()[1:]]


def test_a_picture_has_a_line_for_each_face(
    predictor: Predictor, picture: str, table: io.StringIO
) -> None:
    assert predictor.predict(picture) == Prediction(
        lines=(
            FaceLine(face=1, emotion="happy", percent=62.5, place="10 20 30 40"),
            FaceLine(face=2, emotion=UNCERTAIN, percent=62.5, place="-3 0 20 21"),
        )
    )
    assert files_in(table) == [picture, picture]


def test_a_picture_without_a_face_has_none(
    predictor: Predictor, picture: str, table: io.StringIO
) -> None:
    Image.new("RGB", (100, 80)).save(picture)
    assert predictor.predict(picture) == Prediction()
    assert files_in(table) == [picture]


def test_what_cannot_be_used_is_told_without_its_name_twice(
    predictor: Predictor, tmp_path: Path, table: io.StringIO
) -> None:
    empty, missing = tmp_path / "empty.jpg", tmp_path / "none.jpg"
    empty.touch()
    reasons = {
        str(empty): "is empty: take it again from its source",
        str(missing): "is missing: check the path",
        "ftp://example.org/a.jpg": "is refused: expected http:// or https://",
        "http://127.0.0.1/a.mp4": "is refused: 127.0.0.1 is 127.0.0.1, which is no public address",
    }
    for source, reason in reasons.items():
        assert predictor.predict(source) == Prediction(error=reason)
    assert files_in(table) == []


def test_a_copy_is_annotated(picture: str, tmp_path: Path) -> None:
    path = tmp_path / "copies" / "face.png"
    path.parent.mkdir()
    predictor = Predictor(recognizer=Sees(), files=ResultFiles(), copies={picture: path})
    predictor.predict(picture)
    copy = read_image(path)
    assert copy.shape == (80, 100, 3)
    assert tuple(copy[50, 10]) == (255, 235, 23)


def test_a_copy_without_a_face_is_written_too(picture: str, tmp_path: Path) -> None:
    Image.new("RGB", (100, 80)).save(picture)
    path = tmp_path / "copy.png"
    Predictor(recognizer=Sees(), files=ResultFiles(), copies={picture: path}).predict(picture)
    assert not read_image(path).any()


def test_a_video_has_a_line_for_each_face_it_shows(
    predictor: Predictor, clip: dict[str, Any], table: io.StringIO
) -> None:
    assert predictor.predict(clip["name"]) == Prediction(lines=CLIP_LINES)
    assert files_in(table) == [clip["name"]] * 6
    assert clip["recognizer"] is predictor.recognizer
    options = clip["options"]
    assert (clip["path"], options["every"], options["rate"]) == (clip["name"], 1, None)
    assert options["annotated"] is None
    assert not Path(options["table"]).exists()


def test_faces_of_a_video_are_counted_without_a_table(clip: dict[str, Any]) -> None:
    predictor = Predictor(recognizer=Sees(), files=ResultFiles())
    assert predictor.predict(clip["name"]).lines == CLIP_LINES


def test_options_of_a_video_are_passed_on(clip: dict[str, Any]) -> None:
    copies = {clip["name"]: Path("clip.mp4")}
    predictor = Predictor(recognizer=Sees(), files=ResultFiles(), copies=copies, every=3, rate=2.5)
    predictor.predict(clip["name"])
    options = clip["options"]
    assert (options["every"], options["rate"], options["annotated"]) == (3, 2.5, Path("clip.mp4"))


def test_damage_of_a_video_is_told(predictor: Predictor, clip: dict[str, Any]) -> None:
    clip["damaged"] = 3
    prediction = predictor.predict(clip["name"])
    assert (prediction.note, prediction.error) == ("3 damaged frames are left out", "")


def test_a_video_that_cannot_be_used_is_told(
    predictor: Predictor, clip: dict[str, Any], table: io.StringIO
) -> None:
    clip["error"] = ValueError("clip.MOV is no processing: save it as MP4")
    assert predictor.predict(clip["name"]) == Prediction(error="is no processing: save it as MP4")
    assert files_in(table) == []


def test_what_was_done_of_a_video_before_ctrl_c_is_kept(
    predictor: Predictor, clip: dict[str, Any], table: io.StringIO
) -> None:
    clip["error"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        predictor.predict(clip["name"])
    assert files_in(table) == [clip["name"]] * 6


def test_the_table_shows_faces_and_problems_apart(capsys: pytest.CaptureFixture[str]) -> None:
    long = "photos/" + "very_" * 10 + "long.jpg"
    table = FaceTable(["a.jpg", long])
    table.show("bad\x1b[31m.jpg", Prediction(error="is empty"))
    table.show("a.jpg", Prediction(lines=CLIP_LINES, note="1 damaged frame"))
    table.show("none.jpg", Prediction())
    table.show(long, Prediction(lines=CLIP_LINES[:1]))
    table.end(1)
    shown = capsys.readouterr()
    assert shown.err == (
        "fer-utils: bad\N{REPLACEMENT CHARACTER}[31m.jpg: is empty\n"
        "fer-utils: a.jpg: 1 damaged frame\n"
    )
    wide = 48
    assert shown.out.splitlines() == [
        f"{'file':{wide}}  face  emotion    percent  box: x y width height",
        f"{'a.jpg':{wide}}     1  sad            75%  in 4 frames",
        f"{'a.jpg':{wide}}     2  happy         100%  in 1 frame",
        f"{'none.jpg':{wide}}     -  no face",
        f"…{long[-47:]}     1  sad            75%  in 4 frames",
        "3 faces in 3 files; ignored 1 other file",
    ]
    assert table.failed == 1


def test_the_table_of_nothing_has_no_head(capsys: pytest.CaptureFixture[str]) -> None:
    FaceTable([]).end(0)
    assert capsys.readouterr().out == "0 faces in 0 files\n"
