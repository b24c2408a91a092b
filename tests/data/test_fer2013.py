"""The CSV of FER-2013 and files with its columns."""

import io
from pathlib import Path

import numpy as np
import pytest
from sample_sources import HEADER, assert_data_error, full_rows, pixels, row, write_csv

from fer_utils.data.faces import DataError, Faces
from fer_utils.data.fer2013 import is_table_header, parse_pixels, read_table
from fer_utils.data.provenance import BadItemError, Problems, Skipped


def load(path: Path, *, on_error="raise") -> Faces:
    with path.open("rb") as stream:
        return read_table(stream, path.name, source=path.name, problems=Problems(on_error))


def assert_full(faces: Faces) -> None:
    """Check that faces are those of `full_rows`."""
    np.testing.assert_array_equal(faces.images[:, 0, 0], np.arange(21))
    assert (faces.images == faces.images[:, :1, :1]).all()
    np.testing.assert_array_equal(faces.labels, np.repeat(np.arange(7), 3))
    assert faces.splits.tolist() == ["Training", "PublicTest", "PrivateTest"] * 7


def test_every_cell_is_read(tmp_path: Path) -> None:
    faces = load(write_csv(tmp_path / "fer2013.csv", full_rows()))
    assert_full(faces)
    assert faces.names[:2].tolist() == ["fer2013.csv row 1", "fer2013.csv row 2"]
    assert set(faces.origins) == {"fer2013"}
    assert (faces.provenance.source, faces.provenance.kind) == ("fer2013.csv", "FER-2013 CSV")
    assert faces.provenance.skipped == ()


def test_pixels_are_stored_row_by_row(tmp_path: Path) -> None:
    words = pixels(0).split()
    words[1], words[48] = "7", "9"
    faces = load(write_csv(tmp_path / "fer2013.csv", [f"3,{' '.join(words)},Training"]))
    assert (faces.images[0, 0, 1], faces.images[0, 1, 0]) == (7, 9)


def test_kaggles_column_names_carry_spaces(tmp_path: Path) -> None:
    rows = []
    for line in full_rows():
        emotion, cells, usage = line.split(",")
        rows.append(f"{emotion},{usage},{cells}")
    path = write_csv(tmp_path / "icml_face_data.csv", rows, header="emotion, Usage, pixels")
    assert_full(load(path))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_quotes_line_ends_blank_lines_and_marks_do_not_matter(tmp_path, end, mark) -> None:
    rows = [",".join(f'"{cell}"' for cell in line.split(",")) for line in full_rows()]
    header = mark + '"emotion","pixels","Usage"'
    faces = load(
        write_csv(tmp_path / "a.csv", [rows[0], "", *rows[1:], ""], header=header, end=end)
    )
    assert_full(faces)
    # A blank line counts, so that a row's number is its line's in an editor, less the header's.
    assert faces.names[:2].tolist() == ["a.csv row 1", "a.csv row 3"]


def test_a_last_line_without_an_end_and_further_columns_are_fine(tmp_path: Path) -> None:
    rows = [f"{number},{line}" for number, line in enumerate(full_rows())]
    path = write_csv(tmp_path / "a.csv", rows, header=f"index,{HEADER}")
    path.write_bytes(path.read_bytes().rstrip())
    assert_full(load(path))


BAD_ROWS = {
    "one pixel less": (
        f"3,{pixels(count=2303)},Training",
        "expected 2304 pixel values (48x48), got",
    ),
    "one pixel more": (
        f"3,{pixels(count=2305)},Training",
        "expected 2304 pixel values (48x48), got",
    ),
    "too bright": (f"3,{pixels(256)},Training", "expected pixel values from 0 to 255, got 256"),
    "negative": (f"3,{pixels(-1)},Training", "expected pixel values from 0 to 255, got -1"),
    "no number": (f"3,{pixels('x')},Training", "whole numbers from 0 to 255, got 'x'"),
    "no pixels": ("3,,Training", "expected 2304 pixel values (48x48), got 0"),
    "emotion 8": (row(8), "unknown emotion '8': expected 0 to 6"),
    "emotion word": (row("happy"), "unknown emotion 'happy': expected 0 to 6"),
    "emotion missing": (row(""), "unknown emotion '': expected 0 to 6"),
    "Usage": (row(3, "Test"), "unknown Usage 'Test': expected Training, PublicTest, PrivateTest"),
    "two columns": (f"3,{pixels()}", "expected 3 columns, got 2"),
    "four columns": (row(3) + ",", "expected 3 columns, got 4"),
}


