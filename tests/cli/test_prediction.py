"""Recognize the faces in many pictures and videos, and print them in the terminal."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fer_utils.cli import prediction
from fer_utils.cli.prediction import (
    FaceLine,
    Prediction,
    Predictor,
    TerminalTable,
    video_progress_bar,
)
from fer_utils.data.image_files import read_image
from fer_utils.emotions import UNCERTAIN
from fer_utils.video.processing import VideoInterrupted, VideoProgress, VideoSummary
from fer_utils.video.sinks import CsvTable
from fer_utils.vision.face_table import FILE_COLUMNS, read_face_table
from fer_utils.vision.observation import DetectedFace, Observation, RecognizedFace, TrackedFace

PROBABILITIES = np.array([0.25, 0, 0, 0.625, 0, 0, 0.125], dtype=np.float32)
CLIP_LINES = (
    FaceLine(face=1, emotion="sad", percent=75.0, place="in 4 frames"),
    FaceLine(face=2, emotion="happy", percent=100.0, place="in 1 frame"),
)
CLIP_EMOTIONS = [["sad"], ["happy", "happy"], ["sad"], ["sad"], []]
VALUES: dict[str, Any] = {"score": 0.5, "probabilities": PROBABILITIES}


class Sees:
    """A recognizer that finds two faces in any picture that is not black."""

    uncertain_below = 0.0

    def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
        if not frame.any():
            return []
        return [
            RecognizedFace(box=(9.6, 20.4, 30.0, 40.0), emotion="happy", **VALUES),
            RecognizedFace(box=(-3.0, 0.0, 20.0, 21.0), emotion=UNCERTAIN, **VALUES),
        ]

    def recognize_faces(self, frame: np.ndarray, faces: list[DetectedFace]) -> list[RecognizedFace]:
        return self.recognize(frame)


class Table(CsvTable):
    """The file of each row of a table of results."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, FILE_COLUMNS)
        self.path = path

    def files(self) -> list[str]:
        """Close the table and return the file of each row."""
        self.close()
        return read_face_table(self.path)["file"].tolist()


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path / "faces.csv")


