from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.data.drawn_faces.sampling import draw_faces
from fer_utils.data.faces import DataError, Faces, Provenance
from fer_utils.evaluation.robustness import CORRUPTIONS, STRENGTHS, corrupt, measure_robustness

every_kind = pytest.mark.parametrize("name", list(CORRUPTIONS))


@pytest.fixture(scope="module")
def drawn() -> NDArray[np.uint8]:
    images: NDArray[np.uint8] = draw_faces(162, seed=5).images[:40]
    return images


def distance(images: NDArray[np.uint8], others: NDArray[np.uint8]) -> float:
    return float(np.abs(images.astype(float) - others).mean())


@every_kind
def test_each_strength_is_farther_from_the_clean_faces(name: str, drawn: NDArray[np.uint8]) -> None:
    distances = [distance(drawn, corrupt(drawn, name, strength=each)) for each in STRENGTHS]
    assert distances[0] > 0
    assert distances == sorted(set(distances))


@every_kind
def test_images_stay_images_and_the_originals_as_they_were(
    name: str, drawn: NDArray[np.uint8]
) -> None:
    before = drawn.copy()
    changed = corrupt(drawn, name, strength=5)
    assert (changed.shape, changed.dtype) == (drawn.shape, np.uint8)
    np.testing.assert_array_equal(drawn, before)
    assert corrupt(drawn[:0], name, strength=1).shape == (0, 48, 48)


@every_kind
def test_the_seed_alone_decides(name: str, drawn: NDArray[np.uint8]) -> None:
    one, same, other = (corrupt(drawn, name, strength=3, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    by_chance = name in {"noise", "rotation", "occlusion", "shift", "scale"}
    assert np.array_equal(one, other) != by_chance


def gray(value: int) -> NDArray[np.uint8]:
    return np.full((1, 48, 48), value, dtype=np.uint8)


def half_and_half(dark: int, bright: int) -> NDArray[np.uint8]:
    image = gray(dark)
    image[:, :, 24:] = bright
    return image


@pytest.mark.parametrize(
    ("name", "strength", "image", "expected"),
    [
        ("darker", 3, gray(100), gray(40)),
        ("brighter", 3, half_and_half(50, 200), half_and_half(100, 255)),
        ("contrast", 2, half_and_half(100, 200), half_and_half(125, 175)),
    ],
)
def test_light_and_contrast_change_as_they_say(
    name: str, strength: int, image: NDArray[np.uint8], expected: NDArray[np.uint8]
) -> None:
    np.testing.assert_array_equal(corrupt(image, name, strength=strength), expected)


@pytest.mark.parametrize(("strength", "side"), [(1, 8), (3, 16), (5, 24)])
def test_a_square_hides_as_much_as_it_says(strength: int, side: int) -> None:
    hidden = corrupt(gray(0), "occlusion", strength=strength)[0] == 127
    rows, columns = np.flatnonzero(hidden.any(axis=1)), np.flatnonzero(hidden.any(axis=0))
    assert hidden.sum() == side * side
    assert np.ptp(rows) == np.ptp(columns) == side - 1


def centroid(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the centroid of an image's brightness, as row and column."""
    weights = image.astype(float) / image.sum()
    rows, columns = np.indices(image.shape)
    return np.array([(rows * weights).sum(), (columns * weights).sum()])


def test_a_larger_square_has_the_same_center() -> None:
    centers = [centroid(corrupt(gray(0), "occlusion", strength=each)[0]) for each in STRENGTHS]
    for center in centers[1:]:
        np.testing.assert_allclose(center, centers[0])


def test_a_shift_is_as_long_as_it_says() -> None:
    images = np.repeat(gray(0), 20, axis=0)
    images[:, 22:26, 22:26] = 200
    moves = np.array([centroid(image) for image in corrupt(images, "shift", strength=4)]) - 23.5
    np.testing.assert_allclose(np.linalg.norm(moves, axis=1), 6, atol=0.1)
    assert (moves > 3).any(axis=0).all()
    assert (moves < -3).any(axis=0).all()


def test_crops_are_too_tight_and_too_wide() -> None:
    images = np.repeat(gray(0), 20, axis=0)
    images[:, 14:34, 14:34] = 200
    sides = np.sqrt(corrupt(images, "scale", strength=5).sum(axis=(1, 2)) / 200)
    np.testing.assert_allclose(np.unique(sides.round(0)), [20 / 1.5, 20 * 1.5], atol=0.7)


def test_faces_turn_to_both_sides_about_their_center() -> None:
    images = np.repeat(gray(0), 20, axis=0)
    images[:, 22:26, 38:42] = 200
    turned = np.array([centroid(image) for image in corrupt(images, "rotation", strength=5)]) - 23.5
    angles = np.degrees(np.arctan2(-turned[:, 0], turned[:, 1]))
    assert sorted(set(angles.round(0))) == [-30, 30]
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), 16, atol=0.1)


@pytest.mark.parametrize(("strength", "deviation"), [(1, 5), (4, 30)])
def test_noise_has_the_deviation_it_says(strength: int, deviation: int) -> None:
    noisy = corrupt(np.repeat(gray(128), 10, axis=0), "noise", strength=strength)
    assert noisy.std() == pytest.approx(deviation, rel=0.02)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown corruption 'rain': expected one of blur, noise"):
        corrupt(gray(0), "rain", strength=1)


@pytest.mark.parametrize("strength", [0, 6])
def test_a_strength_outside_1_to_5_is_refused(strength: int) -> None:
    with pytest.raises(ValueError, match=f"expected a strength from 1 to 5, got {strength}"):
        corrupt(gray(0), "blur", strength=strength)


class LightMeter:
    """Predicts happy for faces brighter than 50, else sad."""

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        happy = images.mean(axis=(1, 2)) > 50
        return np.eye(7, dtype=np.float32)[np.where(happy, 3, 4)]


class Recorder:
    """Keeps the images of each call."""

    def __init__(self) -> None:
        self.calls: list[NDArray[np.uint8]] = []

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.calls.append(images)
        return np.zeros((len(images), 7), dtype=np.float32)


# Brightness 60, 100, and 200 are happy; "darker" leaves 80, 60, 40, 25, and 12 percent of it.
FACES = Faces(
    images=np.array([60, 100, 200], dtype=np.uint8).repeat(2304).reshape(3, 48, 48),
    labels=np.full(3, 3, dtype=np.uint8),
    splits=np.full(3, "PublicTest"),
    names=np.array(list("abc")),
    origins=np.full(3, "made"),
    provenance=Provenance("made", "up"),
)


def test_each_strength_is_scored_after_the_clean_faces() -> None:
    table = measure_robustness(LightMeter(), FACES, corruptions=["darker"])
    assert table.columns.tolist() == [
        "corruption",
        "strength",
        "amount",
        "accuracy",
        "low",
        "high",
    ]
    assert table["corruption"].tolist() == ["none"] + ["darker"] * 5
    assert table["strength"].tolist() == [0, 1, 2, 3, 4, 5]
    assert table["amount"].tolist() == [0, 0.8, 0.6, 0.4, 0.25, 0.12]
    # 60 is above 50 only when clean, 100 down to 60 percent, 200 down to 40 percent.
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3, 2 / 3, 1 / 3, 0, 0])


