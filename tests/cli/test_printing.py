"""Print faces and problems in the terminal."""

import pytest

from fer_utils.cli.printing import FaceLine, Prediction, TerminalTable, video_progress_bar
from fer_utils.video.processing import VideoProgress

CLIP_LINES = (
    FaceLine(face=1, emotion="sad", percent=75.0, place="in 4 frames"),
    FaceLine(face=2, emotion="happy", percent=100.0, place="in 1 frame"),
)


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
