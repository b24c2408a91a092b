import numpy as np
import pytest
from numpy.typing import NDArray

from fer_utils.data.faces import Faces, Provenance
from fer_utils.data.votes import VOTE_CLASSES
from fer_utils.model.face_size import (
    FACE_SIDES,
    FaceSizes,
    measure_face_sizes,
    photograph,
    score_one_person,
)

HAPPY, NEUTRAL = 3, 6


def votes(**counts: int) -> list[int]:
    return [counts.get(name, 0) for name in VOTE_CLASSES]


def striped(*rows: list[int]) -> Faces:
    """Return faces with vertical stripes of four pixels, which a low resolution blurs."""
    image = np.tile(np.repeat(np.uint8([0, 200]), 4), (48, 6))
    return Faces(
        images=np.stack([image] * len(rows)),
        labels=np.zeros(len(rows), dtype=np.uint8),
        splits=np.full(len(rows), "PublicTest"),
        names=np.full(len(rows), "face"),
        origins=np.full(len(rows), "fer2013"),
        provenance=Provenance("made", "up"),
        votes=np.array(rows, dtype=np.uint8),
    )


def happy_if_sharp(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    contrasts = images[:, 24].astype(float).std(axis=1)
    return np.eye(7)[np.where(contrasts > 60, HAPPY, NEUTRAL)]


def test_faces_are_scored_at_every_size_where_the_votes_have_a_winner() -> None:
    faces = striped(votes(happiness=10), votes(happiness=5, neutral=5), votes(happiness=8, fear=2))
    found = measure_face_sizes(happy_if_sharp, faces)
    assert found.sides == FACE_SIDES
    accuracies = dict(zip(found.sides, found.accuracies, strict=True))
    assert (accuracies[8], accuracies[48], accuracies[96]) == (0, 1, 1)
    # The second face is a tie; of its voters, each sees a winner among the other nine, not theirs.
    assert found.one_person == (10 + 0 + 8) / 30


def test_a_face_of_its_own_size_stays_the_same_and_a_small_one_loses_detail() -> None:
    image = striped(votes(neutral=10)).images
    np.testing.assert_array_equal(photograph(image, 48), image)
    assert np.unique(photograph(image, 6)).tolist() == [100]
    assert photograph(image, 12).shape == (1, 48, 48)


@pytest.mark.parametrize(
    ("accuracies", "smallest"),
    [
        ((0.5, 0.7, 0.8), 48),
        ((0.5, 0.76, 0.8), 24),
        ((0.9, 0.7, 0.8), 48),  # luck at one size does not count
        ((0.76, 0.77, 0.8), 12),
        ((0.5, 0.6, 0.7), 0),
    ],
)
def test_the_smallest_face_is_where_one_person_is_reached(
    accuracies: tuple[float, ...], smallest: int
) -> None:
    assert FaceSizes((12, 24, 48), accuracies, one_person=0.75).smallest == smallest


def test_one_person_is_compared_with_the_winner_of_the_others() -> None:
    assert score_one_person(np.uint8([votes(happiness=8, neutral=1, unknown=1)])) == 0.8
    # Without a sad vote it is a tie; the neutral one sees two sad votes.
    assert score_one_person(np.uint8([votes(sadness=2, neutral=1)])) == 0
