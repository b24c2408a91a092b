"""Pictures that take minutes or gigabytes to decode."""

import io
import time
from pathlib import Path

import pytest
from fakes import Finds
from PIL import Image

from fer_utils.data.image_files import MOST_PIXELS_OF_MANY, ImageError, read_image
from fer_utils.data.sources import load_faces
from fer_utils.widgets.frame_handler import FrameHandler


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def many_scans(count: int, *, before: bytes = b"") -> bytes:
    """Return a progressive JPEG whose first scan of a few bytes is repeated."""
    data = encoded(Image.new("RGB", (1000, 1000), "gray"), "JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 2)
    while data[end + 1] in (0, 0xFF, *range(0xD0, 0xD8)):
        end = data.index(b"\xff", end + 1)
    return data[:start] + (before + data[start:end]) * count + data[end:]


@pytest.mark.parametrize("before", [b"", b"\xff", b"\xff\xfe\x00\x04\xff\xd9"])
def test_a_jpeg_with_thousands_of_scans_is_refused_at_once(before: bytes) -> None:
    data = many_scans(1000, before=before)
    started = time.monotonic()
    with pytest.raises(ImageError, match="in more than 50 scans"):
        read_image(data)
    assert time.monotonic() - started < 1


def test_what_follows_or_is_inside_a_jpeg_does_not_count() -> None:
    data = encoded(Image.new("RGB", (64, 48), "gray"), "JPEG", progressive=True)
    segment = b"\xff\xe5\x10\x02" + b"\xff\xda\x00\x00" * 1024
    assert read_image(data[:2] + segment + data[2:] + b"\xff\xda" * 1000).shape == (48, 64, 3)


def huge_png(pixels: int) -> bytes:
    return encoded(Image.new("1", (4000, pixels // 4000 + 1)), "PNG")


def test_a_frame_of_the_camera_is_no_poster() -> None:
    handler = FrameHandler(Finds())
    with pytest.raises(ImageError, match="million pixels, but the limit is 12 million"):
        handler.observe(huge_png(MOST_PIXELS_OF_MANY), number=1, time=0.0)


def test_an_image_of_a_data_set_is_no_poster(tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "a.png").write_bytes(huge_png(MOST_PIXELS_OF_MANY))
    with pytest.raises(ValueError, match="million pixels, but the limit is 12 million"):
        load_faces(tmp_path)
