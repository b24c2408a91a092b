"""Mutated files and messages: only documented errors may come, and none may take long.

Each kind takes a few seconds. The environment variables FER_FUZZ_SECONDS and FER_FUZZ_CALLS make
it run for at least that many seconds and calls; with ``-s``, it prints how long they took.
"""

import io
import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from fakes import Finds, Sender
from PIL import ExifTags, Image
from sample_videos import Always, shades, write_video

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.image_files import ImageError, read_image
from fer_utils.data.sources import load_faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.classifier import ModelError
from fer_utils.model.model_folder import open_model
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.video.clip import VideoError
from fer_utils.video.processing import process_video
from fer_utils.widgets.camera import LiveCamera
from fer_utils.widgets.pictures import Pictures
from fer_utils.widgets.videos import Videos

SECONDS = float(os.environ.get("FER_FUZZ_SECONDS", "2"))
CALLS = int(os.environ.get("FER_FUZZ_CALLS", "0"))
MOST_SECONDS_OF_A_CALL = 10
MOST_MEGABYTES = 1000
_NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\xff\xff")


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Change, remove, or repeat some bytes, most often near the start, where headers are."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        end = min(len(changed), chance.choice((64, 600, len(changed))))
        place = chance.randrange(end) if end else 0
        length = chance.randrange(1, 50)
        act = chance.randrange(5)
        if act == 0:
            changed[place : place + 1] = bytes([chance.randrange(256)])
        elif act == 1:
            changed[place : place + 4] = chance.choice(_NUMBERS)
        elif act == 2:
            del changed[place : place + length]
        elif act == 3:
            changed[place:place] = changed[place : place + length]
        else:
            del changed[len(changed) - length :]
    return bytes(changed)


def attempts(seeds: list[Any]) -> Iterator[tuple[Any, random.Random]]:
    """Yield seeds in any order with sources of chance, the same ones each time.

    No call may take long, nor all of them together much memory.
    """
    started, number, slowest = time.monotonic(), 0, 0.0
    before = peak_megabytes(reset=True)
    while number < CALLS or time.monotonic() < started + SECONDS:
        chance = random.Random(number)
        began = time.monotonic()
        yield chance.choice(seeds), chance
        slowest = max(slowest, time.monotonic() - began)
        number += 1
    peak, seconds = peak_megabytes(), time.monotonic() - started
    print(f"{number:,} calls in {seconds:,.0f} s, slowest {slowest:.1f} s, peak {peak:,.0f} MB")
    assert slowest < MOST_SECONDS_OF_A_CALL
    assert peak - before < MOST_MEGABYTES


def peak_megabytes(*, reset: bool = False) -> float:
    """Return the peak memory of this process on Linux; `reset` starts the measurement again."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def attempt(act: Callable[[], object], *expected: type[Exception]) -> None:
    """Do something that may raise the expected errors, and no others."""
    with suppress(*expected):
        act()


def pictures() -> list[bytes]:
    """Return small pictures of many kinds, and one as large as a camera's."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    found = [encoded(Image.new("RGB", (4000, 3000), "gray"), "JPEG", exif=exif)]
    for kind, mode, options in (
        ("JPEG", "RGB", {"exif": exif}),
        ("JPEG", "L", {"exif": exif, "progressive": True}),
        ("JPEG", "CMYK", {"exif": exif}),
        ("PNG", "RGBA", {}),
        ("PNG", "P", {}),
        ("PNG", "I;16", {}),
        ("WEBP", "RGBA", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("GIF", "P", {}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("BMP", "RGB", {}),
        ("PPM", "L", {}),
    ):
        image = Image.fromarray(noise)
        image = image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode)
        found.append(encoded(image, kind, **options))
    return found


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore")
def test_pictures() -> None:
    for data, chance in attempts(pictures()):
        mutated, as_stored = mutate(data, chance), chance.random() < 0.5
        attempt(partial(read_image, mutated, as_stored=as_stored), ImageError)


def test_clips(tmp_path: Path) -> None:
    codecs = {"a.mp4": "libx264", "b.avi": "mjpeg", "c.webm": "libvpx", "d.mkv": "mpeg4"}
    seeds = [
        write_video(
            tmp_path / name, shades(6), codec=codec, sound="aac" if name == "a.mp4" else None
        )
        for name, codec in codecs.items()
    ]
    path = tmp_path / "mutated.mp4"
    av.logging.set_level(None)
    for seed, chance in attempts([seed.read_bytes() for seed in seeds]):
        path.write_bytes(mutate(seed, chance))
        copy = chance.choice((None, tmp_path / "copy.mp4"))
        attempt(partial(process_video, path, Always(), annotated=copy), VideoError)


@pytest.mark.filterwarnings("ignore")
def test_data_files(tmp_path: Path) -> None:
    faces = draw_faces(170, seed=0)
    faces.save(tmp_path / "a.npz")
    rows = [
        f"{label},{' '.join(map(str, image.ravel()))},Training"
        for image, label in zip(faces.images[:2], faces.labels, strict=False)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]))
    for emotion in EMOTIONS[:2]:
        (tmp_path / "folder" / emotion).mkdir(parents=True)
        Image.new("L", (48, 48)).save(tmp_path / "folder" / emotion / "a.png")
    shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "folder")
    seeds = [(path.suffix, path.read_bytes()) for path in sorted(tmp_path.glob("a.*"))]
    options = {"require_all_classes": False, "require_all_splits": False, "on_error": "skip"}
    for (suffix, data), chance in attempts(seeds):
        path = tmp_path / f"mutated{suffix}"
        path.write_bytes(mutate(data, chance))
        if suffix == ".npz":
            attempt(partial(Faces.load, path), DataError)
        else:
            attempt(partial(load_faces, path, **options), DataError)


