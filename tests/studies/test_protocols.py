"""Which faces are learned from and scored, and how many of them leak."""

import numpy as np
import pytest

from fer_utils.data.faces import Faces, Provenance, join_faces
from fer_utils.studies.protocols import (
    a_as_published,
    a_honest,
    b_as_published,
    b_honest,
    draw_study_faces,
    find_copies,
    honest,
)


def picture(number: int) -> np.ndarray:
    image = np.zeros((48, 48), dtype=np.uint8)
    image.flat[:2] = divmod(number, 256)
    image.flat[2] = 255
    return image


def faces_of(rows: list[tuple[int, int, str]], origin: str = "fer2013") -> Faces:
    """Create faces from numbers, labels and splits; equal numbers have equal pixels."""
    numbers, labels, splits = zip(*rows, strict=True)
    return Faces(
        images=np.stack([picture(number) for number in numbers]),
        labels=np.array(labels, dtype=np.uint8),
        splits=np.array(splits),
        names=np.array([str(number) for number in numbers]),
        origins=np.full(len(rows), origin),
        provenance=Provenance("literal", "numbers"),
    )


# Per emotion, four faces in Training, two in PublicTest and two in PrivateTest. The first
# PrivateTest face is a copy of the first Training face.
ROWS = [
    (100 * label + number, label, split)
    for label in range(7)
    for number, split in zip(
        (0, 1, 2, 3, 4, 5, 0, 6),
        ["Training"] * 4 + ["PublicTest"] * 2 + ["PrivateTest"] * 2,
        strict=True,
    )
]
FACES = faces_of(ROWS)


def test_copies_are_found_as_many_times_as_they_are_scored() -> None:
    scored = np.stack([picture(number) for number in (1, 2, 2, 3)])
    learned = np.stack([picture(number) for number in (2, 4, 4)])
    assert find_copies(scored, learned).tolist() == [False, True, True, False]
    assert find_copies(learned, scored).tolist() == [True, False, False]
    assert not find_copies(scored, learned[:0]).any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_resampling_before_the_split_puts_learned_images_into_the_test(seed: int) -> None:
    """There are thirty angry faces, and one face of disgust that is repeated thirty times."""
    rows = [(number, 0, "Training") for number in range(30)] + [(99, 1, "Training")]
    protocol = b_as_published(faces_of(rows), seed=seed)
    test = protocol.scored["test"]
    assert (len(protocol.learned), len(protocol.chosen_on), len(test)) == (48, 6, 6)
    labels = [protocol.learned.labels, protocol.chosen_on.labels, test.labels]
    assert np.bincount(np.concatenate(labels)).tolist() == [30, 30]
    repeated = int((test.labels == 1).sum())
    assert repeated > 0
    assert protocol.leaks()["test"] == {"faces": 6, "copies": repeated}


def test_network_b_learns_from_all_splits_without_duplicates() -> None:
    """Seven of the eight faces per emotion are distinct, so none is repeated."""
    protocol = b_as_published(FACES, seed=0)
    parts = protocol.learned.images, protocol.chosen_on.images, protocol.scored["test"].images
    assert [len(part) for part in parts] == [41, 4, 4]
    assert len({image.tobytes() for part in parts for image in part}) == 49
    assert protocol.leaks()["test"] == {"faces": 4, "copies": 0}


def test_network_a_is_tested_on_faces_that_it_learned_from() -> None:
    protocol = a_as_published(FACES, seed=0)
    assert len(protocol.learned) == 28
    assert not protocol.keeps_best
    assert protocol.leaks()["test"] == {"faces": 14, "copies": 14}
    validation = protocol.scored["validation"]
    assert len(validation) == 14
    assert "Training" not in validation.splits
    copies = sum(int(name) % 100 == 0 for name in validation.names)
    assert protocol.leaks()["validation"] == {"faces": 14, "copies": copies}
    # max(1, log(0.15 · 28 / 4)) for each emotion
    assert protocol.learned.weights.tolist() == [1.0] * 28


@pytest.mark.parametrize("protocol_of", [a_honest, b_honest])
def test_the_honest_protocol_leaks_nothing(protocol_of: object) -> None:
    protocol = protocol_of(FACES, seed=0)  # type: ignore[operator]
    assert protocol.keeps_best
    assert len(protocol.learned) == 21
    assert set(protocol.chosen_on.splits) == {"PublicTest"}
    assert protocol.leaks() == {
        "chosen on": {"faces": 14, "copies": 0},
        "PrivateTest": {"faces": 14, "copies": 0},
        "PrivateTest-copies": {"faces": 7, "copies": 0},
        "PrivateTest-clean": {"faces": 7, "copies": 0},
    }


def test_copies_of_evaluation_images_can_be_kept_in_training() -> None:
    protocol = honest(FACES, strategy="none", seed=0, keep_evaluation_copies=True)
    assert len(protocol.learned) == 28
    leaks = {name: leak["copies"] for name, leak in protocol.leaks().items()}
    assert leaks == {
        "chosen on": 0,
        "PrivateTest": 7,
        "PrivateTest-copies": 7,
        "PrivateTest-clean": 0,
    }


def test_public_test_can_be_learned_as_it_is() -> None:
    """Also its copies of PrivateTest faces; faces of Training that have a copy stay out."""
    copies = faces_of([(100 * label + 6, label, "PublicTest") for label in range(7)])
    joined = join_faces([FACES, copies])
    protocol = honest(joined, strategy="none", seed=0, learn_public_test=True)
    assert len(protocol.learned) == 21 + 14 + 7
    assert protocol.leaks() == {
        "chosen on": {"faces": 21, "copies": 21},
        "PrivateTest": {"faces": 14, "copies": 7},
        "PrivateTest-copies": {"faces": 7, "copies": 0},
        "PrivateTest-clean": {"faces": 7, "copies": 7},
    }
    assert honest(joined, strategy="none", seed=0).leaks()["PrivateTest"]["copies"] == 0


def test_only_network_b_learns_from_ckplus() -> None:
    splits = ("Training", "PublicTest", "PrivateTest")
    rows = [(1000 + number, 3, split) for number, split in enumerate(splits)]
    joined = join_faces([FACES, faces_of(rows, origin="ckplus")])
    assert len(a_as_published(joined, seed=0).learned) == 28
    assert len(a_honest(joined, seed=0).learned) == 21
    protocol = b_honest(joined, seed=0)
    # Training has four happy faces now, and other emotions are repeated to four.
    assert len(protocol.learned) == 7 * 4
    assert set(protocol.chosen_on.origins) == set(protocol.scored["PrivateTest"].origins)
    assert "ckplus" not in protocol.chosen_on.origins
    assert len(b_as_published(joined, seed=0).learned) == 7 * 10 - 2 * 7


def test_drawn_faces_can_have_the_leak_of_fer2013() -> None:
    faces = draw_study_faces(170, copies=5)
    plain = draw_study_faces(170)
    assert (len(plain), len(faces)) == (170, 175)
    assert set(faces.splits[170:]) == {"Training"}
    held_out = plain.select(plain.splits != "Training")
    np.testing.assert_array_equal(faces.images[170:], held_out.images[:5])
    assert honest(plain, strategy="none", seed=0).leaks()["PrivateTest"]["copies"] == 0
