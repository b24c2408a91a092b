"""The faces of one picture as a sequence, a table, and a display in a notebook."""

import base64
import re

import cv2
import numpy as np
import pandas as pd
import pytest

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.annotation import annotate
from fer_utils.vision.face_table import to_table
from fer_utils.vision.observation import RecognizedFace
from fer_utils.vision.recognition import Recognition


def face(emotion: str, probability: float, *, left: float) -> RecognizedFace:
    """Return a face whose emotion has this probability; the others share the rest evenly."""
    probabilities = np.full(len(EMOTIONS), (1 - probability) / 6, dtype=np.float32)
    probabilities[EMOTIONS.index(emotion)] = probability
    box = (left, 8.0, 16.25, 20.0)
    return RecognizedFace(box=box, score=0.875, probabilities=probabilities, emotion=emotion)


PICTURE = np.full((300, 960, 3), 90, dtype=np.uint8)
FACES = [face("happy", 0.75, left=30), face("sad", 0.5, left=9.6), face("fear", 0.75, left=50)]
RECOGNITION = Recognition(PICTURE, FACES)
NONE = Recognition(PICTURE, [])


def shown_picture(recognition: Recognition) -> np.ndarray:
    """Return the picture in a recognition's HTML."""
    data = re.search(r'src="data:image/jpeg;base64,([^"]+)"', recognition._repr_html_())[1]
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR_RGB)


def test_it_is_a_sequence_of_faces() -> None:
    assert list(RECOGNITION) == FACES
    assert (len(RECOGNITION), RECOGNITION[1], RECOGNITION[-1]) == (3, FACES[1], FACES[2])
    assert list(reversed(RECOGNITION)) == FACES[::-1]
    with pytest.raises(IndexError):
        RECOGNITION[3]


def test_it_is_true_if_a_face_was_found() -> None:
    assert [bool(RECOGNITION), bool(NONE)] == [True, False]


def test_a_slice_has_fewer_faces_of_the_same_picture() -> None:
    first = RECOGNITION[:2]
    assert type(first) is Recognition
    assert list(first) == FACES[:2]
    assert first.picture is PICTURE


def test_its_table_is_that_of_the_faces() -> None:
    pd.testing.assert_frame_equal(RECOGNITION.to_table(), to_table(FACES))
    assert NONE.to_table().empty


def test_the_annotated_picture_is_a_copy() -> None:
    np.testing.assert_array_equal(RECOGNITION.annotated(), annotate(PICTURE, FACES))
    assert (PICTURE == 90).all()


def test_it_prints_the_emotions() -> None:
    assert repr(RECOGNITION) == "<Recognition: 3 faces: happy 75%, sad 50%, fear 75%>"
    assert repr(RECOGNITION[:1]) == "<Recognition: 1 face: happy 75%>"
    assert repr(NONE) == "<Recognition: No face found>"


def test_a_notebook_shows_a_small_annotated_picture() -> None:
    shown = shown_picture(RECOGNITION)
    assert shown.shape == (150, 480, 3)
    expected = cv2.resize(RECOGNITION.annotated(), (480, 150), interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(float) - expected).mean() < 3


@pytest.mark.parametrize("shape", [(40, 60), (480, 480), (1, 1)])
def test_a_small_picture_is_shown_in_its_size(shape: tuple[int, int]) -> None:
    assert shown_picture(Recognition(np.zeros((*shape, 3), np.uint8), [])).shape == (*shape, 3)


def test_an_extreme_panorama_is_shown() -> None:
    assert shown_picture(Recognition(np.zeros((2, 4000, 3), np.uint8), [])).shape == (1, 480, 3)


def test_a_notebook_shows_a_table() -> None:
    rows = [
        re.findall("<t[hd]>(.*?)</t[hd]>", row)
        for row in re.findall("<tr.*?</tr>", RECOGNITION._repr_html_(), re.S)
    ]
    assert rows[0] == ["face", "emotion", "probability", "x", "y", "width", "height"]
    assert rows[2] == ["2", "sad", "50%", "10", "8", "16", "20"]
    assert len(rows) == 4


def test_a_notebook_says_that_there_is_no_face() -> None:
    assert NONE._repr_html_().endswith('alt="No face found">\n<p>No face found</p>')
