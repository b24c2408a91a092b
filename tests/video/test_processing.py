"""A video in, tables and an annotated copy out: whole, or whole up to where it was stopped."""

import signal
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sample_videos import RATE, Always, InTurn, damage, face, shades, write_video

from fer_utils.video import processing
from fer_utils.video.clip import VideoError
from fer_utils.video.frames import read_frames
from fer_utils.video.processing import (
    VideoInterrupted,
    VideoProgress,
    deferred_interrupt,
    process_video,
)
from fer_utils.vision.face_table import COLUMNS
from fer_utils.vision.observation import RecognizedFace

OUTPUTS = {"table": "long.csv", "wide_table": "wide.csv", "annotated": "copy.mp4"}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "a.mp4", shades(12), sound="aac")


@pytest.fixture
def outputs(tmp_path: Path) -> dict[str, Path]:
    return {option: tmp_path / "out" / name for option, name in OUTPUTS.items()}


class Presses(Always):
    """Presses Ctrl-C while it examines some frame."""

    def __init__(self, number: int) -> None:
        super().__init__(face())
        self.number = number

    def recognize(self, frame: np.ndarray) -> list[RecognizedFace]:
        if len(self.shades) == self.number:
            signal.raise_signal(signal.SIGINT)
        return super().recognize(frame)


def check_parts(outputs: dict[str, Path]) -> int:
    """Return how many frames all of the files have; they are whole, and there are no others."""
    names = sorted(path.name for path in outputs["table"].parent.iterdir())
    assert names == sorted(OUTPUTS.values())
    frames = len(list(read_frames(outputs["annotated"])))
    assert pd.read_csv(outputs["table"])["frame"].tolist() == list(range(frames))
    assert pd.read_csv(outputs["wide_table"])["frame"].tolist() == list(range(frames))
    return frames


def test_the_table_has_a_row_for_each_frame_and_face(video: Path, outputs: dict) -> None:
    turns = [face(4)], [], [face(4), face(40)], *[[]] * 9
    summary = process_video(video, InTurn(*turns), table=outputs["table"])
    table = pd.read_csv(outputs["table"])
    assert tuple(table.columns) == COLUMNS
    assert table["frame"].tolist() == [0, 1, 2, 2, *range(3, 12)]
    assert table["time"].to_numpy() == pytest.approx(table["frame"].to_numpy() / RATE)
    assert table["face"].fillna(0).astype(int).tolist() == [1, 0, 1, 2, *[0] * 9]
    assert table["x"].dropna().tolist() == [4, 4, 40]
    assert (summary.frames, summary.frames_with_faces, summary.faces) == (12, 2, 2)
    assert (summary.seconds, summary.damaged, summary.stopped) == (0.44, 0, False)
    assert (summary.table, summary.wide_table, summary.annotated) == (outputs["table"], None, None)


def test_all_files_come_from_one_pass(video: Path, outputs: dict) -> None:
    recognizer = Always(face())
    process_video(video, recognizer, **outputs)
    assert len(recognizer.shades) == 12
    assert check_parts(outputs) == 12


def test_without_files_the_summary_is_all(video: Path, tmp_path: Path) -> None:
    assert process_video(str(video), Always(face())).frames_with_faces == 12
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_only_some_frames_are_in_the_table_but_all_in_the_copy(video: Path, outputs: dict) -> None:
    summary = process_video(video, Always(face()), every=5, **outputs)
    assert summary.frames == 3
    assert pd.read_csv(outputs["table"])["frame"].tolist() == [0, 5, 10]
    assert len(list(read_frames(outputs["annotated"]))) == 12
    assert process_video(video, Always(), rate=10).frames == 5


def test_other_sinks_get_each_observation_too(video: Path, outputs: dict) -> None:
    class Collects(list):
        add = list.append

    observations = Collects()
    process_video(video, Always(face()), every=5, table=outputs["table"], sinks=[observations])
    assert [one.number for one in observations] == [0, 5, 10]
    assert pd.read_csv(outputs["table"])["frame"].tolist() == [0, 5, 10]


def test_without_a_recognizer_it_uses_the_default_one(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing, "Recognizer", lambda: Always(face()))
    assert process_video(video).frames_with_faces == 12


def test_times_of_a_file_with_uneven_ones_are_in_the_table(tmp_path: Path) -> None:
    uneven = [0.0, 0.04, 0.3, 0.31, 1.7]
    video = write_video(tmp_path / "uneven.mkv", shades(5), times=uneven)
    process_video(video, Always(), table=tmp_path / "long.csv")
    assert pd.read_csv(tmp_path / "long.csv")["time"].tolist() == uneven


def test_smoothing_is_passed_on(video: Path, tmp_path: Path) -> None:
    sad, happy = (np.eye(7, dtype=np.float32)[label] for label in (4, 3))
    turns = [face(probabilities=sad)], *[[face(probabilities=happy)]] * 11
    process_video(video, InTurn(*turns), smoothing=0, table=tmp_path / "long.csv")
    assert pd.read_csv(tmp_path / "long.csv")["happy"].tolist() == [0] + [1] * 11


