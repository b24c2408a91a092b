"""Draw boxes and labels around faces."""

import numpy as np
import pytest

from fer_utils.emotions import COLORS, EMOTIONS, UNCERTAIN
from fer_utils.vision.annotation import annotate, describe_face
from fer_utils.vision.observation import Box, RecognizedFace, TrackedFace

HAPPY, SAD = (255, 235, 23), (116, 192, 239)
INK = (20, 23, 28)
FRAME = np.full((480, 640, 3), 90, dtype=np.uint8)
FRAME.setflags(write=False)


def face(
    box: Box = (300.0, 200.0, 100.0, 120.0),
    *,
    emotion: str = "happy",
    probability: float = 0.875,
    number: int | None = None,
) -> RecognizedFace:
    probabilities = np.full(7, (1 - probability) / 6, dtype=np.float32)
    probabilities[3] = probability
    values = {"box": box, "score": 0.5, "probabilities": probabilities, "emotion": emotion}
    return RecognizedFace(**values) if number is None else TrackedFace(**values, number=number)


def extent(image: np.ndarray, color: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right, and bottom of the pixels of this color."""
    rows, columns = np.nonzero((image == color).all(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def changed(image: np.ndarray) -> tuple[int, int, int, int]:
    """Return left, top, right, and bottom of the drawing."""
    rows, columns = np.nonzero((image != 90).any(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_the_colors_are_those_of_the_page() -> None:
    assert (COLORS["happy"], COLORS["sad"]) == ("#ffeb17", "#74c0ef")


def test_the_frame_is_not_modified() -> None:
    before = FRAME.copy()
    drawn = annotate(FRAME, [face()])
    np.testing.assert_array_equal(FRAME, before)
    assert (drawn.shape, drawn.dtype, drawn.flags.writeable) == ((480, 640, 3), np.uint8, True)


def test_without_faces_nothing_is_drawn() -> None:
    drawn = annotate(FRAME, [])
    assert drawn is not FRAME
    np.testing.assert_array_equal(drawn, FRAME)


def test_the_box_is_a_line_of_three_pixels_in_the_color_of_the_emotion() -> None:
    drawn = annotate(FRAME, [face()])
    assert (drawn[260, :] == HAPPY).all(axis=1).nonzero()[0].tolist() == [
        *(299, 300, 301),
        *(399, 400, 401),
    ]
    assert (drawn[319:322, 350] == HAPPY).all()
    assert (drawn[202:319, 302:399] == 90).all()


@pytest.mark.parametrize("emotion", [*EMOTIONS, UNCERTAIN])
def test_every_emotion_has_its_color(emotion: str) -> None:
    drawn = annotate(FRAME, [face(emotion=emotion)])
    assert bytes(drawn[260, 300]).hex() == COLORS[emotion].removeprefix("#")


def test_the_label_is_above_the_box_with_dark_text_on_the_color() -> None:
    drawn = annotate(FRAME, [face()])
    left, top, right, bottom = extent(drawn[:199], HAPPY)
    assert (left, top, bottom) == (299, 172, 198)
    assert 375 < right < 395
    letters = extent(drawn, INK)
    assert left < letters[0] < letters[2] < right
    assert top < letters[1] < letters[3] < bottom
    assert letters[3] - letters[1] > 9


def test_more_words_make_a_wider_label() -> None:
    wide = (200.0, 200.0, 240.0, 240.0)
    plain = extent(annotate(FRAME, [face(wide)])[:190], HAPPY)
    numbered = extent(annotate(FRAME, [face(wide, number=12)])[:190], HAPPY)
    assert plain[0] == numbered[0]
    assert 20 < numbered[2] - plain[2] < 60


def test_a_face_is_described_by_number_emotion_and_percent() -> None:
    assert describe_face(face(number=12)) == "#12 happy 88%"
    assert describe_face(face(emotion=UNCERTAIN, probability=0.344)) == "uncertain 34%"


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        ((300.0, 5.0, 100.0, 120.0), (slice(126, 155), slice(298, 400))),
        ((300.0, -20.0, 100.0, 520.0), (slice(0, 28), slice(300, 398))),
        ((600.0, 200.0, 100.0, 120.0), (slice(171, 199), slice(560, 640))),
        ((-60.0, 200.0, 100.0, 120.0), (slice(171, 199), slice(0, 90))),
        ((300.0, 600.0, 100.0, 120.0), (slice(452, 480), slice(298, 400))),
    ],
    ids=["no room above", "no room above and below", "right", "left", "beneath the frame"],
)
def test_the_label_stays_inside_the_frame(box: Box, inside: tuple[slice, slice]) -> None:
    drawn = annotate(FRAME, [face(box)])
    label = drawn[inside]
    ground = (label == HAPPY).all(axis=2)
    letters = (label == INK).all(axis=2)
    assert ground.mean() > 0.5
    assert letters.sum() > 50
    assert letters.sum() == (drawn == INK).all(axis=2).sum()


def test_lines_and_text_grow_with_the_frame() -> None:
    large = np.full((1920, 2560, 3), 90, dtype=np.uint8)
    drawn = annotate(large, [face((1200.0, 800.0, 400.0, 480.0))])
    assert (drawn[1040, 1100:1300] == HAPPY).all(axis=1).sum() == 12
    _, top, _, bottom = extent(drawn[:790], INK)
    assert bottom - top > 36


def test_the_label_of_a_small_face_is_smaller() -> None:
    small = annotate(FRAME, [face((300.0, 200.0, 20.0, 20.0))])
    _, top, _, bottom = changed(small[:199])
    assert (top, bottom) == (183, 198)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (40, 3), (24, 24), (48, 48)])
def test_small_frames_keep_their_size(size: tuple[int, int]) -> None:
    frame = np.full((*size, 3), 90, dtype=np.uint8)
    drawn = annotate(frame, [face((1.0, 1.0, size[1] - 2.0, size[0] - 2.0), number=100)])
    assert drawn.shape == frame.shape
    assert (drawn != frame).any()


def test_in_a_frame_of_48_pixels_the_whole_label_fits() -> None:
    frame = np.full((48, 48, 3), 90, dtype=np.uint8)
    drawn = annotate(frame, [face((8.0, 24.0, 20.0, 20.0), emotion=UNCERTAIN, number=100)])
    left, top, right, bottom = changed(drawn[:22])
    edges = drawn[top : bottom + 1, [left, right]]
    assert (edges == (182, 167, 167)).all()
    assert 30 <= right - left < 48


def test_the_larger_face_lies_on_the_smaller() -> None:
    large = face((100.0, 100.0, 200.0, 200.0))
    small = face((100.0, 250.0, 100.0, 100.0), emotion="sad")
    drawn = annotate(FRAME, [large, small])
    assert tuple(drawn[300, 150]) == HAPPY
    assert tuple(drawn[350, 150]) == SAD
    assert tuple(drawn[260, 100]) == HAPPY


def test_anything_but_an_rgb_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an RGB frame"):
        annotate(FRAME[:, :, 0], [])
