"""Stopping at a bad row or file, or skipping it."""

import pytest

from fer_utils.data.bad_items import Problems
from fer_utils.data.faces import DataError
from fer_utils.data.provenance import Skipped


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


def test_other_policies_are_refused() -> None:
    with pytest.raises(ValueError, match='unknown on_error \'ignore\': expected "raise" or "skip"'):
        Problems("ignore")  # type: ignore[arg-type]
