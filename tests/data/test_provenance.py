"""The record of where faces come from, and of bad rows and files."""

from dataclasses import replace

import pytest

from fer_utils.data.provenance import DataError, Problems, Provenance, Skipped

PROVENANCE = Provenance(
    source="faces.zip",
    kind="class folders",
    notes=("split made by seed 0", "one class is empty"),
    grayed=3,
    resized=2,
    left_out={"contempt": 18},
    skipped=(Skipped("a.png", "not an image"), Skipped("b.png", "empty")),
    real_people=False,
)


def test_provenance_survives_json() -> None:
    assert Provenance.from_json(PROVENANCE.to_json()) == PROVENANCE


def test_describe_lists_what_was_read_and_done() -> None:
    assert PROVENANCE.describe().splitlines() == [
        "faces.zip: class folders",
        "split made by seed 0",
        "one class is empty",
        "3 converted to gray, 2 resized to 48x48",
        "18 left out: contempt",
        "2 bad rows or files skipped:",
        "  a.png: not an image",
        "  b.png: empty",
    ]


def test_describe_is_one_line_where_nothing_was_done() -> None:
    assert Provenance("fer2013.csv", "FER-2013").describe() == "fer2013.csv: FER-2013"


def test_describe_lists_ten_skipped_files_and_counts_the_others() -> None:
    skipped = tuple(Skipped(f"{number}.png", "empty") for number in range(12))
    lines = replace(PROVENANCE, skipped=skipped).describe().splitlines()
    assert lines[-12:-10] == ["12 bad rows or files skipped:", "  0.png: empty"]
    assert lines[-2:] == ["  9.png: empty", "  and 2 more"]


def test_raise_names_the_item_the_reason_and_the_remedy() -> None:
    expected = (
        'faces.csv row 17: expected 3 columns, got 2. Repair or remove it, or pass on_error="skip"'
    )
    with pytest.raises(DataError) as caught:
        Problems("raise").report("faces.csv row 17", "expected 3 columns, got 2")
    assert str(caught.value).startswith(expected)


def test_skip_keeps_a_list() -> None:
    problems = Problems("skip")
    problems.report("row 1", "too short")
    problems.report("row 2", "too long")
    assert problems.skipped == (Skipped("row 1", "too short"), Skipped("row 2", "too long"))
