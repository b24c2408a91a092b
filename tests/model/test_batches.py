"""The parts of a training loop."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd

from fer_utils.data.balancing import Balanced
from fer_utils.model.batches import FaceBatches, KeepBest


def numbered_faces(count: int) -> Balanced:
    """Return faces whose every pixel is their number, of two classes with weights 2 and 3."""
    numbers = np.arange(count, dtype=np.uint8)
    return Balanced(
        images=np.broadcast_to(numbers[:, None, None], (count, 48, 48)),
        labels=numbers % 2,
        synthetic=np.zeros(count, dtype=bool),
        class_weights=np.array([2, 3, 1, 1, 1, 1, 1], dtype=np.float32),
        strategy="class_weight",
        seed=0,
    )


def batches_of(count: int, *, size: int, updates: int, seed: int = 0) -> FaceBatches:
    faces = numbered_faces(count)
    targets = np.eye(7, dtype=np.float32)[faces.labels]
    return FaceBatches(faces, targets, batch_size=size, updates_per_epoch=updates, seed=seed)


def order(batches: FaceBatches, epoch: int) -> list[int]:
    """Return the numbers of an epoch's faces, in order."""
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


def test_faces_count_as_the_weights_of_their_classes_say() -> None:
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


class Learner:
    """What `KeepBest` needs of a model: a network of one weight, and a flag."""

    def __init__(self) -> None:
        self.network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        self.layers = [keras.layers.Identity(), self.network]
        self.stop_training = False


def run_epochs(
    folder: Path, accuracies: list[float], *, patience: int = 9, first: int = 0
) -> tuple[KeepBest, int]:
    """Go through epochs, the only weight being the epoch's number; say how many were run."""
    keep_best, learner = KeepBest(folder, patience=patience), Learner()
    keep_best.set_model(learner)
    for epoch, accuracy in enumerate(accuracies, start=first):
        keep_best.on_epoch_begin(epoch)
        learner.network.set_weights([np.array([[epoch + 1]])])
        keep_best.on_epoch_end(epoch, {"val_accuracy": accuracy})
        if learner.stop_training:
            break
    keep_best.on_train_end()
    return keep_best, len(keep_best.history)


def kept_weight(keep_best: KeepBest) -> float:
    network = Learner().network
    network.load_weights(keep_best.weights_path)
    return float(network.get_weights()[0][0, 0])


def test_the_weights_of_the_best_epoch_are_kept(tmp_path: Path) -> None:
    keep_best, _ = run_epochs(tmp_path, [0.1, 0.5, 0.3, 0.4])
    assert kept_weight(keep_best) == 2


def test_the_first_of_equal_epochs_is_kept(tmp_path: Path) -> None:
    keep_best, _ = run_epochs(tmp_path, [0.1, 0.5, 0.5])
    assert kept_weight(keep_best) == 2


def test_training_stops_when_patience_is_at_an_end(tmp_path: Path) -> None:
    _, epochs = run_epochs(tmp_path, [0.1, 0.5, 0.3, 0.4, 0.9], patience=2)
    assert epochs == 4


def test_a_better_epoch_renews_the_patience(tmp_path: Path) -> None:
    _, epochs = run_epochs(tmp_path, [0.1, 0.0, 0.2, 0.1, 0.3], patience=2)
    assert epochs == 5


def test_the_history_is_on_disk_after_every_epoch(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.25, 0.5])
    written = pd.read_csv(tmp_path / "history.csv")
    assert written.columns.tolist() == ["epoch", "val_accuracy", "seconds"]
    assert written["val_accuracy"].tolist() == [0.25, 0.5]
    assert (written["seconds"] >= 0).all()


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.25, 0.5])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.weights.h5", "history.csv"]


def test_a_restart_reads_the_history_back(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.25, 0.5])
    keep_best, _ = run_epochs(tmp_path, [0.375], first=2)
    assert keep_best.history["epoch"].tolist() == [1, 2, 3]
    assert keep_best.history["val_accuracy"].tolist() == [0.25, 0.5, 0.375]


def test_a_restart_remembers_what_was_best_before(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.1, 0.5])
    keep_best, _ = run_epochs(tmp_path, [0.3], first=2)
    assert kept_weight(keep_best) == 2


def test_a_restart_remembers_how_long_nothing_improved(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.5, 0.1], patience=2)
    _, epochs = run_epochs(tmp_path, [0.1, 0.9], patience=2, first=2)
    assert epochs == 3


def test_an_epoch_done_again_after_a_restart_stands_once_in_the_history(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.25, 0.5])
    keep_best, _ = run_epochs(tmp_path, [0.75], first=1)
    assert keep_best.history["val_accuracy"].tolist() == [0.25, 0.75]


def test_a_restart_after_the_last_epoch_has_the_history(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.25, 0.5])
    keep_best, _ = run_epochs(tmp_path, [], first=2)
    assert keep_best.history["val_accuracy"].tolist() == [0.25, 0.5]


def test_training_afresh_forgets_an_old_history(tmp_path: Path) -> None:
    run_epochs(tmp_path, [0.25, 0.5])
    keep_best, _ = run_epochs(tmp_path, [0.125])
    assert keep_best.history["val_accuracy"].tolist() == [0.125]
