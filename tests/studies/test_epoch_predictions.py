"""Predictions of every epoch are kept, also over a restart."""

from dataclasses import replace
from pathlib import Path

import keras
import pytest

from fer_utils.data.faces import Faces
from fer_utils.model.trained import Trained
from fer_utils.model.training import fit
from fer_utils.studies.epoch_predictions import EpochPredictions
from fer_utils.studies.study_plan import SHORTCUTS_RECIPE

RECIPE = replace(
    SHORTCUTS_RECIPE,
    updates=15,
    epochs=3,
    patience=3,
    learning_rate=0.05,
    widths=(4, 8),
    blocks=(0, 0),
)


class KilledError(Exception):
    """Represents a kill."""


class KillAfter(keras.callbacks.Callback):
    """End the process when an epoch is predicted but not backed up yet."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if epoch == self._epoch:
            raise KilledError


def fit_watched(faces: Faces, folder: Path, *others: keras.callbacks.Callback) -> Trained:
    watch = EpochPredictions(folder / "predictions", faces.of_split("PublicTest").images)
    return fit(faces, RECIPE, checkpoints=folder, precision="float32", callbacks=[watch, *others])


def test_each_epoch_has_the_accuracy_of_its_history(faces: Faces, tmp_path: Path) -> None:
    """Although the process ended in between, and a finished training is asked for again."""
    with pytest.raises(KilledError):
        fit_watched(faces, tmp_path, KillAfter(1))
    trained = fit_watched(faces, tmp_path)
    public = faces.of_split("PublicTest")
    for _ in range(2):
        predicted = EpochPredictions(tmp_path / "predictions", public.images).predictions()
        assert predicted.shape == (3, len(public))
        accuracies = (predicted == public.labels).mean(axis=1).tolist()
        assert accuracies == pytest.approx(trained.history["val_accuracy"].tolist())
        trained = fit_watched(faces, tmp_path)
    # Otherwise the comparison would prove little.
    assert len(set(accuracies)) > 1