def test_damaged_frames_are_counted(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", shades(12), options={"g": "1", "bf": "0"})
    damage(video, [3, 7])
    summary = process_video(video, Always())
    assert (summary.frames, summary.damaged) == (10, 2)


def test_progress_is_told_after_each_frame_that_was_looked_at(video: Path) -> None:
    reports: list[VideoProgress] = []
    process_video(video, Always(), every=4, on_progress=reports.append)
    assert [one.frames for one in reports] == [1, 2, 3]
    assert [one.seconds for one in reports] == pytest.approx([0, 0.16, 0.32])
    assert [one.total_seconds for one in reports] == pytest.approx([0.48] * 3, abs=0.001)


def test_a_video_that_does_not_say_its_length_has_no_total(tmp_path: Path) -> None:
    reports: list[VideoProgress] = []
    video = write_video(tmp_path / "a.h264", shades(3))
    process_video(video, Always(), on_progress=reports.append)
    assert {one.total_seconds for one in reports} == {None}


def test_who_stops_it_gets_whole_files_of_what_was_done(video: Path, outputs: dict) -> None:
    answers = iter([False, False, False, True])
    summary = process_video(video, Always(face()), should_stop=lambda: next(answers), **outputs)
    assert (summary.frames, summary.stopped) == (4, True)
    assert summary.seconds == pytest.approx(0.12)
    assert check_parts(outputs) == 4


def test_ctrl_c_finishes_the_files_first(video: Path, outputs: dict) -> None:
    usual = signal.getsignal(signal.SIGINT)
    with pytest.raises(VideoInterrupted, match="stopped after") as stop:
        process_video(video, Presses(5), **outputs)
    assert isinstance(stop.value, KeyboardInterrupt)
    assert stop.value.summary.stopped
    assert stop.value.summary.frames == check_parts(outputs)
    assert stop.value.summary.frames < 12
    assert signal.getsignal(signal.SIGINT) is usual


def test_an_interrupt_that_the_recognizer_raises_does_so_too(video: Path, outputs: dict) -> None:
    recognizer = InTurn([face()], [], [], KeyboardInterrupt(), *[[]] * 8)
    with pytest.raises(VideoInterrupted) as stop:
        process_video(video, recognizer, **outputs)
    assert (stop.value.summary.frames, stop.value.summary.stopped) == (3, True)
    assert check_parts(outputs) == 3


def test_a_second_ctrl_c_drops_the_files(video: Path, outputs: dict) -> None:
    def press(progress: VideoProgress) -> None:
        if progress.frames == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as stop:
        process_video(video, Always(face()), on_progress=press, **outputs)
    assert not isinstance(stop.value, VideoInterrupted)
    assert list(outputs["table"].parent.iterdir()) == []


def test_an_interrupt_before_the_first_frame_leaves_nothing(video: Path, outputs: dict) -> None:
    with pytest.raises(KeyboardInterrupt) as stop:
        process_video(video, InTurn(KeyboardInterrupt(), *[[]] * 11), **outputs)
    assert not isinstance(stop.value, VideoInterrupted)
    assert list(outputs["table"].parent.iterdir()) == []


def test_it_also_runs_beside_the_main_thread(video: Path, outputs: dict) -> None:
    thread = threading.Thread(target=process_video, args=(video, Always(face())), kwargs=outputs)
    thread.start()
    thread.join()
    assert check_parts(outputs) == 12


@pytest.mark.parametrize("number", [0, 6])
def test_an_error_leaves_what_stood_there_before(video: Path, outputs: dict, number: int) -> None:
    outputs["table"].parent.mkdir()
    outputs["table"].write_text("before")
    turns = [*[[]] * number, RuntimeError("out of order"), *[[]] * 12]
    with pytest.raises(RuntimeError, match="out of order"):
        process_video(video, InTurn(*turns), **outputs)
    assert outputs["table"].read_text() == "before"
    assert [path.name for path in outputs["table"].parent.iterdir()] == ["long.csv"]


def test_an_error_when_the_copy_is_finished_leaves_no_table_either(
    video: Path, outputs: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(copy: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer_utils.video.annotated_copy.AnnotatedCopy.finish", full)
    with pytest.raises(OSError, match="No space left on device"):
        process_video(video, Always(), **outputs)
    assert list(outputs["table"].parent.iterdir()) == []


def test_a_file_that_is_no_video_leaves_nothing(tmp_path: Path, outputs: dict) -> None:
    video = write_video(tmp_path / "a.mp4", shades(1))
    damage(video, [0])
    with pytest.raises(VideoError, match="has no readable frame"):
        process_video(video, Always(), **outputs)
    assert list(outputs["table"].parent.iterdir()) == []


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"annotated": "a.mp4"}, "annotated is .*a.mp4, which is the video itself"),
        ({"table": "b.csv", "wide_table": "b.csv"}, "wide_table is .*b.csv, which is table"),
        ({"annotated": "b.avi"}, "annotated is .*b.avi, but is written as MP4"),
    ],
)
def test_files_that_cannot_be_are_refused_before_anything_is_read(
    tmp_path: Path, names: dict[str, str], message: str
) -> None:
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(ValueError, match=message):
        process_video(
            tmp_path / "a.mp4", Always(), **{key: tmp_path / name for key, name in names.items()}
        )


def test_the_first_ctrl_c_is_noted_and_the_second_acts() -> None:
    with deferred_interrupt() as pressed:
        assert not pressed.is_set()
        signal.raise_signal(signal.SIGINT)
        assert pressed.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_ctrl_c_acts_as_before() -> None:
    with deferred_interrupt():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_program_that_ignores_it_still_does() -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred_interrupt() as pressed:
            signal.raise_signal(signal.SIGINT)
            assert not pressed.is_set()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


def test_beside_the_main_thread_nothing_changes() -> None:
    found = []

    def look() -> None:
        with deferred_interrupt():
            found.append(signal.getsignal(signal.SIGINT))

    usual = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [usual]
