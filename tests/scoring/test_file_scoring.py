"""Bad files are reported, even if they crash the process; the model is loaded once per thread."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fer_utils.paths import SHIPPED_MODEL
from fer_utils.scoring import file_scoring
from fer_utils.scoring.file_scoring import (
    identify_model,
    load_recognizer,
    score_apart,
    score_files,
)
from fer_utils.scoring.job import Job, Partition, ScoringError
from fer_utils.scoring.parts import score_part
from fer_utils.scoring.plan import read_plan
from fer_utils.vision.observation import Observation, TrackedFace
from fer_utils.vision.recognizer import Recognizer


def only_partition(job: Job) -> Partition:
    (partition,) = read_plan(Path(job.out))
    return partition


def bad_files(folder: Path, picture: bytes) -> None:
    """Write one file of each kind that cannot be scored."""
    (folder / "cut.jpg").write_bytes(picture[: len(picture) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "folder.jpg").mkdir()
    os.mkfifo(folder / "pipe.jpg")
    (folder / "text.jpg").write_text("not a picture", encoding="utf-8")
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    huge = bytearray(picture)
    start = huge.index(b"\xff\xc0") + 5
    huge[start : start + 4] = b"\xff\xff\xff\xff"
    (folder / "huge.jpg").write_bytes(huge)


def test_a_bad_file_is_reported_and_costs_no_other(
    photos: Path, tmp_path: Path, job: Callable[..., Job]
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    bad_files(folder, (photos / "00.jpg").read_bytes())
    shutil.copy(photos / "00.jpg", folder / "größe 表情.jpg")
    Image.new("RGB", (64, 48), "gray").save(folder / "nobody.png")
    lines = [*sorted(p.name for p in folder.iterdir()), "gone.jpg", "nobody.png"]
    (tmp_path / "list.txt").write_text("\n".join(lines), encoding="utf-8")
    planned = job(tmp_path / "list.txt", root=str(folder), partition=100)
    report = score_part(planned, only_partition(planned))
    assert (report.files, report.errors) == (11, 9)
    table = pd.read_parquet(planned.out)
    assert table["file"].tolist() == ["größe 表情.jpg", "nobody.png"]
    assert table["emotion"].fillna("-").tolist() == ["happy", "-"]
    errors = pd.read_parquet(Path(planned.out, "_errors")).set_index("file")["reason"]
    assert {name: reason.split(":")[0] for name, reason in errors.items()} == {
        "cut.jpg": errors["cut.jpg"].split(":")[0],
        "empty.jpg": "empty.jpg is empty",
        "folder.jpg": f"{folder / 'folder.jpg'} is not a file",
        "gone.jpg": f"{folder / 'gone.jpg'} is missing",
        "huge.jpg": "huge.jpg has far too many pixels, but the limit is 50 million",
        "moving.gif": "moving.gif is a GIF, which is not supported",
        "nobody.png": "is listed more than once",
        "pipe.jpg": f"{folder / 'pipe.jpg'} is not a file",
        "text.jpg": "text.jpg is not a JPEG, PNG, or WebP picture, or its start is damaged",
    }
    assert errors["cut.jpg"].startswith("cut.jpg is truncated or damaged")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "[Errno 13] Permission denied"),
        (MemoryError("no room"), "MemoryError: no room"),
    ],
)
def test_any_error_of_a_file_is_reported(
    photos: Path,
    job: Callable[..., Job],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
) -> None:
    read = file_scoring.read_image

    def fail_at_third(path: Path) -> np.ndarray:
        if path.name == "02.jpg":
            raise error
        return read(path)

    monkeypatch.setattr(file_scoring, "read_image", fail_at_third)
    planned = job(photos, partition=100)
    assert score_part(planned, only_partition(planned)).errors == 1
    errors = pd.read_parquet(Path(planned.out, "_errors"))
    assert errors.to_dict("records") == [{"file": "02.jpg", "reason": reason}]
    assert pd.read_parquet(planned.out)["file"].nunique() == 59


def observations(*frames: int) -> Iterator[Observation]:
    probabilities = np.array([0, 0, 0, 1, 0, 0, 0], dtype=np.float32)
    for number in frames:
        box = (float(number), 2.0, 3.0, 4.0)
        face = TrackedFace(
            box=box, score=0.5, probabilities=probabilities, emotion="happy", number=4
        )
        yield Observation(number, number / 10, 64, 48, (face,) if number else ())


def test_a_video_has_a_row_for_each_frame_and_face(
    tmp_path: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def observe(path: Path, recognizer: Recognizer, *, rate: float) -> Iterator[Observation]:
        asked.append((path, type(recognizer), rate))
        return observations(0, 1, 2)

    monkeypatch.setattr(file_scoring, "observe_video", observe)
    monkeypatch.setattr(file_scoring, "_ROWS_IN_A_PIECE", 2)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "clip.mp4").touch()
    planned = job(tmp_path / "in", rate=5.0)
    assert score_part(planned, only_partition(planned)).errors == 0
    assert asked == [(tmp_path / "in" / "clip.mp4", Recognizer, 5.0)]
    table = pd.read_parquet(planned.out)
    assert table["frame"].tolist() == [0, 1, 2]
    assert table["time"].tolist() == [0, 0.1, 0.2]
    assert table["face"].fillna(-1).tolist() == [-1, 4, 4]


def test_a_truncated_video_keeps_its_rows_and_has_an_error(
    tmp_path: Path, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    def observe(path: Path, recognizer: Recognizer, *, rate: float | None) -> Iterator[Observation]:
        yield from observations(1, 2)
        raise ValueError("clip.mp4 is cut off")

    monkeypatch.setattr(file_scoring, "observe_video", observe)
    monkeypatch.setattr(file_scoring, "_ROWS_IN_A_PIECE", 1)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "clip.mp4").touch()
    planned = job(tmp_path / "in")
    assert score_part(planned, only_partition(planned)).errors == 1
    assert pd.read_parquet(planned.out)["frame"].tolist() == [1, 2]
    errors = pd.read_parquet(Path(planned.out, "_errors"))
    assert errors["reason"].tolist() == ["clip.mp4 is cut off"]


def test_the_recognizer_is_loaded_once_in_each_thread(
    photos: Path, job: Callable[..., Job]
) -> None:
    planned = job(photos)
    mine = load_recognizer(planned)
    others = []
    thread = threading.Thread(target=lambda: others.append(load_recognizer(planned)))
    thread.start()
    thread.join()
    assert load_recognizer(planned) is mine
    assert others[0] is not mine
    assert cv2.getNumThreads() == 1


def test_the_shipped_model_is_identified_by_its_export() -> None:
    checksum, uncertain_below = identify_model(SHIPPED_MODEL)
    assert len(checksum) == 64
    assert uncertain_below == Recognizer().uncertain_below


def test_another_process_gives_the_same(photos: Path, job: Callable[..., Job]) -> None:
    planned = job(photos)
    partition = next(read_plan(Path(planned.out)))
    assert list(score_apart(planned, partition)) == list(score_files(planned, partition))


def test_a_file_that_crashes_the_process_costs_only_itself(
    photos: Path, job: Callable[..., Job], deadly: str
) -> None:
    planned = job(photos)
    report = score_part(planned, next(read_plan(Path(planned.out))), isolated=True)
    assert report.errors == 1
    (error,) = pd.read_parquet(Path(planned.out, "_errors")).to_dict("records")
    assert error["file"] == deadly
    assert error["reason"].startswith("crashes the process that reads it (SIGKILL)")
    table = pd.read_parquet(planned.out)
    expected = [f"{number:02d}.jpg" for number in range(10)]
    expected.remove(deadly)
    assert table["file"].unique().tolist() == expected


def test_a_problem_of_the_worker_is_not_blamed_on_a_file(
    photos: Path, job: Callable[..., Job]
) -> None:
    planned = job(photos, model="feed")
    with pytest.raises(ScoringError, match="is not the model of the run"):
        list(score_apart(planned, next(read_plan(Path(planned.out)))))


def test_a_file_that_takes_too_long_costs_only_itself(
    photos: Path,
    job: Callable[..., Job],
    in_new_processes: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_new_processes("04.jpg", "time.sleep(1000)")
    monkeypatch.setattr(file_scoring, "MOST_SECONDS_PER_PIECE", 2)
    planned = job(photos)
    partition = next(read_plan(Path(planned.out)))
    problems = [piece.problem for piece in score_apart(planned, partition) if piece.ended]
    assert problems[4] == "takes longer than 2 seconds: handle with care, or remove it"
    assert problems.count(None) == len(problems) - 1 == 9


def test_a_worker_that_takes_too_long_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_scoring, "MOST_SECONDS_PER_PIECE", 0.2)
    given_up = []

    def pieces():
        time.sleep(0.1)
        yield "in time"
        time.sleep(0.4)
        yield "too late"

    assert list(file_scoring.limited(pieces(), lambda: given_up.append(True))) == [
        "in time",
        "too late",
    ]
    assert given_up == [True]
