import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.model.calibration import at_temperature
from fer_utils.model.distillation import ask_teachers, mix_targets

LABELS = np.array([0, 3])
LEFT = np.zeros((2, 48, 48), dtype=np.uint8)
LEFT[:, :, 0] = 255


class Teacher:
    """Predicts one emotion, more or less surely depending on which side of a face is light."""

    def __init__(self, left: float, right: float) -> None:
        self.left, self.right = left, right

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        sure = np.where(images[:, 0, 0] > 0, self.left, self.right)
        return np.stack([sure, *[(1 - sure) / 6] * 6], axis=1).astype(np.float32)


def asked(*teachers: Teacher, temperature: float = 1.0) -> NDArray[np.float32]:
    return ask_teachers(teachers, LEFT, temperature=temperature)


def test_opinions_on_faces_and_their_mirror_images_are_averaged() -> None:
    opinions = asked(Teacher(0.9, 0.7), Teacher(0.5, 0.1))
    np.testing.assert_allclose(opinions[:, 0], (0.9 + 0.7 + 0.5 + 0.1) / 4, rtol=1e-6)
    np.testing.assert_allclose(opinions.sum(axis=1), 1, rtol=1e-6)


def test_a_temperature_softens_every_opinion() -> None:
    softened = asked(Teacher(0.9, 0.9), temperature=2)
    expected = at_temperature(Teacher(0.9, 0.9).predict(LEFT), 2)
    np.testing.assert_allclose(softened, expected, rtol=1e-6)


def test_a_teacher_is_needed() -> None:
    with pytest.raises(ValueError, match="at least one teacher, got none"):
        asked()


def test_without_teachers_the_labels_are_the_targets() -> None:
    targets = mix_targets(LABELS, None, weight=0.5)
    np.testing.assert_array_equal(targets, np.eye(7, dtype=np.float32)[LABELS])


def test_opinions_are_mixed_in_by_their_weight() -> None:
    opinions = np.full((2, 7), 1 / 7, dtype=np.float32)
    targets = mix_targets(LABELS, opinions, weight=0.25)
    np.testing.assert_allclose(targets[0], [0.75 + 0.25 / 7, *[0.25 / 7] * 6], rtol=1e-6)


def test_every_face_needs_an_opinion() -> None:
    with pytest.raises(ValueError, match="opinion on each of 2 faces, got 1"):
        mix_targets(LABELS, np.zeros((1, 7), np.float32), weight=0.5)
