"""The published networks match their descriptions, train as described, and resume after a kill."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.model import learner
from fer_utils.model.network import for_inference
from fer_utils.studies.protocols import a_as_published, a_honest
from fer_utils.studies.published_networks import (
    InverseTimeDecay,
    build_network_a,
    build_network_b,
    fit_published,
)
from fer_utils.studies.study_plan import StudySettings


def convolution(before: int, width: int) -> int:
    """Return the number of weights of a 3x3 convolution and its batch normalization."""
    return 9 * before * width + width + 4 * width


def dense(before: int, width: int) -> int:
    return before * width + width


def lstm(before: int, width: int) -> int:
    return 4 * (before * width + width * width + width)


def test_network_a_has_the_weights_of_its_description() -> None:
    """48 is halved four times, so the dense layer has an input of 3x3x64."""
    convolutions = convolution(1, 32) + convolution(32, 32) + convolution(32, 64)
    expected = 4 + convolutions + convolution(64, 64)
    expected += dense(3 * 3 * 64, 1024) + 4 * 1024 + dense(1024, 7)
    assert expected == 667_883
    assert build_network_a().count_params() == expected


def test_network_b_has_the_weights_of_its_description() -> None:
    expected = sum(
        convolution(*widths) for widths in ((1, 32), (32, 64), (64, 64), (64, 128), (128, 128))
    )
    expected += lstm(128, 128) + lstm(64, 64) + dense(64, 200) + dense(200, 7)
    assert expected == 457_863
    assert build_network_b().count_params() == expected


def test_network_b_reads_sixteen_positions_and_then_two_halves() -> None:
    shapes = [layer.output.shape for layer in build_network_b().layers]
    assert (None, 4, 4, 128) in shapes
    assert (None, 16, 128) in shapes
    assert (None, 2, 64) in shapes


@pytest.mark.parametrize("build", [build_network_a, build_network_b])
def test_a_network_outputs_probabilities_that_depend_on_the_seed(build: object) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 1)).astype(np.float32)
    first, same, other = (
        keras.ops.convert_to_numpy(build(seed=seed)(images))  # type: ignore[operator]
        for seed in (1, 1, 2)
    )
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


@pytest.mark.parametrize("build", [build_network_a, build_network_b])
def test_a_network_can_be_rebuilt_for_inference(build: object) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 1)).astype(np.float32)
    network = build()  # type: ignore[operator]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(for_inference(network)(images)),
        keras.ops.convert_to_numpy(network(images)),
        rtol=1e-5,
    )


class KilledError(Exception):
    """Simulates a kill."""


def test_a_published_training_resumes_after_a_kill(
    faces: Faces, reproduce_settings: StudySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The honest protocol ends with the weights of the best epoch, the published one the last."""
    recipe = replace(reproduce_settings.a, epochs=2)
    fit = partial(fit_published, build_network_a, recipe=recipe, seed=0)

    def kill(number: int, logs: dict | None = None) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        killer = keras.callbacks.LambdaCallback(on_epoch_end=kill)
        patch.setattr(learner, "progress_bar", lambda epochs: killer)
        with pytest.raises(KilledError):
            fit(a_honest(faces, seed=0), checkpoints=tmp_path / "honest")
    begun, loaded = [], []
    load = keras.Model.load_weights

    def load_weights(self: keras.Model, path: Path, **options: Any) -> None:
        loaded.append(Path(path).name)
        load(self, path, **options)

    def begin(number: int, logs: dict | None = None) -> None:
        begun.append(number + 1)

    watcher = keras.callbacks.LambdaCallback(on_epoch_begin=begin)
    monkeypatch.setattr(keras.Model, "load_weights", load_weights)
    monkeypatch.setattr(learner, "progress_bar", lambda epochs: watcher)
    trained = fit(a_honest(faces, seed=0), checkpoints=tmp_path / "honest")
    assert begun == [2]
    assert trained.history["epoch"].tolist() == [1, 2]
    assert loaded[-1] == "best.weights.h5"
    loaded.clear()
    fit(a_as_published(faces, seed=0), checkpoints=tmp_path / "published")
    assert loaded == []


@pytest.mark.parametrize("protocol_of", [a_honest, a_as_published])
def test_a_finished_training_is_not_repeated(
    faces: Faces,
    reproduce_settings: StudySettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    protocol_of: Any,
) -> None:
    """If the process is killed before it writes the metrics, the same call returns the network."""
    fit = partial(fit_published, build_network_a, recipe=reproduce_settings.a)
    protocol = protocol_of(faces, seed=0)
    first = fit(protocol, checkpoints=tmp_path / "run", seed=0)
    begun = []
    watcher = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: begun.append(epoch))
    monkeypatch.setattr(learner, "progress_bar", lambda epochs: watcher)
    again = fit(protocol, checkpoints=tmp_path / "run", seed=0)
    assert begun == []
    assert again.history.round(6).equals(first.history.round(6))
    for old, new in zip(first.network.get_weights(), again.network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_rate_decays_with_the_updates_and_the_plateau_halves_it() -> None:
    """Three updates an epoch with decay 1; a loss that never falls is on a plateau at once."""
    rates: list[float] = []
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.compile(keras.optimizers.SGD(0.6), "mse", run_eagerly=True)
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rates.append(float(network.optimizer.learning_rate))
    )
    halve = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1)
    nothing = np.zeros((3, 1), dtype=np.float32)
    network.fit(
        nothing,
        nothing,
        batch_size=1,
        epochs=3,
        callbacks=[InverseTimeDecay(1.0), halve, note],
        verbose=0,
    )
    expected = [0.6, 0.6 / 2, 0.6 / 3, 0.6 / 4, 0.6 / 5, 0.6 / 6, 0.3 / 7, 0.3 / 8, 0.3 / 9]
    assert rates == pytest.approx(expected)
