"""Reading pictures, good ones and bad ones."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from fer_utils.data.image_files import ImageError, as_frame, read_image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Two rows of three.
COLOURS = np.array([[RED, GREEN, BLUE], [WHITE, (1, 2, 3), (9, 8, 7)]], dtype=np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def colours(kind: str = "PNG", **options: object) -> bytes:
    return encode(Image.fromarray(COLOURS), kind, **options)


def noise(kind: str) -> bytes:
    return encode(Image.fromarray(NOISE), kind)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG whose header promises a size that its data do not keep."""
    data = colours()
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = b"IHDR" + size + data[24:29]
    checksum = zlib.crc32(header).to_bytes(4, "big")
    return data[:12] + header + checksum + data[33:]


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_lossless_pictures_give_their_rgb_values(kind: str, options: dict) -> None:
    image = read_image(colours(kind, **options))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, COLOURS)


def test_a_jpeg_is_read_as_rgb() -> None:
    image = read_image(encode(Image.new("RGB", (20, 10), (200, 100, 30)), "JPEG", quality=95))
    assert image.shape == (10, 20, 3)
    np.testing.assert_allclose(image[5, 5], (200, 100, 30), atol=2)


@pytest.mark.parametrize("as_type", [str, Path])
def test_a_path_is_read_as_its_bytes_are(tmp_path: Path, as_type: type) -> None:
    path = tmp_path / "colours.png"
    path.write_bytes(colours())
    np.testing.assert_array_equal(read_image(as_type(path)), COLOURS)


def test_the_array_is_whole_and_may_be_drawn_on() -> None:
    image = read_image(colours())
    image[0, 0] = 0
    assert image.flags.c_contiguous


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, COLOURS),
        (2, COLOURS[:, ::-1]),
        (3, COLOURS[::-1, ::-1]),
        (4, COLOURS[::-1]),
        (5, COLOURS.transpose(1, 0, 2)),
        (6, np.rot90(COLOURS, -1)),
        (7, COLOURS[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90(COLOURS)),
    ],
)
def test_the_orientation_of_the_camera_is_applied(orientation: int, turned: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    for data in (colours("PNG", exif=exif), colours("WEBP", lossless=True, exif=exif)):
        np.testing.assert_array_equal(read_image(data), turned)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", [{}, {"quality": 95, "subsampling": 0}, {"progressive": True}])
def test_a_jpeg_is_read_as_pillow_reads_it(orientation: int, options: dict) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(NOISE), "JPEG", exif=exif, **options)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(read_image(data), expected)


def test_gray_becomes_rgb() -> None:
    gray = Image.fromarray(np.array([[0, 100, 255]], dtype=np.uint8))
    assert read_image(encode(gray)).tolist() == [[[0] * 3, [100] * 3, [255] * 3]]


def test_sixteen_bits_become_eight() -> None:
    gray = Image.fromarray(np.array([[0, 255, 256, 32768, 65535]], dtype=np.uint16))
    assert read_image(encode(gray))[0, :, 0].tolist() == [0, 0, 1, 128, 255]


def test_what_is_transparent_is_laid_over_white() -> None:
    pixels = np.array([[(0, 0, 0, 0), (0, 0, 0, 255), (255, 0, 0, 51)]], dtype=np.uint8)
    expected = [[[255, 255, 255], [0, 0, 0], [255, 204, 204]]]
    assert read_image(encode(Image.fromarray(pixels))).tolist() == expected


def test_a_transparent_colour_of_a_palette_is_laid_over_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    expected = [[[10, 20, 30], [255, 255, 255]]]
    assert read_image(encode(image, transparency=1)).tolist() == expected


