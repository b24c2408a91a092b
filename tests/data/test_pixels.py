"""Pixels from CSV cells."""

import numpy as np
import pytest
from sample_sources import pixels

from fer_utils.data.bad_items import BadItemError
from fer_utils.data.pixels import parse_pixels


def cell_of(image: np.ndarray) -> bytes:
    return " ".join(map(str, image.ravel().tolist())).encode()


def changed(position: int, number: str) -> bytes:
    words = pixels().split()
    words[position] = number
    return " ".join(words).encode()


def test_plain_cells_give_their_pixels() -> None:
    every_value = np.resize(np.arange(256, dtype=np.uint8), (48, 48))
    random = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    for image in (every_value, every_value[::-1], *random):
        parsed = parse_pixels(cell_of(image))
        assert parsed.dtype == np.uint8
        np.testing.assert_array_equal(parsed, image)


@pytest.mark.parametrize("position", [0, 1, 1000, 2303])
@pytest.mark.parametrize("number", ["0", "9", "10", "99", "100", "255", "007", "0255", "1\t"])
def test_each_length_of_number_is_read_at_each_position(position: int, number: str) -> None:
    image = parse_pixels(changed(position, number))
    assert image.ravel()[position] == int(number)
    assert np.count_nonzero(image != 100) == (number != "100")


def test_any_white_space_separates_values() -> None:
    image = parse_pixels(b"  " + pixels(7).replace(" ", " \t").encode() + b" ")
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
        (changed(0, "1."), "expected pixel values as whole numbers from 0 to 255, got '1.'"),
        (changed(2303, "x"), "expected pixel values as whole numbers from 0 to 255, got 'x'"),
        (changed(5, "1+2"), "expected pixel values as whole numbers from 0 to 255, got '1+2'"),
        (changed(5, "1-2"), "expected pixel values as whole numbers from 0 to 255, got '1-2'"),
        (changed(5, "+5"), "expected pixel values as whole numbers from 0 to 255, got '+5'"),
        (changed(5, "999"), "expected pixel values from 0 to 255, got 999"),
        (changed(5, "1100"), "expected pixel values from 0 to 255, got 1100"),
        (changed(5, ""), "expected 2304 pixel values (48x48), got 2303"),
    ],
)
def test_a_bad_cell_is_explained(cell: bytes, reason: str) -> None:
    with pytest.raises(BadItemError) as caught:
        parse_pixels(cell)
    assert str(caught.value) == reason
