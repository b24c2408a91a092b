from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from fer_utils.model.trained import KeepBest, progress_bar


class Learner:
    """The parts of a model that `KeepBest` uses: a network with one weight, and a flag."""

    def __init__(self) -> None:
        self.network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        self.layers = [keras.layers.Identity(), self.network]
        self.stop_training = False


def run_epochs(
    folder: Path, accuracies: list[float], *, patience: int = 9, first: int = 0
) -> tuple[KeepBest, int]:
    """Run epochs that set the only weight to their number; return how many were run."""
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


def test_training_stops_when_patience_runs_out(tmp_path: Path) -> None:
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
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["best.weights.h5", "finished", "history.csv"]


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


def test_an_epoch_repeated_after_a_restart_is_in_the_history_once(tmp_path: Path) -> None:
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


def test_a_training_that_ended_is_known_to_be_finished(tmp_path: Path) -> None:
    assert not KeepBest(tmp_path, patience=9).finished
    run_epochs(tmp_path, [0.25, 0.5])
    again = KeepBest(tmp_path, patience=9)
    assert again.finished
    assert again.history["val_accuracy"].tolist() == [0.25, 0.5]


def show_epochs(numbers: range, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what the progress bar shows while a training of 4 epochs runs these."""
    bar = progress_bar(4)
    bar.set_params({"epochs": 4, "steps": 10})
    bar.on_train_begin()
    for epoch in numbers:
        bar.on_epoch_begin(epoch)
        bar.on_epoch_end(epoch, {"accuracy": 0.25, "val_accuracy": 0.5})
    bar.on_train_end()
    printed, shown = capsys.readouterr()
    assert printed == ""
    return shown.replace("\n", "\r").strip("\r").split("\r")


def test_progress_is_one_bar_with_the_latest_scores(capsys: pytest.CaptureFixture[str]) -> None:
    shown = show_epochs(range(4), capsys)
    assert all("%|" in line for line in shown if line.strip())
    assert shown[-1].startswith("Training: 100%|")
    assert "4/4" in shown[-1]
    assert "accuracy=0.25, val_accuracy=0.5" in shown[-1]


def test_progress_continues_after_a_restart(capsys: pytest.CaptureFixture[str]) -> None:
    shown = show_epochs(range(3, 4), capsys)
    assert "4/4" in shown[-1]
