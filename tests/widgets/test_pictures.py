from typing import Any

import cv2
import numpy as np
import pytest
from fakes import Finds, Sender
from observations import found

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.download import DownloadError
from fer_utils.vision.face_table import FACE_COLUMNS
from fer_utils.widgets import pictures as module
from fer_utils.widgets.frame_handler import encode_jpeg
from fer_utils.widgets.pictures import PREVIEW_WIDTH, Pictures

GRAY = np.full((48, 64, 3), 90, dtype=np.uint8)
PICTURE = encode_jpeg(GRAY)
HAPPY, SAD = found("happy"), found("sad", 0.5, left=40)


def fetched(url: str) -> bytes:
    assert url == url.strip()
    if "missing" in url:
        raise DownloadError(f"{url} cannot be fetched: 404 Not Found")
    return PICTURE


@pytest.fixture
def recognizer() -> Finds:
    return Finds(HAPPY, SAD)


@pytest.fixture
def pictures(recognizer: Finds) -> Pictures:
    panel = Pictures(recognizer)
    panel.fetch = fetched
    return panel


@pytest.fixture
def sender(pictures: Pictures) -> Sender:
    return Sender(pictures)


def shown(sender: Sender, *names: str) -> list[list[Any]]:
    return [[picture[name] for name in names] for picture in sender.panel._shown["pictures"]]


def status(sender: Sender) -> str:
    return sender.panel._shown["status"]


def fetch(sender: Sender, url: str) -> None:
    sender.say(kind="url", url=url)
    sender.panel.downloads.wait()
    sender.panel.worker.wait()


def test_it_begins_empty(sender: Sender) -> None:
    assert sender.panel._shown == {
        "hint": "JPEG, PNG, or WebP, at most 20 MB each. The newest 20 pictures stay in the "
        "kernel's memory; nothing is stored. The kernel fetches pictures from web addresses.",
        "can_fetch": True,
        "status": "",
        "pictures": [],
        "can_clear": False,
        "can_save": False,
    }


def test_a_picture_is_asked_for_part_by_part(sender: Sender, recognizer: Finds) -> None:
    half = len(PICTURE) // 2
    assert sender.offer("me.jpg", len(PICTURE)) == [{"kind": "go", "upload": "u", "offset": 0}]
    assert shown(sender, "name", "text") == [["me.jpg", "Uploading"]]
    assert status(sender) == "1 picture to go."
    assert sender.part(PICTURE[:half]) == [{"kind": "go", "upload": "u", "offset": half}]
    assert sender.part(PICTURE[half:], offset=half) == [{"kind": "arrived", "upload": "u"}]
    sender.panel.worker.wait()
    [frame] = recognizer.frames
    assert np.abs(frame.astype(int) - GRAY).max() <= 2


def test_the_faces_of_a_picture_are_shown(sender: Sender) -> None:
    sender.upload("me.jpg", PICTURE)
    [picture] = sender.panel._shown["pictures"]
    assert picture == {
        "number": 1,
        "name": "me.jpg",
        "text": "64x48 pixels, 2 faces",
        "error": "",
        "described": "me.jpg with 2 faces marked",
        "preview": "preview 1",
        "annotated": "annotated 1",
        "save_as": "me_faces.jpg",
        "width": 64,
        "height": 48,
        "faces": [
            {
                "number": 1,
                "emotion": EMOTIONS.index("happy"),
                "probability": 0.75,
                "box": "10, 8 · 16x20",
                "probabilities": [0.0417, 0.0417, 0.0417, 0.75, 0.0417, 0.0417, 0.0417],
            },
            {
                "number": 2,
                "emotion": EMOTIONS.index("sad"),
                "probability": 0.5,
                "box": "40, 8 · 16x20",
                "probabilities": [0.0833, 0.0833, 0.0833, 0.0833, 0.5, 0.0833, 0.0833],
            },
        ],
    }
    assert status(sender) == "1 picture, 2 faces."


def test_an_uncertain_face_tells_its_highest_probability(sender: Sender, recognizer: Finds) -> None:
    unsure = found("fear", 0.25)
    recognizer.faces = [type(unsure)(**{**vars(unsure), "emotion": "uncertain"})]
    sender.upload("me.jpg", PICTURE)
    [[[face]]] = shown(sender, "faces")
    assert (face["emotion"], face["probability"]) == (len(EMOTIONS), 0.25)


def test_a_bad_picture_says_why_and_the_others_go_on(sender: Sender) -> None:
    sender.upload("note.txt", b"no picture")
    sender.upload("me.jpg", PICTURE)
    assert shown(sender, "name", "error") == [
        ["me.jpg", ""],
        [
            "note.txt",
            "The picture is not a JPEG, PNG, or WebP picture, or its start is damaged: "
            "save it in one of these formats",
        ],
    ]
    assert status(sender) == "1 picture, 2 faces. 1 picture could not be used."


def test_an_empty_file_is_a_bad_picture(sender: Sender) -> None:
    assert sender.offer("empty.png", 0) == [{"kind": "arrived", "upload": "u"}]
    sender.panel.worker.wait()
    assert shown(sender, "error") == [["The picture is empty: get it again"]]


def test_a_picture_that_is_too_large_is_not_sent(sender: Sender) -> None:
    assert sender.offer("big.png", 31_200_000) == [{"kind": "refused", "upload": "u"}]
    assert shown(sender, "text", "error") == [
        [
            "",
            "The picture has 31.2 MB; the limit is 20 MB: save it smaller or with a lower quality.",
        ]
    ]