@pytest.mark.parametrize("bad", BAD_ROWS)
@pytest.mark.parametrize("place", [0, 20, 60])
def test_a_bad_row_is_named(tmp_path: Path, bad: str, place: int) -> None:
    line, reason = BAD_ROWS[bad]
    rows = full_rows() * 3
    rows.insert(place, line)
    path = write_csv(tmp_path / "fer2013.csv", rows)
    with pytest.raises(DataError) as caught:
        load(path)
    assert_data_error(caught, f"fer2013.csv row {place + 1}: ", reason, 'on_error="skip"')


def test_skipping_leaves_out_the_bad_rows_and_no_others(tmp_path: Path) -> None:
    rows = full_rows()
    bad = [line for line, _ in BAD_ROWS.values()]
    faces = load(
        write_csv(tmp_path / "a.csv", [*bad, *rows[:10], *bad, *rows[10:]]), on_error="skip"
    )
    assert_full(faces)
    assert len(faces.provenance.skipped) == 2 * len(bad)
    assert faces.provenance.skipped[1].item == "a.csv row 2"
    assert faces.provenance.skipped[7].reason == "unknown emotion 'happy': expected 0 to 6"
    assert faces.names[0] == f"a.csv row {len(bad) + 1}"


def test_contempt_is_a_bad_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "fer2013.csv", [*full_rows() * 5, row(7)])
    with pytest.raises(DataError) as caught:
        load(path)
    assert_data_error(caught, "fer2013.csv row 106: unknown emotion '7': expected 0 to 6")
    faces = load(path, on_error="skip")
    assert len(faces) == 105
    assert_full(faces.select(np.arange(21)))
    expected = Skipped("fer2013.csv row 106", "unknown emotion '7': expected 0 to 6")
    assert faces.provenance.skipped == (expected,)


def test_a_truncated_file_says_so(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "fer2013.csv", full_rows())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError) as caught:
        load(path)
    assert_data_error(caught, "row 21: expected 3 columns, got 2", "may be truncated")
    assert len(load(path, on_error="skip")) == 20


@pytest.mark.parametrize("on_error", ["raise", "skip"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ("a.csv is empty", "emotion, pixels, Usage")),
        ("emotion,pixels\n", ("a.csv lacks the column Usage", "begins 'emotion,pixels'")),
        ("pixels\n1 2\n", ("a.csv lacks the column emotion, Usage",)),
        ("emotion;pixels;Usage\n", ("a.csv lacks the column emotion, pixels, Usage",)),
    ],
)
def test_a_file_without_the_columns_is_always_an_error(
    tmp_path, content, expected, on_error
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        load(path, on_error=on_error)
    assert_data_error(caught, *expected)


def test_a_file_without_rows_gives_none() -> None:
    stream = io.BytesIO(b"emotion,pixels,Usage\n")
    faces = read_table(stream, "a.csv", source="a.csv", problems=Problems("raise"))
    assert faces.images.shape == (0, 48, 48)
    assert faces.labels.dtype == np.uint8


def test_headers_are_recognized() -> None:
    assert is_table_header(b"emotion,pixels,Usage\n")
    assert is_table_header(b"\xef\xbb\xbfemotion, Usage, pixels\r\n")
    assert not is_table_header(b"emotion,pixels\n")
    assert not is_table_header(b"")


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
