"""Real runs of both studies, with tiny networks or single epochs."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.network import build_cnn
from fer_utils.studies import feature_smote, fitting
from fer_utils.studies.collecting import collect
from fer_utils.studies.feature_smote import retrain_head
from fer_utils.studies.fitting import InverseTimeDecay, fit_published
from fer_utils.studies.protocols import a_as_published, a_honest
from fer_utils.studies.published_networks import build_network_a
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyError, StudyRun, StudySettings, plan_runs
from fer_utils.studies.study_run import run_study


@pytest.fixture(scope="module")
def balancing_study(
    faces: Faces, balancing_settings: StudySettings, tmp_path_factory: pytest.TempPathFactory
) -> StudyFolder:
    methods = ["none", "class_weight", "logit_adjustment", "embedding_smote"]
    runs = plan_runs("balancing", seeds=[0], methods=methods)
    folder = tmp_path_factory.mktemp("balancing")
    return run_study(folder, faces, balancing_settings, runs, workers=0)


@pytest.fixture(scope="module")
def reproduce_study(
    faces: Faces, reproduce_settings: StudySettings, tmp_path_factory: pytest.TempPathFactory
) -> StudyFolder:
    methods = ["a_published", "b_honest", "with_copies"]
    runs = plan_runs("reproduce", seeds=[0], methods=methods)
    folder = tmp_path_factory.mktemp("reproduce")
    return run_study(folder, faces, reproduce_settings, runs, workers=0)


@pytest.mark.parametrize("method", ["none", "class_weight", "logit_adjustment", "embedding_smote"])
def test_a_balancing_run_leaves_scores_and_probabilities(
    balancing_study: StudyFolder, faces: Faces, method: str
) -> None:
    run = StudyRun(method=method, seed=0)
    metrics = balancing_study.metrics(run)
    assert (metrics["method"], metrics["seed"]) == (method, 0)
    assert metrics["seconds"] > 0
    assert set(metrics["scores"]) == {"PublicTest", "PrivateTest-clean"}
    assert metrics["scores"]["PrivateTest-clean"]["count"] == 7
    with np.load(balancing_study.of_run(run) / "probabilities.npz") as stored:
        said, labels = stored["probabilities"], stored["labels"]
    assert labels.tolist() == faces.of_split("PublicTest").labels.tolist()
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    accuracy = (said.argmax(axis=1) == labels).mean()
    assert metrics["scores"]["PublicTest"]["accuracy"]["value"] == pytest.approx(accuracy)
    assert not (balancing_study.of_run(run) / "checkpoints").exists()


def test_balancing_learns_from_cleaned_faces(balancing_study: StudyFolder) -> None:
    """One face of each class in Training is a copy of a PrivateTest face."""
    metrics = balancing_study.metrics(StudyRun(method="none", seed=0))
    assert metrics["faces_learned"] == 63


def test_the_collected_results_compare_with_none(balancing_study: StudyFolder) -> None:
    results = collect(balancing_study.path)
    methods = ["none", "class_weight", "logit_adjustment", "embedding_smote"]
    assert list(results.methods) == methods
    assert results.methods["none"]["differences"]["accuracy"]["value"] == 0
    worked = {name: found["processor_seconds"] for name, found in results.methods.items()}
    assert worked["embedding_smote"] > worked["none"] > 0
    accuracies = {
        name: balancing_study.metrics(StudyRun(method=name, seed=0))["scores"]["PublicTest"][
            "accuracy"
        ]
        for name in methods
    }
    for name in methods:
        found = results.methods[name]["figures"]["accuracy"]["value"]
        assert found == pytest.approx(accuracies[name]["value"])
    json.dumps(results.values)


def test_nothing_to_collect_is_told(balancing_study: StudyFolder, tmp_path: Path) -> None:
    manifest = (balancing_study.path / "study.json").read_text()
    (tmp_path / "study.json").write_text(manifest)
    with pytest.raises(StudyError, match="has no finished run yet"):
        collect(tmp_path)
    StudyFolder(tmp_path).write_metrics(StudyRun(method="smote", seed=0), {})
    with pytest.raises(StudyError, match="no finished run of 'none' with the seeds of 'smote'"):
        collect(tmp_path)


def test_a_published_run_tells_its_leaks(reproduce_study: StudyFolder) -> None:
    metrics = reproduce_study.metrics(StudyRun(method="a_published", seed=0))
    assert metrics["parameters"] == 667_883
    assert metrics["epochs"] == 1
    assert metrics["leaks"]["test"] == {"faces": 35, "copies": 35}
    assert set(metrics["scores"]) == {"validation", "test"}


def test_an_honest_run_scores_private_test_in_parts(reproduce_study: StudyFolder) -> None:
    metrics = reproduce_study.metrics(StudyRun(method="b_honest", seed=0))
    assert metrics["parameters"] == 457_863
    counts = {name: score["count"] for name, score in metrics["scores"].items()}
    assert counts == {"PrivateTest": 14, "PrivateTest-copies": 7, "PrivateTest-clean": 7}
    assert all(leak["copies"] == 0 for leak in metrics["leaks"].values())


def test_the_official_splits_leak_is_measured(reproduce_study: StudyFolder) -> None:
    metrics = reproduce_study.metrics(StudyRun(method="with_copies", seed=0))
    assert metrics["faces_learned"] == 70
    assert metrics["leaks"]["PrivateTest-copies"] == {"faces": 7, "copies": 7}
    results = collect(reproduce_study.path)
    assert list(results.methods) == ["a_published", "b_honest", "with_copies"]


def test_only_the_last_layer_is_trained_anew(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build_cnn(widths=(4, 8), blocks=(0, 0), seed=0)
    before = [weights.copy() for weights in network.get_weights()]
    validation = faces.of_split("PublicTest")
    trained = retrain_head(network, faces.of_split("Training"), validation, epochs=3)
    after = trained.network.get_weights()
    assert all((old == new).all() for old, new in zip(before[:-2], after[:-2], strict=True))
    assert (before[-2] != after[-2]).any()
    assert trained.history["epoch"].tolist() == [1, 2, 3]
    accuracy = (trained.probabilities(validation.images).argmax(axis=1) == validation.labels).mean()
    assert trained.history["val_accuracy"].max() == pytest.approx(accuracy)


def test_the_features_that_are_balanced_are_those_of_training(
    faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine faces of disgust become ten; features of PublicTest never reach SMOTE."""
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    sampler = pytest.importorskip("imblearn.over_sampling").SMOTE
    original = sampler.fit_resample

    def fit_resample(self: Any, features: np.ndarray, labels: np.ndarray) -> Any:
        seen.append((features, labels))
        result = original(self, features, labels)
        assert np.bincount(result[1]).tolist() == [10] * len(EMOTIONS)
        return result

    monkeypatch.setattr(sampler, "fit_resample", fit_resample)
    training = faces.of_split("Training").select(np.arange(70) != 10)
    network = build_cnn(widths=(4, 8), blocks=(0, 0), seed=0)
    retrain_head(network, training, faces.of_split("PublicTest"), epochs=1)
    ((features, labels),) = seen
    body = keras.Model(network.input, network.get_layer("features").output)
    expected = feature_smote._features(body, training.images)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)
    assert labels.tolist() == training.labels.tolist()