def test_print_colours_become_rgb() -> None:
    image = read_image(encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    np.testing.assert_allclose(image[4, 4], RED, atol=3)


def test_the_first_picture_of_a_phones_jpeg_with_two_is_read() -> None:
    first, second = Image.new("RGB", (8, 8), RED), Image.new("RGB", (4, 4), BLUE)
    image = read_image(encode(first, "MPO", save_all=True, append_images=[second]))
    np.testing.assert_allclose(image[4, 4], RED, atol=3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="the picture is animated: save one of its frames"):
        read_image(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_picture_is_refused(kind: str, share: float) -> None:
    data = noise(kind)
    with pytest.raises(ImageError, match=r"truncated or damaged|no JPEG, PNG or WebP picture"):
        read_image(data[: int(share * len(data))])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_bytes_give_a_picture_or_a_clear_error(kind: str) -> None:
    generator = np.random.default_rng(0)
    for _ in range(60):
        data = bytearray(noise(kind))
        for position in generator.integers(0, 400, 4):
            data[position] = generator.integers(0, 256)
        try:
            image = read_image(bytes(data))
        except ImageError:
            continue
        assert (image.ndim, image.dtype) == (3, np.uint8)


@pytest.mark.parametrize(
    "data", [b"hello", b"\x89PNG\r\n", bytes(1000), encode(Image.new("RGB", (8, 8)), "TIFF")]
)
def test_a_file_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="the picture is no JPEG, PNG or WebP picture, or its st"):
        read_image(data)


@pytest.mark.parametrize("count", [1, 2])
def test_a_gif_is_refused_with_the_way_out(count: int) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)][:count]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="is a GIF, which is not read: save one of its frames as"):
        read_image(data)


def test_a_text_named_jpg_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_text("Dear diary, this is no picture.")
    with pytest.raises(ImageError, match=r"holiday\.jpg is no JPEG, PNG or WebP picture"):
        read_image(path)


def test_any_name_is_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "Żółw 笑顔 😀.png"
    path.write_bytes(colours())
    np.testing.assert_array_equal(read_image(path), COLOURS)
    path.write_bytes(b"")
    with pytest.raises(ImageError, match=r"^Żółw 笑顔 😀\.png is empty"):
        read_image(str(path))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(ImageError, match=r"empty\.png is empty: take it again"):
        read_image(path)
    with pytest.raises(ImageError, match="the picture is empty"):
        read_image(b"")


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(ImageError, match=r"huge\.jpg has 20\.0 MB, at most 20 are read: save it"):
        read_image(path)


@pytest.mark.parametrize(
    ("width", "height", "count"),
    [(8000, 6300, "50.4 million"), (10_000, 10_000, "100.0 million"), (50_000, 50_000, "far too")],
)
def test_too_many_pixels_are_refused_before_they_are_decoded(
    width: int, height: int, count: str, recwarn: pytest.WarningsRecorder
) -> None:
    # Decoding would say that the data are cut off.
    with pytest.raises(ImageError, match=f"the picture has {count}.*, at most 50 million are read"):
        read_image(png_header(width, height))
    assert not recwarn.list


def test_as_many_pixels_as_allowed_are_decoded() -> None:
    with pytest.raises(ImageError, match="truncated or damaged"):
        read_image(png_header(8000, 6250))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.png is missing: check the path"):
        read_image(tmp_path / "none.png")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is no file: give the path of one picture"):
        read_image(tmp_path)


@pytest.mark.parametrize("refused", ["exists", "read_bytes"])
def test_a_file_that_may_not_be_read_is_told(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    path = tmp_path / "secret.png"
    path.write_bytes(colours())
    monkeypatch.setattr(Path, refused, refuse)
    with pytest.raises(PermissionError, match=r"secret\.png may not be read: check its"):
        read_image(path)


def test_a_frame_is_passed_on_without_a_copy() -> None:
    assert as_frame(NOISE) is NOISE


def test_a_frame_that_jumps_about_in_memory_is_copied() -> None:
    frame = as_frame(NOISE[:, ::-1])
    assert frame.flags.c_contiguous
    np.testing.assert_array_equal(frame, NOISE[:, ::-1])