def test_each_accuracy_has_its_interval() -> None:
    table = measure_robustness(LightMeter(), FACES, corruptions=["darker"])
    assert table.loc[0, ["low", "high"]].tolist() == [1, 1]
    row = table.loc[1]
    assert row["low"] < row["accuracy"] < row["high"]


def test_all_eleven_corruptions_are_measured_by_default() -> None:
    table = measure_robustness(LightMeter(), FACES)
    assert len(table) == 1 + 11 * 5
    assert table["corruption"].nunique() == 12


def test_faces_in_training_alone_are_an_error() -> None:
    training = replace(FACES, splits=np.full(3, "Training"))
    with pytest.raises(DataError, match="all 3 faces of made are in Training"):
        measure_robustness(LightMeter(), training)


def clean_images(faces: Faces, most: int, *, seed: int = 0) -> NDArray[np.uint8]:
    recorder = Recorder()
    measure_robustness(recorder, faces, most=most, seed=seed, corruptions=[])
    (images,) = recorder.calls
    return images


def test_a_sample_is_a_random_part_in_its_order(faces: Faces) -> None:
    public = [image.tobytes() for image in faces.of_split("PublicTest").images]
    sample = clean_images(faces, 15, seed=1)
    indices = [public.index(image.tobytes()) for image in sample]
    assert len(set(indices)) == 15
    assert indices == sorted(indices)
    assert indices != list(range(15))
    np.testing.assert_array_equal(clean_images(faces, 15, seed=1), sample)
    assert (clean_images(faces, 15, seed=2) != sample).any()


@pytest.mark.parametrize("most", [21, 500])
def test_few_faces_are_all_taken(faces: Faces, most: int) -> None:
    public = faces.of_split("PublicTest")
    np.testing.assert_array_equal(clean_images(faces, most), public.images)


def test_a_sample_of_nothing_is_refused(faces: Faces) -> None:
    with pytest.raises(ValueError, match="expected to draw at least 1 face, got most=0"):
        measure_robustness(LightMeter(), faces, most=0)
