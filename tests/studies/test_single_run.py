"""Runs of both studies, with tiny networks or single epochs."""

import numpy as np
import pytest

from fer_utils.data.faces import Faces
from fer_utils.studies.collecting import collect
from fer_utils.studies.single_run import perform_run
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyRun


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
    with np.load(balancing_study.of_run(run) / "probabilities.npz") as stored:
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
