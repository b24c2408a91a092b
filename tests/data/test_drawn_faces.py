"""Drawn faces are repeatable, in the right shares, and move as their action units say."""

from dataclasses import asdict

import numpy as np
import pytest

from fer_utils.data.drawn_faces.canvas import Canvas
from fer_utils.data.drawn_faces.face import draw_face
from fer_utils.data.drawn_faces.parameters import EXPRESSIONS, Expression, Identity, View
from fer_utils.data.drawn_faces.sampling import draw_faces, sample_face
from fer_utils.data.faces import DataError, Faces
from fer_utils.emotions import EMOTIONS, UnknownEmotionError

CLEAR = View(noise=0.0, light_x=0.0)
MOUTH = np.s_[34:45, 14:34]


@pytest.fixture(scope="module")
def faces() -> Faces:
    return draw_faces(200, seed=5)


def picture(emotion: str) -> np.ndarray:
    return draw_face(EXPRESSIONS[emotion], view=CLEAR).astype(float)


def scaled(expression: Expression, strength: float) -> Expression:
    return Expression(**{unit: strength * full for unit, full in asdict(expression).items()})


def darkest_row(image: np.ndarray, rows: slice, columns: slice) -> int:
    """Return the row of the frame where some columns are darkest on average."""
    return rows.start + int(image[rows, columns].mean(axis=1).argmin())


def brow_row(emotion: str) -> int:
    return darkest_row(picture(emotion), slice(8, 16), slice(15, 20))


def test_same_seed_gives_the_same_bytes(faces):
    again = draw_faces(200, seed=5)
    assert again.fingerprint() == faces.fingerprint()
    assert np.array_equal(again.names, faces.names)


def test_another_seed_gives_other_faces_and_another_order(faces):
    other = draw_faces(162, seed=6)
    assert not np.array_equal(other.labels, faces.labels[:162])
    assert not (other.images == faces.images[:162]).all(axis=(1, 2)).any()


def test_a_face_depends_on_seed_place_and_emotion_only(faces):
    fewer = draw_faces(162, seed=5)
    same_emotion = fewer.labels == faces.labels[:162]
    assert 10 < same_emotion.sum() < 150
    assert np.array_equal(fewer.images[same_emotion], faces.images[:162][same_emotion])


def test_arrays_have_the_shape_of_the_record(faces):
    assert faces.images.shape == (200, 48, 48)
    assert faces.images.dtype == np.uint8
    assert faces.labels.dtype == np.uint8
    assert faces.names[17] == "synthetic 00017"
    assert set(faces.origins) == {"synthetic"}


def test_provenance_says_how_to_get_them_again(faces):
    assert faces.provenance.source == "synthetic"
    assert faces.provenance.notes == ("seed 5, 200 faces",)
    assert not faces.provenance.real_people


def test_emotions_and_splits_have_exact_counts(faces):
    counts = faces.counts()
    assert counts.sum().to_dict() == {"Training": 160, "PublicTest": 20, "PrivateTest": 20}
    assert counts.sum(axis=1).to_dict() == {
        "angry": 28,
        "disgust": 3,
        "fear": 28,
        "happy": 50,
        "sad": 34,
        "surprise": 22,
        "neutral": 35,
    }
    assert counts["PublicTest"].tolist() == [3, 1, 3, 5, 3, 2, 3]
    assert counts["PublicTest"].equals(counts["PrivateTest"])


def test_order_is_shuffled(faces):
    assert (np.diff(faces.labels.astype(int)) != 0).mean() > 0.6
    assert (faces.splits[1:] != faces.splits[:-1]).mean() > 0.2


def test_smallest_set_has_every_emotion_in_every_split(capsys):
    assert draw_faces(162).counts().min(axis=None) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("count", [161, 7, 0, -1])
def test_too_few_faces_are_refused_with_both_numbers(count):
    with pytest.raises(DataError, match=rf"^{count} faces .* at least 162$"):
        draw_faces(count)


def test_negative_seed_is_refused():
    with pytest.raises(DataError, match="seed must be 0 or more, got -1"):
        draw_faces(200, seed=-1)


def test_no_image_is_constant_or_a_copy(faces):
    assert len({image.tobytes() for image in faces.images}) == len(faces)
    assert faces.images.std(axis=(1, 2)).min() > 20


def test_there_is_an_expression_for_every_emotion():
    assert tuple(EXPRESSIONS) == EMOTIONS


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_strength_of_zero_is_neutral(emotion):
    at_rest = draw_face(scaled(EXPRESSIONS[emotion], 0), view=CLEAR)
    assert np.array_equal(at_rest, picture("neutral"))


