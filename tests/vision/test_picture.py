import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_utils.data.image_files import ImageError
from fer_utils.vision import picture
from fer_utils.vision.download import DownloadError
from fer_utils.vision.picture import SAMPLE_PICTURE, as_picture, is_address, is_picture, is_video

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Two rows of three.
COLORS = np.array([[RED, GREEN, BLUE], [WHITE, (1, 2, 3), (9, 8, 7)]], dtype=np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def colors(**options: object) -> bytes:
    return encode(Image.fromarray(COLORS), **options)


def test_the_sample_is_a_portrait() -> None:
    assert as_picture(SAMPLE_PICTURE).shape == (260, 260, 3)


@pytest.mark.parametrize(
    ("source", "expected"),
    [("https://example.org/a.png", True), ("C:/a.png", False), ("a://b", True), ("a.png", False)],
)
def test_an_address_has_a_scheme(source: str, expected: bool) -> None:
    assert is_address(source) is expected


@pytest.mark.parametrize("kind", ["path", "bytes", "Pillow"])
def test_a_picture_of_any_kind_is_as_its_file_says(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "colors.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    path.write_bytes(colors(exif=exif))
    source = {"path": path, "bytes": path.read_bytes(), "Pillow": Image.open(path)}[kind]
    frame = as_picture(source)
    np.testing.assert_array_equal(frame, np.rot90(COLORS, -1))
    assert (frame.dtype, frame.flags.c_contiguous) == (np.uint8, True)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 7, (7, 7, 7)),
        ("LA", (0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 51), (255, 204, 204)),
        ("CMYK", (0, 255, 255, 0), RED),
        ("I;16", 32768, (128, 128, 128)),
        ("I", 70_000, (255, 255, 255)),
    ],
)
def test_pillow_images_of_all_modes_become_rgb(
    mode: str, value: object, expected: tuple[int, ...]
) -> None:
    assert as_picture(Image.new(mode, (2, 1), value)).tolist() == [[list(expected)] * 2]


def test_an_address_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"HTTPS://example.org/a.png": colors()}
    monkeypatch.setattr(picture, "fetch", pages.__getitem__)
    np.testing.assert_array_equal(as_picture("HTTPS://example.org/a.png"), COLORS)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/a.png"])
def test_other_addresses_are_no_paths(address: str) -> None:
    with pytest.raises(DownloadError, match="expected http:// or https://"):
        as_picture(address)


def test_an_array_of_rgb_is_passed_on_without_a_copy() -> None:
    assert as_picture(NOISE) is NOISE


def test_arrays_of_gray_and_with_transparency_become_rgb() -> None:
    gray = np.array([[0, 100, 255]], dtype=np.uint8)
    expected = [[[0] * 3, [100] * 3, [255] * 3]]
    assert as_picture(gray).tolist() == expected
    assert as_picture(gray[:, ::-1]).tolist() == [expected[0][::-1]]
    pixels = np.array([[(0, 0, 0, 0), (255, 0, 0, 51), (1, 2, 3, 255)]], dtype=np.uint8)
    assert as_picture(pixels).tolist() == [[[255, 255, 255], [255, 204, 204], [1, 2, 3]]]


def test_arrays_of_opencv_are_turned_to_rgb() -> None:
    before = COLORS.copy()
    np.testing.assert_array_equal(as_picture(COLORS, channels="bgr"), COLORS[:, :, ::-1])
    np.testing.assert_array_equal(COLORS, before)
    pixels = np.array([[(1, 2, 3, 255)]], dtype=np.uint8)
    assert as_picture(pixels, channels="bgr").tolist() == [[[3, 2, 1]]]


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3)),
        np.zeros((4, 4, 3), dtype=np.uint16),
        np.zeros((4, 4, 2), dtype=np.uint8),
        np.zeros(4, dtype=np.uint8),
        np.zeros((2, 4, 4, 3), dtype=np.uint8),
        np.zeros((0, 4, 3), dtype=np.uint8),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    got = re.escape(f"got {array.dtype} of shape {array.shape}")
    with pytest.raises(ValueError, match=f"expected an array of uint8, 0 to 255, .*{got}"):
        as_picture(array)


@pytest.mark.parametrize("source", [colors(), "picture.png", Image.new("RGB", (1, 1))])
def test_only_arrays_may_be_bgr(source: object) -> None:
    with pytest.raises(ValueError, match="channels='bgr' applies to arrays only, got "):
        as_picture(source, channels="bgr")


def test_an_unknown_order_of_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown channels 'hsv': expected 'rgb' or 'bgr'"):
        as_picture(NOISE, channels="hsv")


@pytest.mark.parametrize("source", [None, 7, [1, 2], io.BytesIO(b"")])
def test_anything_else_is_no_picture(source: object) -> None:
    with pytest.raises(ImageError, match=f"expected a picture .*, got {type(source).__name__}"):
        as_picture(source)


@pytest.mark.parametrize(
    ("size", "message"), [((8000, 6300), "has 50.4 million pixels"), ((0, 5), "has no pixels")]
)
def test_pillow_images_have_the_same_limits(size: tuple[int, int], message: str) -> None:
    with pytest.raises(ImageError, match=message):
        as_picture(Image.new("1", size))


def test_a_damaged_file_opened_with_pillow_is_refused() -> None:
    image = Image.open(io.BytesIO(encode(Image.fromarray(NOISE), "JPEG")[:1000]))
    with pytest.raises(ImageError, match="the picture is truncated or damaged"):
        as_picture(image)


def test_suffixes_tell_pictures_and_videos() -> None:
    names = ("a.JPG", "b.mp4", "c.MOV", "d.txt", "jpg", "e.webp")
    assert [name for name in names if is_picture(name)] == ["a.JPG", "e.webp"]
    assert [name for name in names if is_video(name)] == ["b.mp4", "c.MOV"]
