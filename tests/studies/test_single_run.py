"""Runs of both studies, with tiny networks or single epochs."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.network import build_network
from fer_utils.model.recipes import PROFILES
from fer_utils.studies import single_run
from fer_utils.studies.single_run import perform_run, retrain_head
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyRun
from fer_utils.studies.study_results import collect


@pytest.mark.parametrize("method", ["none", "class_weight", "logit_adjustment", "embedding_smote"])
def test_a_balancing_run_writes_scores_and_probabilities(
    balancing_study: StudyFolder, faces: Faces, method: str
) -> None:
    run = StudyRun(method=method, seed=0)
    metrics = balancing_study.metrics(run)
    assert (metrics["method"], metrics["seed"]) == (method, 0)
    assert metrics["seconds"] > 0
    assert set(metrics["scores"]) == {"PublicTest", "PrivateTest-clean"}
    assert metrics["scores"]["PrivateTest-clean"]["count"] == 7
    with np.load(balancing_study.of_run(run) / "predictions.npz") as stored:
        predicted, labels = stored["probabilities"], stored["labels"]
    assert labels.tolist() == faces.of_split("PublicTest").labels.tolist()
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-5)
    accuracy = (predicted.argmax(axis=1) == labels).mean()
    assert metrics["scores"]["PublicTest"]["accuracy"]["value"] == pytest.approx(accuracy)
    assert not (balancing_study.of_run(run) / "checkpoints").exists()


def test_balancing_learns_from_cleaned_faces(balancing_study: StudyFolder) -> None:
    """One Training face per class is a copy of a PrivateTest face."""
    metrics = balancing_study.metrics(StudyRun(method="none", seed=0))
    assert metrics["faces_learned"] == 63


def test_a_published_run_reports_its_leaks(reproduce_study: StudyFolder) -> None:
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


def test_the_leak_of_the_official_split_is_measured(reproduce_study: StudyFolder) -> None:
    metrics = reproduce_study.metrics(StudyRun(method="with_copies", seed=0))
    assert metrics["faces_learned"] == 70
    assert metrics["leaks"]["PrivateTest-copies"] == {"faces": 7, "copies": 7}
    results = collect(reproduce_study.path)
    assert list(results.methods) == ["a_published", "b_honest", "with_copies"]


@pytest.mark.parametrize(("method", "learned"), [("training_only", 63), ("with_public_test", 84)])
def test_a_run_for_shortcuts_keeps_the_predictions_of_every_epoch(
    shortcuts_study: StudyFolder, faces: Faces, method: str, learned: int
) -> None:
    run = StudyRun(method=method, seed=2)
    metrics, stored = shortcuts_study.metrics(run), shortcuts_study.predictions(run)
    assert metrics["faces_learned"] == learned
    for split, name in (("PublicTest", "public"), ("PrivateTest", "private")):
        labels = faces.of_split(split).labels
        assert stored[f"{name}_labels"].tolist() == labels.tolist()
        assert stored[name].shape == (2, len(labels))
        accuracies = (stored[name] == labels).mean(axis=1)
        column = {"public": "val_accuracy", "private": "private_accuracy"}[name]
        assert metrics["history"][column] == pytest.approx(accuracies.tolist(), abs=1e-4)
    assert metrics["leaks"]["chosen on"]["copies"] == learned - 63
    assert not stored["private_copies"].any()
    assert not (shortcuts_study.of_run(run) / "checkpoints").exists()


def test_checkpoints_are_deleted_once_the_metrics_are_written(
    balancing_study: StudyFolder,
) -> None:
    """Even if the process was killed in between."""
    run = StudyRun(method="none", seed=0)
    metrics, checkpoints = balancing_study.metrics(run), balancing_study.of_run(run) / "checkpoints"
    (checkpoints / "backup").mkdir(parents=True)
    perform_run(balancing_study.path, run)
    assert not checkpoints.exists()
    assert balancing_study.metrics(run) == metrics


def test_only_the_last_layer_is_retrained(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_run, "_EPOCHS", 3)
    network = build_network(replace(PROFILES["quick"], widths=(4, 8), blocks=(0, 0)), seed=0)
    before = [weights.copy() for weights in network.get_weights()]
    validation = faces.of_split("PublicTest")
    trained = retrain_head(network, faces)
    after = trained.network.get_weights()
    assert all((old == new).all() for old, new in zip(before[:-2], after[:-2], strict=True))
    assert (before[-2] != after[-2]).any()
    assert trained.history["epoch"].tolist() == [1, 2, 3]
    accuracy = (trained.probabilities(validation.images).argmax(axis=1) == validation.labels).mean()
    assert trained.history["val_accuracy"].max() == pytest.approx(accuracy)


def test_only_features_of_training_are_balanced(
    faces: Faces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine faces of disgust become ten, and PublicTest never reaches SMOTE."""
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    sampler = pytest.importorskip("imblearn.over_sampling").SMOTE
    original = sampler.fit_resample

    def fit_resample(self: Any, features: np.ndarray, labels: np.ndarray) -> Any:
        seen.append((features, labels))
        result = original(self, features, labels)
        assert np.bincount(result[1]).tolist() == [10] * len(EMOTIONS)
        return result

    monkeypatch.setattr(sampler, "fit_resample", fit_resample)
    monkeypatch.setattr(single_run, "_EPOCHS", 1)
    disgust = np.flatnonzero((faces.labels == 1) & (faces.splits == "Training"))
    faces = faces.select(np.arange(len(faces)) != disgust[0])
    training = faces.of_split("Training")
    network = build_network(replace(PROFILES["quick"], widths=(4, 8), blocks=(0, 0)), seed=0)
    retrain_head(network, faces)
    ((features, labels),) = seen
    body = keras.Model(network.input, network.get_layer("features").output)
    expected = body.predict(training.images[..., None], verbose=0)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)
    assert labels.tolist() == training.labels.tolist()
