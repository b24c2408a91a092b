import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import Finds, Sender
from observations import face, seen

from fer_utils.video.clip import VideoError
from fer_utils.video.processing import VideoProgress, VideoSummary
from fer_utils.vision.face_table import as_table, frame_rows
from fer_utils.widgets.videos import Videos

FRAMES = [
    seen(0, face("happy"), face("sad", number=2)),
    seen(0.5, face("happy")),
    seen(1, face("happy", 0.5)),
    seen(1.5),
]


class Process:
    """Takes the place of `process_video`: finds FRAMES in every video."""

    def __init__(self) -> None:
        self.sources: list[Path] = []
        self.data = b""
        self.total: float | None = 2.0
        self.error: Exception | None = None
        self.after_frame: Callable[[int], object] = lambda count: None

    def __call__(
        self,
        path: Path,
        recognizer: Any,
        *,
        table: Path,
        annotated: Path,
        on_progress: Callable[[VideoProgress], object],
        should_stop: Callable[[], bool],
    ) -> VideoSummary:
        self.sources.append(path)
        self.data = path.read_bytes()
        if self.error:
            raise self.error
        done = []
        for count, frame in enumerate(FRAMES, start=1):
            done.append(frame)
            on_progress(VideoProgress(frames=count, seconds=frame.time, total_seconds=self.total))
            self.after_frame(count)
            if should_stop():
                break
        as_table(row for one in done for row in frame_rows(one)).to_csv(table, index=False)
        annotated.write_bytes(b"annotated")
        return VideoSummary(
            frames=len(done),
            frames_with_faces=sum(bool(one.faces) for one in done),
            faces=2,
            damaged=0,
            seconds=done[-1].time,
            stopped=len(done) < len(FRAMES),
        )


