"""The metrics of finished runs are aggregated, and compared with the base method."""

import json
from pathlib import Path

import pytest

from fer_utils.studies.collecting import collect
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyError, StudyRun


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


def test_nothing_to_collect_is_an_error(balancing_study: StudyFolder, tmp_path: Path) -> None:
    manifest = (balancing_study.path / "study.json").read_text(encoding="utf-8")
    (tmp_path / "study.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(StudyError, match="has no finished runs"):
        collect(tmp_path)
    StudyFolder(tmp_path).write_metrics(StudyRun(method="smote", seed=0), {})
    with pytest.raises(StudyError, match="no finished run of 'none' with the seeds of 'smote'"):
        collect(tmp_path)