class KilledError(Exception):
    """Stands for a kill."""


def test_a_published_training_goes_on_after_a_kill(
    faces: Faces, reproduce_settings: StudySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the honest protocol scores the weights of the best epoch, the published one the last."""
    recipe = replace(reproduce_settings.a, epochs=2)
    fit = partial(fit_published, build_network_a, recipe=recipe, seed=0, precision="float32")

    def kill(self: fitting.UpdateProgress, number: int, logs: dict | None = None) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(fitting.UpdateProgress, "on_epoch_end", kill)
        with pytest.raises(KilledError):
            fit(a_honest(faces, seed=0), checkpoints=tmp_path / "honest")
    begun, loaded = [], []
    load = keras.Model.load_weights

    def load_weights(self: keras.Model, path: Path, **options: Any) -> None:
        loaded.append(Path(path).name)
        load(self, path, **options)

    def begin(self: fitting.UpdateProgress, number: int, logs: dict | None = None) -> None:
        begun.append(number + 1)

    monkeypatch.setattr(keras.Model, "load_weights", load_weights)
    monkeypatch.setattr(fitting.UpdateProgress, "on_epoch_begin", begin)
    trained = fit(a_honest(faces, seed=0), checkpoints=tmp_path / "honest")
    assert begun == [2]
    assert trained.history["epoch"].tolist() == [1, 2]
    assert loaded[-1] == "best.weights.h5"
    assert not (tmp_path / "honest").exists()
    loaded.clear()
    fit(a_as_published(faces, seed=0), checkpoints=tmp_path / "published")
    assert loaded == []


def test_the_rate_decays_with_the_updates_and_the_plateau_halves_it() -> None:
    """Three updates an epoch at decay 1; a loss that never falls is a plateau at once."""
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