class Clock:
    """Advances by a second whenever it is called."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def process() -> Process:
    return Process()


@pytest.fixture
def sender(process: Process) -> Sender:
    panel = Videos(Finds())
    panel.process, panel.clock = process, Clock()
    return Sender(panel)


def shown(sender: Sender, name: str) -> Any:
    return sender.panel._shown[name]


def folder(process: Process) -> Path:
    return process.sources[-1].parent


def test_it_begins_empty(sender: Sender) -> None:
    shown_first = dict(sender.panel._shown)
    assert shown_first.pop("hint").startswith("At most 200 MB. The video is in a temporary folder")
    assert shown_first == {
        "phase": "ready",
        "status": "",
        "note": "",
        "share": None,
        "left": "",
        "can_stop": False,
        "can_clear": False,
        "faces": [],
        "results": None,
    }


def test_an_upload_shows_how_far_it_is(sender: Sender, process: Process) -> None:
    assert sender.offer("me.mp4", 8) == [{"kind": "go", "upload": "u", "offset": 0}]
    assert (shown(sender, "phase"), shown(sender, "share")) == ("uploading", 0)
    assert sender.part(b"half") == [{"kind": "go", "upload": "u", "offset": 4}]
    assert (shown(sender, "status"), shown(sender, "share")) == ("Uploading me.mp4.", 0.5)
    assert shown(sender, "can_stop")
    assert sender.part(b"done", offset=4) == [{"kind": "arrived", "upload": "u"}]
    sender.panel.worker.wait()
    assert process.data == b"halfdone"
    assert process.sources[0].suffix == ""


def test_progress_and_time_left_are_shown_meanwhile(sender: Sender, process: Process) -> None:
    told = []
    process.after_frame = lambda count: told.append(
        tuple(shown(sender, name) for name in ("phase", "status", "share", "left", "can_stop"))
    )
    sender.upload("me.mp4", b"video")
    status = "Looking for faces in me.mp4."
    assert told[0] == ("working", status, 0, "", True)
    assert [(share, bool(left)) for _, _, share, left, _ in told[1:]] == [
        *((0.25, True), (0.5, True), (0.75, True))
    ]


def test_the_page_is_not_updated_at_every_frame(sender: Sender, process: Process) -> None:
    shares = []
    sender.panel.clock = lambda: 5.0
    process.after_frame = lambda count: shares.append(shown(sender, "share"))
    sender.upload("me.mp4", b"video")
    assert shares == [0, 0, 0, 0]


def test_without_a_known_length_no_share_is_shown(sender: Sender, process: Process) -> None:
    told = []
    process.total = None
    process.after_frame = lambda count: told.append((shown(sender, "share"), shown(sender, "left")))
    sender.upload("me.mp4", b"video")
    assert told == [(None, "")] * 4


def test_what_was_found_is_shown(sender: Sender) -> None:
    sender.upload("my clip.mp4", b"video")
    assert shown(sender, "phase") == "done"
    assert shown(sender, "status") == "my clip.mp4: 2.0 s, 4 frames, 2 faces."
    assert shown(sender, "faces") == [1, 2]
    assert not shown(sender, "can_stop")
    results = shown(sender, "results")
    assert results["timeline"][3] == [0.75, 0.75, 0.5, None]
    assert results["marks"] == ["0.0 s", "0.5 s", "1.0 s", "1.5 s", "2.0 s"]
    assert results["times"][3] == {"share": 0.75, "time": "1.5 s"}
    assert (results["most"], results["length"]) == ("happy", 2.0)
    assert results["save_as"] == "my clip_faces"


def test_a_chosen_face_has_its_own_timeline(sender: Sender) -> None:
    sender.upload("me.mp4", b"video")
    sender.panel.face = 2
    assert shown(sender, "results")["timeline"][4] == [0.75, None, None, None]


def test_the_page_gets_video_and_table(sender: Sender) -> None:
    sender.upload("me.mp4", b"video")
    results = shown(sender, "results")
    answer, data = sender.want(results["annotated"], offset=5)
    assert (answer["kind"], answer["size"], data) == ("part", 9, b"ated")
    lines = sender.want(results["table"])[1].decode().splitlines()
    assert lines[0].startswith("frame,time,face,x,y,")
    assert len(lines) == 6


def test_the_upload_is_deleted_after_the_work_and_all_else_by_clear(
    sender: Sender, process: Process
) -> None:
    sender.upload("me.mp4", b"video")
    assert sorted(path.name for path in folder(process).iterdir()) == [
        ".lock",
        "annotated.mp4",
        "faces.csv",
    ]
    sender.press("clear")
    assert not folder(process).exists()
    assert shown(sender, "phase") == "ready"
    assert sender.want("annotated 1")[0]["kind"] == "missing"


def test_a_new_video_takes_the_place_of_the_old(sender: Sender, process: Process) -> None:
    sender.upload("one.mp4", b"video")
    sender.panel.face = 2
    first = folder(process)
    sender.upload("two.mp4", b"video")
    assert not first.exists()
    assert sender.panel.face == 0
    assert sender.want("annotated 1")[0]["kind"] == "missing"
    assert sender.want("annotated 2")[1] == b"annotated"


def test_stop_keeps_what_was_done(sender: Sender, process: Process) -> None:
    process.after_frame = lambda count: count == 2 and sender.press("stop")
    sender.upload("me.mp4", b"video")
    assert shown(sender, "status") == "me.mp4: 1.0 s, 2 frames, 2 faces; stopped before the end."
    assert sender.want("annotated 1")[1] == b"annotated"


def test_an_upload_can_be_stopped(sender: Sender) -> None:
    sender.offer("me.mp4", 8)
    sender.press("stop")
    assert (shown(sender, "phase"), shown(sender, "note")) == ("ready", "The upload was stopped.")
    assert sender.part(b"more") == [{"kind": "refused", "upload": "u"}]


def test_another_video_waits_until_the_first_is_done(sender: Sender, process: Process) -> None:
    def offer_another(count: int) -> None:
        answers.extend(sender.offer("two.mp4", 5, upload="v"))
        notes.append(shown(sender, "note"))

    answers: list[Any] = []
    notes: list[str] = []
    process.after_frame = offer_another
    sender.upload("one.mp4", b"video")
    assert answers == [{"kind": "refused", "upload": "v"}] * 4
    assert set(notes) == {
        "two.mp4 was not accepted: wait until one.mp4 is done, or press Stop first."
    }
    assert shown(sender, "phase") == "done"


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (231_200_000, "it has 231.2 MB, and the limit is 200 MB. Cut it or save it smaller."),
        (0, "it is empty."),
    ],
)
def test_a_video_that_cannot_be_used_is_not_sent(sender: Sender, size: int, reason: str) -> None:
    sender.upload("one.mp4", b"video")
    assert sender.offer("me.mp4", size) == [{"kind": "refused", "upload": "u"}]
    assert shown(sender, "note") == f"me.mp4 was not accepted: {reason}"
    # The previous results stay.
    assert sender.want("annotated 1")[1] == b"annotated"


def test_an_error_names_the_video_as_the_person_does(sender: Sender, process: Process) -> None:
    def fail(count: int) -> None:
        raise VideoError(f"{process.sources[-1]} holds no pictures: give a video")

    process.after_frame = fail
    sender.upload("my song.mp3", b"video")
    assert shown(sender, "note") == "my song.mp3 holds no pictures: give a video"
    assert shown(sender, "phase") == "ready"
    assert not folder(process).exists()


def test_an_unexpected_error_tells_its_place(sender: Sender, process: Process) -> None:
    process.error = KeyError("weights")
    sender.upload("me.mp4", b"video")
    assert shown(sender, "note").startswith("KeyError: 'weights' (test_videos.py, line ")


def test_a_video_that_the_browser_cannot_read_says_so(sender: Sender) -> None:
    sender.offer("me.mp4", 8)
    sender.say(kind="lost", upload="u")
    assert shown(sender, "phase") == "ready"
    assert "could not read the whole video" in shown(sender, "note")


def test_a_video_that_is_cleared_while_it_is_worked_on_leaves_nothing(
    sender: Sender, process: Process
) -> None:
    def clear(count: int) -> None:
        sender.press("clear")
        folder(process).mkdir(exist_ok=True)  # as a process that still writes may do

    process.after_frame = clear
    sender.upload("me.mp4", b"video")
    assert len(process.sources) == 1
    assert shown(sender, "phase") == "ready"
    assert shown(sender, "note") == ""
    assert not folder(process).exists()


def test_close_deletes_the_video_and_ends_the_thread(sender: Sender, process: Process) -> None:
    sender.upload("me.mp4", b"video")
    thread = sender.panel.worker._thread
    sender.panel.close()
    thread.join(10)
    assert isinstance(thread, threading.Thread)
    assert not thread.is_alive()
    assert not folder(process).exists()
