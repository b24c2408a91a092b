"""Reading pictures, good ones and bad ones."""

import io
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from fer_utils.data.image_files import ImageError, as_frame, quiet_decoder, read_image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Two rows of three.
COLORS = np.array([[RED, GREEN, BLUE], [WHITE, (1, 2, 3), (9, 8, 7)]], dtype=np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def colors(kind: str = "PNG", **options: object) -> bytes:
    return encode(Image.fromarray(COLORS), kind, **options)


def noise(kind: str) -> bytes:
    return encode(Image.fromarray(NOISE), kind)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG whose header promises a size that its data do not keep."""
    data = colors()
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = b"IHDR" + size + data[24:29]
    checksum = zlib.crc32(header).to_bytes(4, "big")
    return data[:12] + header + checksum + data[33:]


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_lossless_pictures_give_their_rgb_values(kind: str, options: dict) -> None:
    image = read_image(colors(kind, **options))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, COLORS)


def test_a_jpeg_is_read_as_rgb() -> None:
    image = read_image(encode(Image.new("RGB", (20, 10), (200, 100, 30)), "JPEG", quality=95))
    assert image.shape == (10, 20, 3)
    np.testing.assert_allclose(image[5, 5], (200, 100, 30), atol=2)


@pytest.mark.parametrize("as_type", [str, Path])
def test_a_path_is_read_as_its_bytes_are(tmp_path: Path, as_type: type) -> None:
    path = tmp_path / "colors.png"
    path.write_bytes(colors())
    np.testing.assert_array_equal(read_image(as_type(path)), COLORS)


def test_the_array_is_whole_and_may_be_drawn_on() -> None:
    image = read_image(colors())
    image[0, 0] = 0
    assert image.flags.c_contiguous


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, COLORS),
        (2, COLORS[:, ::-1]),
        (3, COLORS[::-1, ::-1]),
        (4, COLORS[::-1]),
        (5, COLORS.transpose(1, 0, 2)),
        (6, np.rot90(COLORS, -1)),
        (7, COLORS[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90(COLORS)),
    ],
)
def test_the_orientation_of_the_camera_is_applied(orientation: int, turned: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    for data in (colors("PNG", exif=exif), colors("WEBP", lossless=True, exif=exif)):
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


def test_a_transparent_color_of_a_palette_is_laid_over_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    expected = [[[10, 20, 30], [255, 255, 255]]]
    assert read_image(encode(image, transparency=1)).tolist() == expected


def test_print_colors_become_rgb() -> None:
    image = read_image(encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    np.testing.assert_allclose(image[4, 4], RED, atol=3)


def test_the_first_picture_of_a_phones_jpeg_with_two_is_read() -> None:
    first, second = Image.new("RGB", (8, 8), RED), Image.new("RGB", (4, 4), BLUE)
    image = read_image(encode(first, "MPO", save_all=True, append_images=[second]))
    np.testing.assert_allclose(image[4, 4], RED, atol=3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in (RED, BLUE)]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="the picture is animated: save one of its frames"):
        read_image(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_picture_is_refused(kind: str, share: float) -> None:
    data = noise(kind)
    with pytest.raises(ImageError, match=r"truncated or damaged|not a JPEG, PNG, or WebP picture"):
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
    with pytest.raises(
        ImageError, match="the picture is not a JPEG, PNG, or WebP picture, or its st"
    ):
        read_image(data)


@pytest.mark.parametrize("count", [1, 2])
def test_a_gif_is_refused_with_the_way_out(count: int) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in (RED, BLUE)][:count]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(
        ImageError, match="is a GIF, which is not supported: save one of its frames as"
    ):
        read_image(data)


def test_a_text_named_jpg_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_text("Dear diary, this is no picture.")
    with pytest.raises(ImageError, match=r"holiday\.jpg is not a JPEG, PNG, or WebP picture"):
        read_image(path)


def test_any_name_is_read_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "Żółw 笑顔 😀.png"
    path.write_bytes(colors())
    np.testing.assert_array_equal(read_image(path), COLORS)
    path.write_bytes(b"")
    with pytest.raises(ImageError, match=r"^Żółw 笑顔 😀\.png is empty"):
        read_image(str(path))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(ImageError, match=r"empty\.png is empty: get it again"):
        read_image(path)
    with pytest.raises(ImageError, match="the picture is empty"):
        read_image(b"")


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(
        ImageError, match=r"huge\.jpg has 20\.0 MB, but the limit is 20 MB: save it"
    ):
        read_image(path)


@pytest.mark.parametrize(
    ("width", "height", "count"),
    [(8000, 6300, "50.4 million"), (10_000, 10_000, "100.0 million"), (50_000, 50_000, "far too")],
)
def test_too_many_pixels_are_refused_before_they_are_decoded(
    width: int, height: int, count: str, recwarn: pytest.WarningsRecorder
) -> None:
    # Decoding would say that the data are cut off.
    with pytest.raises(ImageError, match=f"the picture has {count}.*, but the limit is 50 million"):
        read_image(png_header(width, height))
    assert not recwarn.list


def test_as_many_pixels_as_allowed_are_decoded() -> None:
    with pytest.raises(ImageError, match="truncated or damaged"):
        read_image(png_header(8000, 6250))


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.png is missing: check the path"):
        read_image(tmp_path / "none.png")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is not a file: give the path of one picture"):
        read_image(tmp_path)


@pytest.mark.parametrize("refused", ["exists", "read_bytes"])
def test_an_unreadable_file_is_reported(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    path = tmp_path / "secret.png"
    path.write_bytes(colors())
    monkeypatch.setattr(Path, refused, refuse)
    with pytest.raises(PermissionError, match=r"cannot read .*secret\.png: check its"):
        read_image(path)


def test_a_frame_is_passed_on_without_a_copy() -> None:
    assert as_frame(NOISE) is NOISE


def test_a_frame_that_jumps_about_in_memory_is_copied() -> None:
    frame = as_frame(NOISE[:, ::-1])
    assert frame.flags.c_contiguous
    np.testing.assert_array_equal(frame, NOISE[:, ::-1])


def stored(image: np.ndarray, kind: str = "PNG", **options: object) -> np.ndarray:
    return read_image(encode(Image.fromarray(image), kind, **options), as_stored=True)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "PPM", "TIFF"])
def test_gray_images_of_data_sets_stay_gray(kind: str) -> None:
    data = encode(Image.fromarray(NOISE[:, :, 0]), kind)
    np.testing.assert_array_equal(read_image(data, as_stored=True), NOISE[:, :, 0])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TIFF"])
def test_color_images_of_data_sets_are_rgb(kind: str) -> None:
    np.testing.assert_array_equal(stored(COLORS, kind), COLORS)


@pytest.mark.parametrize("options", [{}, {"quality": 95}, {"progressive": True}])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_gray_jpeg_is_read_as_pillow_reads_it(options: dict, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(NOISE[:, :, 0]), "JPEG", exif=exif, **options)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(read_image(data, as_stored=True), expected)


def test_the_first_frame_of_a_gif_is_an_image_of_a_data_set() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in (RED, BLUE)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_image(data, as_stored=True)[0, 0], RED)


def test_data_sets_ignore_transparency_and_have_8_bits() -> None:
    assert stored(np.full((4, 4, 4), 50, dtype=np.uint8)).tolist() == [[[50] * 3] * 4] * 4
    assert stored(np.full((4, 4), 100 * 256, dtype=np.uint16)).tolist() == [[100] * 4] * 4


def test_data_sets_have_the_same_limits() -> None:
    for data, message in (
        (b"", "is empty"),
        (bytes(20_000_001), r"has 20\.0 MB"),
        (png_header(8000, 6300), "has 50.4 million pixels"),
        (noise("JPEG")[:1000], "truncated or damaged"),
        (b"no image", "is not a JPEG, PNG, or WebP picture"),
    ):
        with pytest.raises(ImageError, match=message):
            read_image(data, as_stored=True)


def test_pillow_decodes_what_opencv_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise cv2.error("too large")

    expected = read_image(noise("JPEG"))
    monkeypatch.setattr(cv2, "imdecode", refuse)
    np.testing.assert_allclose(read_image(noise("JPEG")), expected, atol=1)


def test_the_decoder_is_only_quiet_in_the_context() -> None:
    level = cv2.utils.logging.getLogLevel()
    with quiet_decoder():
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
    assert cv2.utils.logging.getLogLevel() == level