def test_an_error_of_the_recognizer_is_shown_with_its_place(
    sender: Sender, recognizer: Finds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognizer, "recognize", lambda frame: {}["weights"])
    sender.upload("me.jpg", PICTURE)
    [[error]] = shown(sender, "error")
    assert error.startswith("KeyError: 'weights' (test_pictures.py, line ")


def test_a_picture_that_the_browser_cannot_read_says_so(sender: Sender) -> None:
    sender.offer("me.jpg", 9)
    sender.say(kind="lost", upload="u")
    assert shown(sender, "error") == [
        ["The browser could not read the whole picture: was it moved or changed?"]
    ]
    assert sender.part(b"late") == [{"kind": "refused", "upload": "u"}]


def test_a_part_that_does_not_fit_is_told_to_the_page(sender: Sender) -> None:
    sender.offer("me.jpg", 9)
    [answer] = sender.part(b"smile", offset=3)
    assert answer["kind"] == "error"
    assert answer["detail"].startswith("TransferError: me.jpg: expected bytes from 0 to 9")


def test_a_picture_comes_from_an_address(sender: Sender) -> None:
    fetch(sender, " https://example.org/a/party%20one.jpg?size=2 ")
    assert shown(sender, "name", "text") == [["party one.jpg", "64x48 pixels, 2 faces"]]


def test_an_address_that_fails_says_why(sender: Sender) -> None:
    fetch(sender, "https://example.org/missing.jpg")
    assert shown(sender, "name", "error") == [
        [
            "missing.jpg",
            "https://example.org/missing.jpg cannot be fetched: 404 Not Found",
        ]
    ]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org", "example.org"),
        ("https://example.org/", "example.org"),
        ("https://example.org/a/b.png", "b.png"),
        ("nonsense", "nonsense"),
        ("http://[", "http://["),
    ],
)
def test_a_picture_is_named_by_its_address(sender: Sender, url: str, name: str) -> None:
    fetch(sender, url)
    assert shown(sender, "name") == [[name]]


def test_the_page_gets_the_drawn_picture_and_its_preview(sender: Sender) -> None:
    large = np.full((900, 2 * PREVIEW_WIDTH, 3), 90, dtype=np.uint8)
    sender.upload("me.jpg", encode_jpeg(large, width=2 * PREVIEW_WIDTH))
    sizes = {}
    for kind in ("preview", "annotated"):
        answer, data = sender.want(f"{kind} 1")
        assert answer == {
            "kind": "part",
            "view": "mine",
            "file": f"{kind} 1",
            "size": len(data),
        }
        drawn = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        sizes[kind] = drawn.shape
        assert np.abs(drawn.astype(int) - 90).max() > 60
    assert sizes == {"preview": (450, PREVIEW_WIDTH, 3), "annotated": (900, 2 * PREVIEW_WIDTH, 3)}


def test_a_picture_that_is_gone_is_missing(sender: Sender) -> None:
    answer, _ = sender.want("preview 7")
    assert answer == {"kind": "missing", "view": "mine", "file": "preview 7"}


def test_the_csv_has_every_face_in_the_order_in_which_pictures_came(
    sender: Sender, recognizer: Finds
) -> None:
    sender.upload("me.jpg", PICTURE)
    sender.upload("note.txt", b"no picture")
    recognizer.faces = []
    sender.upload("nobody.jpg", PICTURE)
    columns = ("file", *FACE_COLUMNS)
    rest, half = ",".join(["0.0417"] * 3), ",".join(["0.0833"] * 4)
    assert sender.panel.to_csv().splitlines() == [
        ",".join(columns),
        f"me.jpg,1,10.0000,8.0000,16.0000,20.0000,0.8750,{rest},0.7500,{rest},happy",
        f"me.jpg,2,40.0000,8.0000,16.0000,20.0000,0.8750,{half},0.5000,0.0833,0.0833,sad",
        "nobody.jpg" + "," * (len(columns) - 1),
    ]


def test_only_the_newest_pictures_are_kept(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KEPT", 2)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        sender.upload(name, PICTURE)
    assert shown(sender, "number", "name") == [[3, "c.jpg"], [2, "b.jpg"]]
    assert sender.want("preview 1")[0]["kind"] == "missing"


def test_clear_forgets_what_is_there_and_what_is_on_its_way(sender: Sender) -> None:
    sender.upload("me.jpg", PICTURE)
    sender.offer("half.jpg", 9)
    sender.press("clear")
    assert shown(sender, "name") == []
    assert sender.part(b"rest") == [{"kind": "refused", "upload": "u"}]
    assert sender.want("preview 1")[0]["kind"] == "missing"


def test_a_download_that_was_cleared_is_not_looked_at(sender: Sender, recognizer: Finds) -> None:
    def clear_meanwhile(url: str) -> bytes:
        sender.panel.clear()
        return PICTURE

    sender.panel.fetch = clear_meanwhile
    fetch(sender, "https://example.org/a.jpg")
    assert recognizer.frames == []


def test_close_ends_the_threads(sender: Sender) -> None:
    fetch(sender, "https://example.org/a.jpg")
    threads = [sender.panel.worker._thread, sender.panel.downloads._thread]
    sender.panel.close()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert sender.panel.comm is None
