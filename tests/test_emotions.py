"""Emotion names and their labels."""

import pytest

from fer_utils.emotions import EMOTIONS, UnknownEmotionError, emotion_index


def test_emotions_have_the_order_of_fer2013() -> None:
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("angry", 0),
        ("disgust", 1),
        ("fear", 2),
        ("happy", 3),
        ("sad", 4),
        ("surprise", 5),
        ("neutral", 6),
    ],
)
def test_each_emotion_has_its_label(name: str, label: int) -> None:
    assert emotion_index(name) == label


@pytest.mark.parametrize(
    ("alias", "label"),
    [
        ("anger", 0),
        ("disgusted", 1),
        ("afraid", 2),
        ("fearful", 2),
        ("happiness", 3),
        ("joy", 3),
        ("sadness", 4),
        ("surprised", 5),
    ],
)
def test_each_alias_has_the_label_of_its_emotion(alias: str, label: int) -> None:
    assert emotion_index(alias) == label


@pytest.mark.parametrize("name", ["HAPPY", "Happiness", "  happy\n"])
def test_case_and_surrounding_space_do_not_matter(name: str) -> None:
    assert emotion_index(name) == 3


@pytest.mark.parametrize("name", ["contempt", "", "3", "hap py"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownEmotionError):
        emotion_index(name)


def test_the_error_names_the_value_and_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"'Contempt'.*angry, .*, neutral.*anger, .*surprised"):
        emotion_index("Contempt")
