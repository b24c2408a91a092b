import pytest

from fer_utils.widgets.panel import describe_error, explain_error


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert describe_error(ValueError("text")) == "ValueError: text"


def test_an_error_is_described_with_its_place() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    text = describe_error(caught.value)
    assert text.startswith("ZeroDivisionError: division by zero (test_panel.py, line ")


def test_only_messages_for_people_are_shown_alone() -> None:
    assert explain_error(ValueError("text")) == "text"
    assert explain_error(FileNotFoundError("gone")) == "gone"
    assert explain_error(KeyError("weights")) == "KeyError: 'weights'"
    assert explain_error(ValueError()) == "ValueError: "