@pytest.fixture
def predictor(table: Table) -> Predictor:
    return Predictor(Sees(), [table])


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "face.png"
    Image.new("RGB", (100, 80), (90, 90, 90)).save(path)
    return str(path)


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Replace the processing of a video by one that finds two faces in four of five frames."""
    call: dict[str, Any] = {"damaged": 0, "error": None}

    def process_video(path: str, recognizer: Sees, **options: Any) -> VideoSummary:
        call.update(path=path, recognizer=recognizer, options=options)
        for frame, emotions in enumerate(CLIP_EMOTIONS):
            faces = tuple(
                TrackedFace(box=(0.0, 0.0, 8.0, 8.0), number=number, emotion=emotion, **VALUES)
                for number, emotion in enumerate(emotions, start=1)
            )
            for sink in options["sinks"]:
                sink.add(Observation(frame, float(frame), 64, 48, faces))
        counts = {"frames": 5, "frames_with_faces": 4, "faces": 2, "seconds": 4.0}
        summary = VideoSummary(**counts, damaged=call["damaged"], stopped=False)
        if call["error"] is not None:
            raise call["error"] if isinstance(call["error"], Exception) else call["error"](summary)
        return summary

    monkeypatch.setattr(prediction, "process_video", process_video)
    call["name"] = str(tmp_path / "clip.MOV")
    return call


def test_a_picture_has_a_line_for_each_face(
    predictor: Predictor, picture: str, table: Table
) -> None:
    assert predictor.predict(picture) == Prediction(
        lines=(
            FaceLine(face=1, emotion="happy", percent=62.5, place="10 20 30 40"),
            FaceLine(face=2, emotion=UNCERTAIN, percent=62.5, place="-3 0 20 21"),
        )
    )
    assert table.files() == [picture, picture]


def test_a_picture_without_a_face_has_none(
    predictor: Predictor, picture: str, table: Table
) -> None:
    Image.new("RGB", (100, 80)).save(picture)
    assert predictor.predict(picture) == Prediction()
    assert table.files() == [picture]


def test_what_cannot_be_used_is_told_without_its_name_twice(
    predictor: Predictor, tmp_path: Path, table: Table
) -> None:
    empty, missing = tmp_path / "empty.jpg", tmp_path / "none.jpg"
    empty.touch()
    reasons = {
        str(empty): "is empty: get it again",
        str(missing): "is missing: check the path",
        "ftp://example.org/a.jpg": "is refused: expected http:// or https://",
        "http://127.0.0.1/a.mp4": (
            "is refused: 127.0.0.1 is 127.0.0.1, which is not a public address"
        ),
    }
    for source, reason in reasons.items():
        assert predictor.predict(source) == Prediction(error=reason)
    assert table.files() == []


def test_a_copy_is_annotated(picture: str, tmp_path: Path) -> None:
    path = tmp_path / "copies" / "face.png"
    path.parent.mkdir()
    predictor = Predictor(Sees(), copies={picture: path})
    predictor.predict(picture)
    copy = read_image(path)
    assert copy.shape == (80, 100, 3)
    assert tuple(copy[50, 10]) == (255, 235, 23)


def test_a_copy_without_a_face_is_written_too(picture: str, tmp_path: Path) -> None:
    Image.new("RGB", (100, 80)).save(picture)
    path = tmp_path / "copy.png"
    Predictor(Sees(), copies={picture: path}).predict(picture)
    assert not read_image(path).any()


def test_a_video_has_a_line_for_each_face_it_shows(
    predictor: Predictor, clip: dict[str, Any], table: Table
) -> None:
    assert predictor.predict(clip["name"]) == Prediction(lines=CLIP_LINES)
    assert table.files() == [clip["name"]] * 6
    assert clip["recognizer"] is predictor.recognizer
    options = clip["options"]
    assert (clip["path"], options["every"], options["rate"]) == (clip["name"], 1, None)
    assert options["annotated"] is None


def test_faces_of_a_video_are_counted_without_a_table(clip: dict[str, Any]) -> None:
    predictor = Predictor(Sees())
    assert predictor.predict(clip["name"]).lines == CLIP_LINES


def test_options_of_a_video_are_passed_on(clip: dict[str, Any]) -> None:
    copies = {clip["name"]: Path("clip.mp4")}
    predictor = Predictor(Sees(), copies=copies, every=3, rate=2.5)
    predictor.predict(clip["name"])
    options = clip["options"]
    assert (options["every"], options["rate"], options["annotated"]) == (3, 2.5, Path("clip.mp4"))


def test_damage_of_a_video_is_told(predictor: Predictor, clip: dict[str, Any]) -> None:
    clip["damaged"] = 3
    prediction = predictor.predict(clip["name"])
    assert (prediction.note, prediction.error) == ("3 damaged frames are left out", "")


def test_a_video_that_cannot_be_used_is_told(
    predictor: Predictor, clip: dict[str, Any], table: Table
) -> None:
    clip["error"] = ValueError("clip.MOV is not a video: save it as MP4")
    assert predictor.predict(clip["name"]) == Prediction(error="is not a video: save it as MP4")
    assert table.files() == []


def test_what_was_done_of_a_video_before_ctrl_c_is_kept(
    predictor: Predictor, clip: dict[str, Any], table: Table
) -> None:
    clip["error"] = VideoInterrupted
    with pytest.raises(VideoInterrupted):
        predictor.predict(clip["name"])
    assert table.files() == [clip["name"]] * 6


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_of_a_video_that_fails_midway(
    predictor: Predictor, clip: dict[str, Any], picture: str, table: Table, error: type
) -> None:
    predictor.predict(picture)
    clip["error"] = lambda _: error()
    with pytest.raises(error):
        predictor.predict(clip["name"])
    assert table.files() == [picture, picture]


def test_the_table_shows_faces_and_problems_apart(capsys: pytest.CaptureFixture[str]) -> None:
    long = "photos/" + "very_" * 10 + "long.jpg"
    table = TerminalTable(["a.jpg", long])
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
    TerminalTable([]).end(0)
    assert capsys.readouterr().out == "0 faces in 0 files\n"


def test_the_bar_shows_how_far_the_video_is(capsys: pytest.CaptureFixture) -> None:
    with video_progress_bar("clips/party.mp4") as show:
        show(VideoProgress(frames=30, seconds=1.0, total_seconds=4.0))
        show(VideoProgress(frames=90, seconds=3.0, total_seconds=4.0))
    last = capsys.readouterr().err.splitlines()[-1].split("\r")[-1]
    assert last.startswith("party.mp4, 3.0 s, 90 frames, ")
    assert ":  75%|" in last
    assert last.rstrip().endswith("left")


def test_without_a_length_it_shows_what_is_done(capsys: pytest.CaptureFixture) -> None:
    with video_progress_bar("party.h264") as show:
        show(VideoProgress(frames=30, seconds=1.0, total_seconds=None))
    last = capsys.readouterr().err.splitlines()[-1].split("\r")[-1]
    assert last.startswith("party.h264, 1.0 s, 30 frames, ")
    assert "%" not in last
