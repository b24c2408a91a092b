"""Pixels from CSV cells and from image files."""

import struct

import cv2
import numpy as np
import pytest
from sample_sources import pixels, png

from fer_utils.data.bad_items import BadItemError
from fer_utils.data.pixels import decode_face, parse_one, parse_pixels, quiet_decoder


def cell_of(image: np.ndarray) -> bytes:
    return " ".join(map(str, image.ravel().tolist())).encode()


def changed(position: int, number: str) -> bytes:
    words = pixels().split()
    words[position] = number
    return " ".join(words).encode()


def test_plain_cells_give_their_pixels() -> None:
    every_value = np.resize(np.arange(256, dtype=np.uint8), (48, 48))
    random = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    images = np.concatenate([every_value[np.newaxis], every_value[np.newaxis, ::-1], random])
    parsed = parse_pixels([cell_of(image) for image in images])
    assert parsed.dtype == np.uint8
    np.testing.assert_array_equal(parsed, images)


@pytest.mark.parametrize("position", [0, 1, 1000, 2303])
@pytest.mark.parametrize("number", ["0", "9", "10", "99", "100", "255", "007"])
def test_each_length_of_number_is_read_wherever_it_stands(position: int, number: str) -> None:
    for image in (
        parse_pixels([changed(position, number)])[0],
        parse_one(changed(position, number)),
    ):
        assert image.ravel()[position] == int(number)
        assert np.count_nonzero(image != 100) == (number != "100")


@pytest.mark.parametrize("position", [0, 1000, 2303])
@pytest.mark.parametrize(
    "number", ["256", "999", "1000", "1100", "0255", "-1", "1.", "x", "", "1\t"]
)
def test_the_fast_way_refuses_what_is_not_plain(position: int, number: str) -> None:
    good = pixels().encode()
    bad = changed(position, number)
    for cells in ([bad, good], [good, bad]):
        with pytest.raises(BadItemError):
            parse_pixels(cells)


def test_the_fast_way_refuses_rows_that_only_together_have_the_right_length() -> None:
    with pytest.raises(BadItemError):
        parse_pixels([pixels(count=2303).encode(), pixels(count=2305).encode()])
    with pytest.raises(BadItemError):
        parse_pixels([b""])


def test_the_exact_way_takes_any_white_space() -> None:
    image = parse_one(b"  " + pixels(7).replace(" ", " \t").encode() + b" ")
    np.testing.assert_array_equal(image, np.full((48, 48), 7, dtype=np.uint8))


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (pixels(count=2303).encode(), "expected 2304 pixel values (48x48), got 2303"),
        (pixels(count=2305).encode(), "expected 2304 pixel values (48x48), got 2305"),
        (b"", "expected 2304 pixel values (48x48), got 0"),
        (changed(5, "256"), "expected pixel values from 0 to 255, got 256"),
        (changed(5, "-1"), "expected pixel values from 0 to 255, got -1"),
        (changed(5, "9" * 30), "expected pixel values from 0 to 255, got 99999999999999999999"),
        (changed(5, "1_0"), "expected pixel values as whole numbers from 0 to 255, got '1_0'"),
        (changed(5, "1.5"), "expected pixel values as whole numbers from 0 to 255, got '1.5'"),
        (changed(5, "nan"), "expected pixel values as whole numbers from 0 to 255, got 'nan'"),
    ],
)
def test_the_exact_way_says_what_is_wrong(cell: bytes, reason: str) -> None:
    with pytest.raises(BadItemError) as caught:
        parse_one(cell)
    assert str(caught.value) == reason


def test_a_gray_face_stays_as_it_is() -> None:
    face = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    image, was_colour, was_resized = decode_face(cv2.imencode(".png", face)[1].tobytes())
    np.testing.assert_array_equal(image, face)
    assert (was_colour, was_resized) == (False, False)


def test_colour_becomes_gray() -> None:
    red = np.zeros((48, 48, 3), dtype=np.uint8)
    red[..., 2] = 255
    image, was_colour, was_resized = decode_face(cv2.imencode(".png", red)[1].tobytes())
    np.testing.assert_array_equal(image, np.full((48, 48), 76, dtype=np.uint8))
    assert (was_colour, was_resized) == (True, False)


def test_larger_images_are_averaged_over_areas() -> None:
    checkered = np.tile(np.array([[0, 100], [100, 200]], dtype=np.uint8), (48, 48))
    image, was_colour, was_resized = decode_face(cv2.imencode(".png", checkered)[1].tobytes())
    np.testing.assert_array_equal(image, np.full((48, 48), 100, dtype=np.uint8))
    assert (was_colour, was_resized) == (False, True)


def test_smaller_and_oblong_images_become_48x48() -> None:
    image, _, was_resized = decode_face(png(9, shape=(20, 31)))
    np.testing.assert_array_equal(image, np.full((48, 48), 9, dtype=np.uint8))
    assert was_resized


def test_transparency_is_ignored_and_16_bits_become_8() -> None:
    transparent = np.full((48, 48, 4), 50, dtype=np.uint8)
    assert decode_face(cv2.imencode(".png", transparent)[1].tobytes())[0].max() == 50
    deep = np.full((48, 48), 100 * 256, dtype=np.uint16)
    image, was_colour, _ = decode_face(cv2.imencode(".png", deep)[1].tobytes())
    np.testing.assert_array_equal(image, np.full((48, 48), 100, dtype=np.uint8))
    assert not was_colour


def test_the_cameras_orientation_is_applied() -> None:
    upper_half_white = np.zeros((48, 48), dtype=np.uint8)
    upper_half_white[:24] = 255
    jpeg = cv2.imencode(".jpg", upper_half_white)[1].tobytes()
    # One EXIF entry: tag 0x0112 (orientation), type 3 (short), count 1, value 3 (upside down).
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    image, _, _ = decode_face(jpeg[:2] + segment + jpeg[2:])
    assert image[:20].max() < 10
    assert image[28:].min() > 245


def test_empty_and_unreadable_files_are_bad() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    jpeg = cv2.imencode(".jpg", noise)[1].tobytes()
    with pytest.raises(BadItemError, match="the file is empty"):
        decode_face(b"")
    for data in (b"no image", jpeg[: len(jpeg) // 2], jpeg[:10]):
        with quiet_decoder(), pytest.raises(BadItemError, match="expected an image, but it is dam"):
            decode_face(data)


def test_an_image_that_opencv_refuses_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise cv2.error("too large")

    monkeypatch.setattr(cv2, "imdecode", refuse)
    with pytest.raises(BadItemError, match="expected an image, but it is dam"):
        decode_face(png())


def test_the_decoder_speaks_again_afterwards() -> None:
    level = cv2.utils.logging.getLogLevel()
    with quiet_decoder():
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
    assert cv2.utils.logging.getLogLevel() == level