def odd_value(chance: random.Random) -> Any:
    """Return any value that JSON may have."""
    values = (
        None,
        True,
        -1,
        0,
        1e308,
        2**70,
        "",
        "x",
        "../x",
        [],
        [1],
        {},
        {"x": []},
        float("nan"),
    )
    return chance.choice(values)


def mutate_json(value: Any, chance: random.Random) -> Any:
    """Replace or remove one value somewhere in JSON."""
    if chance.random() < 0.2 or not value or not isinstance(value, dict | list):
        return odd_value(chance)
    changed = value.copy()
    keys = list(changed) if isinstance(changed, dict) else range(len(changed))
    key = chance.choice(list(keys))
    if chance.random() < 0.2:
        del changed[key]
    else:
        changed[key] = mutate_json(changed[key], chance)
    return changed


def use_model(folder: Path) -> None:
    """Read everything that the commands read of a card."""
    model = open_model(folder)
    print(model.uncertain_below, model.prior, model.face_sizes, file=io.StringIO())
    assert isinstance(model.card["data"]["source"], str)
    model.card["training"]["recipe"].get("target")
    model.write_model_card()


def test_cards(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("card.json", "model_int8.tflite"):
        shutil.copy(SHIPPED_MODEL / name, folder)
    text = (folder / "card.json").read_bytes()
    for _, chance in attempts([None]):
        mutated = mutate(text, chance)
        if chance.random() < 0.7:
            mutated = json.dumps(mutate_json(json.loads(text), chance)).encode()
        (folder / "card.json").write_bytes(mutated)
        attempt(partial(use_model, folder), ModelError, FileNotFoundError)


@pytest.mark.filterwarnings("ignore")
def test_messages_of_the_page() -> None:
    messages = [
        {"kind": "offer", "upload": "u", "name": "a.png", "size": 4},
        {"kind": "part", "upload": "u", "offset": 0},
        {"kind": "lost", "upload": "u"},
        {"kind": "want", "file": "preview 1", "offset": 0, "view": "v"},
        {"press": "clear", "view": "v"},
        {"press": "save", "view": "v"},
        {"kind": "start", "session": "s"},
        {"kind": "frame", "session": "s", "number": 1, "time": 0.0},
        {"kind": "stop", "session": "s"},
    ]
    camera = LiveCamera(Finds())
    videos = Videos(Finds())
    videos.process = lambda path, **options: (_ for _ in ()).throw(VideoError("no video"))
    senders = [Sender(panel) for panel in (camera, Pictures(Finds()), videos)]
    data = pictures()
    for message, chance in attempts(messages):
        sender = chance.choice(senders)
        content = message if chance.random() < 0.5 else mutate_json(message, chance)
        buffers = [mutate(chance.choice(data), chance)] if chance.random() < 0.8 else []
        sender.panel.log.disabled = True
        if isinstance(content, dict):
            attempt(partial(sender.say, *buffers, **content))
    for sender in senders[1:]:
        sender.panel.worker.wait()
        sender.panel.close()
