"""The command ``fer-utils predict``."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image
from sample_videos import InTurn, face, shades, write_video

from fer_utils.cli import predict_command, prediction
from fer_utils.cli.main import main
from fer_utils.data.image_files import read_image
from fer_utils.emotions import EMOTIONS
from fer_utils.vision.face_table import COLUMNS
from fer_utils.vision.recognizer import Recognizer


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of a face, a picture without one, a bad one and a text."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "sub").mkdir()
    Image.fromarray(skimage.data.astronaut()).save(folder / "face.png")
    Image.new("RGB", (160, 120), (90, 90, 90)).save(folder / "sub" / "wall.jpg")
    (folder / "bad.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").touch()
    return folder


@pytest.fixture(autouse=True)
def _shared_recognizer(monkeypatch: pytest.MonkeyPatch, shared: Recognizer) -> None:
    monkeypatch.setattr(predict_command, "Recognizer", lambda *_, **__: shared)


@pytest.fixture(scope="module")
def shared() -> Recognizer:
    return Recognizer()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_bad_picture_does_not_stop_the_others(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {name: tmp_path / "new" / name for name in ("faces.csv", "faces.json", "copies")}
    given = dict(zip(("--csv", "--json", "--annotate"), outputs.values(), strict=True))
    options = [str(word) for pair in given.items() for word in pair]
    assert main(["predict", str(photos), *options]) == 1
    shown = capsys.readouterr()
    bad, face, wall = (str(photos / name) for name in ("bad.jpg", "face.png", "sub/wall.jpg"))
    assert shown.err.splitlines() == [
        f"fer-utils: {bad}: is not a JPEG, PNG, or WebP picture, or its start is damaged: "
        "save it in one of these formats",
        "fer-utils: 1 of 3 files could not be used",
    ]
    head, first, second, last = shown.out.splitlines()
    assert head.split() == [
        "file",
        "face",
        "emotion",
        "percent",
        "box:",
        "x",
        "y",
        "width",
        "height",
    ]
    assert first[-48:].split()[-7:-4] == ["1", "happy", first.split()[-5]]
    assert second.split()[-3:] == ["-", "no", "face"]
    assert last == "1 face in 2 files; ignored 1 other file"

    (found, none) = rows(outputs["faces.csv"])
    assert tuple(found) == ("file", *COLUMNS)
    assert (found["file"], found["frame"], found["face"]) == (face, "", "1")
    assert found["emotion"] == "happy"
    assert sum(float(found[name]) for name in EMOTIONS) == pytest.approx(1, abs=1e-5)
    assert none == {"file": wall} | dict.fromkeys(COLUMNS, "")

    listed = json.loads(outputs["faces.json"].read_text(encoding="utf-8"))
    assert [item["file"] for item in listed] == [bad, face, wall]
    assert listed[1]["faces"][0]["probabilities"]["happy"] == float(found["happy"])

    copies = outputs["copies"]
    assert sorted(path.name for path in copies.iterdir()) == ["face.png", "wall.jpg"]
    drawn = read_image(copies / "face.png") != skimage.data.astronaut()
    assert 0 < drawn.mean() < 0.1


def test_a_good_picture_exits_with_0(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(photos / "face.png")]) == 0
    assert capsys.readouterr().err == ""


def test_what_is_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.jpg")
    assert main(["predict", missing]) == 1
    assert f"fer-utils: {missing}: is missing: check the path\n" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--csv", "--json", "--annotate"])
def test_nothing_is_begun_if_an_output_cannot_be_written(
    option: str,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(prediction.Predictor, "predict", lambda *_: pytest.fail("began"))
    (tmp_path / "file").touch()
    assert main(["predict", str(photos), option, str(tmp_path / "file" / "x")]) == 1
    assert "x cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "place"), [("--csv", "face.png"), ("--json", "face.png"), ("--annotate", "")]
)
def test_no_output_replaces_a_picture(
    option: str, place: str, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    face = photos / "face.png"
    before = face.read_bytes()
    assert main(["predict", str(face), option, str(photos / place)]) == 1
    assert "choose another" in capsys.readouterr().err
    assert face.read_bytes() == before


def test_copies_in_the_folder_itself_are_not_looked_at_again(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(photos, tmp_path / "photos")
    for _ in range(2):
        main(["predict", str(folder), "--annotate", str(folder / "copies")])
        assert "1 face in 2 files" in capsys.readouterr().out


def test_model_and_faces_are_chosen(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def make(model: Path, *, faces: str) -> None:
        made.extend((model, faces))
        raise FileNotFoundError(f"{model} is no model folder")

    monkeypatch.setattr(predict_command, "Recognizer", make)
    options = ["--model", str(tmp_path), "--faces", "haar", "--csv", str(tmp_path / "a.csv")]
    assert main(["predict", str(photos), *options]) == 1
    assert made == [tmp_path, "haar"]
    assert list(tmp_path.iterdir()) == []


def test_options_for_videos_reach_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []

    def process_video(path: str, _: Recognizer, **options: Any) -> None:
        calls.append((path, options["every"], options["rate"], options["annotated"]))
        raise ValueError("clip.mov is not a video")

    monkeypatch.setattr(prediction, "process_video", process_video)
    copies = tmp_path / "copies"
    assert main(["predict", "clip.mov", "--every", "3", "--annotate", str(copies)]) == 1
    assert main(["predict", "clip.mov", "--fps", "2.5"]) == 1
    assert calls == [("clip.mov", 3, None, copies / "clip.mp4"), ("clip.mov", 1, 2.5, None)]
    assert "fer-utils: clip.mov: is not a video\n" in capsys.readouterr().err
    assert main(["predict", "clip.mov", "--every", "3", "--fps", "2.5"]) == 2


def test_ctrl_c_keeps_what_was_done(
    photos: Path,
    tmp_path: Path,
    shared: Recognizer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recognize = shared.recognize

    def stop_at_the_second(frame: np.ndarray) -> list:
        if frame.shape == (120, 160, 3):
            raise KeyboardInterrupt
        return recognize(frame)

    monkeypatch.setattr(shared, "recognize", stop_at_the_second)
    files = [str(photos / name) for name in ("face.png", "sub/wall.jpg")]
    table = tmp_path / "faces.csv"
    assert main(["predict", *files, "--csv", str(table)]) == 130
    assert [row["file"] for row in rows(table)] == files[:1]
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1] == "1 face in 1 file"
    assert shown.err == "stopped\n"


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError("out of order")])
def test_of_a_video_ctrl_c_keeps_the_frames_so_far_and_an_error_none(
    stop: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        predict_command, "Recognizer", lambda *_, **__: InTurn([face()], [], stop, *[[]] * 9)
    )
    clip = str(write_video(tmp_path / "clip.mp4", shades(12)))
    table, listing = tmp_path / "faces.csv", tmp_path / "faces.json"
    code = main(["predict", clip, "--csv", str(table), "--json", str(listing)])
    (listed,) = json.loads(listing.read_text(encoding="utf-8"))
    if isinstance(stop, OSError):
        assert (code, rows(table)) == (1, [])
        assert listed == {"file": clip, "error": "out of order"}
    else:
        assert (code, [(row["frame"], row["face"]) for row in rows(table)]) == (
            130,
            [("0", "1"), ("1", "")],
        )
        assert [len(frame["faces"]) for frame in listed["frames"]] == [1, 0]


def test_the_command_prints_a_table_and_nothing_else(photos: Path) -> None:
    code = "import sys; from fer_utils.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "predict", str(photos / "face.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""