@pytest.mark.parametrize("emotion", EMOTIONS[:-1])
def test_an_expression_shows_more_the_stronger_it_is(emotion):
    weak = draw_face(scaled(EXPRESSIONS[emotion], 0.4), view=CLEAR).astype(float)
    change = np.abs(picture(emotion) - picture("neutral")).mean()
    assert change > 1.3 * np.abs(weak - picture("neutral")).mean() > 0.5


@pytest.mark.parametrize("emotion", ["disgust", "fear", "happy", "sad", "surprise"])
def test_mouth_differs_from_a_neutral_one(emotion):
    assert np.abs(picture(emotion)[MOUTH] - picture("neutral")[MOUTH]).mean() > 8


def test_surprise_opens_a_dark_mouth():
    between_lips = np.s_[38:43, 20:28]
    assert picture("surprise")[between_lips].mean() < picture("neutral")[between_lips].mean() - 60


def test_happy_shows_teeth():
    brightest = {name: picture(name)[37:42, 18:30].max() for name in ("happy", "neutral")}
    assert brightest["happy"] > brightest["neutral"] + 10


def test_corners_of_the_mouth_rise_in_joy_and_sink_in_sadness():
    happy, neutral, sad = (
        darkest_row(picture(name), slice(35, 42), slice(16, 20))
        for name in ("happy", "neutral", "sad")
    )
    assert happy < neutral < sad


@pytest.mark.parametrize("emotion", ["fear", "surprise", "sad"])
def test_brows_rise(emotion):
    assert brow_row(emotion) <= brow_row("neutral") - 1


@pytest.mark.parametrize("emotion", ["angry", "disgust"])
def test_brows_sink(emotion):
    assert brow_row(emotion) >= brow_row("neutral") + 1


def test_eyes_are_where_those_of_fer2013_are():
    darkness = (255 - picture("neutral")) ** 4
    for x, columns in ((0.308, slice(8, 22)), (0.682, slice(26, 40))):
        eye = darkness[16:22, columns]
        middle_x = (eye.sum(axis=0) * np.arange(columns.start, columns.stop)).sum() / eye.sum()
        middle_y = (eye.sum(axis=1) * np.arange(16, 22)).sum() / eye.sum()
        assert abs(middle_x + 0.5 - 48 * x) < 1
        assert abs(middle_y + 0.5 - 48 * 0.392) < 1


def test_units_are_limited():
    with pytest.raises(DataError, match=r"jaw_drop must be from 0 to 1, got 1\.5"):
        Expression(jaw_drop=1.5)


@pytest.mark.parametrize(
    "identity",
    [
        Identity(hair="bald"),
        Identity(hair="long"),
        Identity(hair="fringe"),
        Identity(glasses=True),
        Identity(beard=0.8),
        Identity(mustache=0.8),
        Identity(eye_distance=1.1),
    ],
)
def test_people_look_different(identity):
    other = draw_face(EXPRESSIONS["neutral"], identity, CLEAR).astype(float)
    assert np.abs(other - picture("neutral")).max() > 30


@pytest.mark.parametrize("occlusion", ["hand", "bar", "strand"])
def test_occlusion_hides_part_of_the_face(occlusion):
    hidden = View(noise=0.0, light_x=0.0, occlusion=occlusion, occlusion_place=0.2)
    happy, neutral = (
        draw_face(EXPRESSIONS[name], view=hidden).astype(float) for name in ("happy", "neutral")
    )
    assert np.abs(neutral - picture("neutral")).max() > 30
    seen, seen_otherwise = np.abs(happy - neutral), np.abs(picture("happy") - picture("neutral"))
    assert seen.sum() < seen_otherwise.sum()


def test_light_comes_from_its_side():
    from_left = draw_face(EXPRESSIONS["neutral"], view=View(light_x=-0.9, background_slope=0))
    assert from_left[20:40, 8:20].mean() > from_left[20:40, 28:40].mean() + 10


def test_a_turned_head_moves_the_nose_more_than_the_outline():
    nose_and_cheek = [(0.0, 0.1), (0.4, 0.1)]
    moved = Canvas(View(yaw=20)).project(nose_and_cheek) - Canvas(View()).project(nose_and_cheek)
    assert moved[0, 0] > 0.02 > moved[1, 0]


def test_sampled_faces_repeat_with_their_generator():
    one, same = (sample_face("Joy", np.random.default_rng(4)) for _ in range(2))
    assert one == same
    assert one[0].lip_corner_pull > 0.2
    assert sample_face("happy", np.random.default_rng(5)) != one


def test_unknown_emotion_is_refused():
    with pytest.raises(UnknownEmotionError, match="contempt"):
        sample_face("contempt", np.random.default_rng(0))
