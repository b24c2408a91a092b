import numpy as np

from fer_utils.data.faces import Faces
from fer_utils.data.provenance import Provenance
from fer_utils.model.batches import FaceBatches


def numbered_faces(count: int) -> Faces:
    """Return faces whose pixels are their number, of two classes with weights 2 and 3."""
    numbers = np.arange(count, dtype=np.uint8)
    text = numbers.astype(str)
    return Faces(
        images=np.broadcast_to(numbers[:, None, None], (count, 48, 48)),
        labels=numbers % 2,
        splits=np.full(count, "Training"),
        names=text,
        origins=text,
        provenance=Provenance("numbers", "made up"),
        weights=(2 + numbers % 2).astype(np.float32),
    )


def batches_of(count: int, *, size: int, updates: int, seed: int = 0) -> FaceBatches:
    faces = numbered_faces(count)
    targets = np.eye(7, dtype=np.float32)[faces.labels]
    return FaceBatches(faces, targets, batch_size=size, updates_per_epoch=updates, seed=seed)


def order(batches: FaceBatches, epoch: int) -> list[int]:
    """Return the numbers of the faces of an epoch, in order."""
    batches.start_epoch(epoch)
    images = [batches[index][0] for index in range(len(batches))]
    return np.concatenate(images)[:, 0, 0, 0].tolist()


def test_an_epoch_has_the_updates_asked_for() -> None:
    assert len(batches_of(10, size=4, updates=3)) == 3


def test_a_batch_has_images_targets_and_weights() -> None:
    images, labels, weights = batches_of(10, size=4, updates=1)[0]
    assert (images.shape, images.dtype) == ((4, 48, 48, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((4, 7), np.float32)
    assert (weights.shape, weights.dtype) == ((4,), np.float32)


def test_labels_belong_to_their_faces() -> None:
    images, labels, _ = batches_of(10, size=10, updates=1)[0]
    assert labels.argmax(axis=1).tolist() == (images[:, 0, 0, 0] % 2).tolist()
    assert labels.sum(axis=1).tolist() == [1] * 10


def test_a_batch_has_the_weights_of_its_faces() -> None:
    images, _, weights = batches_of(10, size=10, updates=1)[0]
    assert weights.tolist() == [2 + number % 2 for number in images[:, 0, 0, 0].tolist()]


def test_the_order_is_shuffled() -> None:
    assert order(batches_of(50, size=10, updates=5), 0) != list(range(50))


def test_the_same_seed_gives_the_same_order() -> None:
    one, other = (batches_of(50, size=10, updates=5, seed=3) for _ in range(2))
    assert order(one, 0) == order(other, 0)


def test_another_seed_gives_another_order() -> None:
    one, other = (batches_of(50, size=10, updates=5, seed=seed) for seed in (3, 4))
    assert order(one, 0) != order(other, 0)


def test_every_epoch_has_another_order() -> None:
    batches = batches_of(50, size=10, updates=5)
    assert order(batches, 0) != order(batches, 1)


def test_an_epoch_has_the_same_order_whether_earlier_ones_ran_or_not() -> None:
    gone_through, restarted = (batches_of(50, size=8, updates=5) for _ in range(2))
    orders = [order(gone_through, epoch) for epoch in range(4)]
    assert order(restarted, 3) == orders[3]


def test_every_pass_shows_every_face_once_also_across_epochs() -> None:
    batches = batches_of(10, size=4, updates=2)
    shown = [number for epoch in range(5) for number in order(batches, epoch)]
    passes = [shown[start : start + 10] for start in range(0, 40, 10)]
    assert [sorted(faces) for faces in passes] == [list(range(10))] * 4


def test_a_batch_may_be_larger_than_the_data() -> None:
    shown = order(batches_of(3, size=9, updates=1), 0)
    assert sorted(shown) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
