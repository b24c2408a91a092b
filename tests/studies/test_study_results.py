"""Results are collected from finished runs, stored, and shown as tables."""

import json
from pathlib import Path

import pytest

from fer_utils.studies.shortcuts import BEST_EPOCH, shortcut_table
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyError, StudyRun
from fer_utils.studies.study_results import (
    Results,
    collect,
    copies_table,
    difference_table,
    figure_table,
    protocol_table,
    verdict_table,
)


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


def test_results_are_stored_under_the_name_of_the_study(
    balancing_results: Results, tmp_path: Path
) -> None:
    path = balancing_results.save(tmp_path)
    assert path == tmp_path / "balancing.json"
    assert Results.load(path) == balancing_results


def test_missing_and_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--collect writes it"):
        Results.load(tmp_path / "balancing.json")
    (tmp_path / "other.json").write_text('{"settings": {}}', encoding="utf-8")
    with pytest.raises(StudyError, match=r"other\.json does not hold the results of a study"):
        Results.load(tmp_path / "other.json")


def test_figures_are_shown_with_their_intervals(balancing_results: Results) -> None:
    row = figure_table(balancing_results).loc["none"]
    assert row["seeds"] == 2
    assert row["macro-F1"] == "60.0% (59.0% to 61.0%)"
    assert row["PrivateTest-clean accuracy"] == "50.0%"
    assert (row["processor minutes"], row["peak GiB"]) == ("1.5", "1.5")


def test_unknown_memory_is_left_empty(balancing_results: Results) -> None:
    balancing_results.methods["none"]["peak_memory_mib"] = None
    assert figure_table(balancing_results).loc["none", "peak GiB"] == ""


def test_differences_are_points_with_a_sign(balancing_results: Results) -> None:
    table = difference_table(balancing_results)
    assert table.index.tolist() == ["smote"]
    assert table.loc["smote", "accuracy"] == "-2.0 (-3.0 to -1.0)"
    assert table.loc["smote", "fear recall"] == "+0.5 (-0.5 to +1.5)"


def test_a_verdict_needs_the_whole_interval(balancing_results: Results) -> None:
    """A larger calibration error is worse."""
    assert verdict_table(balancing_results).loc["smote"].to_dict() == {
        "accuracy": "worse",
        "balanced accuracy": "no clear difference",
        "macro-F1": "better",
        "disgust recall": "no clear difference",
        "fear recall": "no clear difference",
        "calibration error": "worse",
    }


def test_protocols_are_shown_with_claims_leaks_and_mean_scores(reproduce_results: Results) -> None:
    table = protocol_table(reproduce_results)
    assert len(table) == 2 + 3 + 1 + 3 + 3 + 3
    published = table.loc[("a_published", "test")]
    assert published[["faces", "copies learned", "claimed", "accuracy"]].tolist() == [
        40,
        40,
        0.65,
        0.66,
    ]
    assert published["interval"] == "65.0% to 67.0%"
    assert table.loc[("with_copies", "PrivateTest"), "accuracy"] == pytest.approx(0.5)
    assert table.loc[("a_honest", "PrivateTest"), "copies learned"] == 0


def test_the_effect_of_copies_is_a_difference(reproduce_results: Results) -> None:
    table = copies_table(reproduce_results)
    assert table.columns.tolist() == ["PrivateTest", "PrivateTest-copies", "PrivateTest-clean"]
    assert table.loc["with_copies"].tolist() == pytest.approx([0.5, 0.75, 0.45])
    assert table.loc["difference"].tolist() == pytest.approx([0.0, 0.0, 0.0125])


def test_the_collected_shortcuts_are_gains(shortcuts_study: StudyFolder) -> None:
    results = collect(shortcuts_study.path)
    assert list(results.methods) == ["training_only", "with_public_test"]
    run = results.methods["training_only"]["runs"][0]
    (gain,) = results.values["gains"][BEST_EPOCH]["by_seed"]
    honest = run["history"]["private_accuracy"][run["best_epoch"] - 1]
    assert gain == pytest.approx(max(run["history"]["private_accuracy"]) - honest, abs=1e-4)
    assert results.table().equals(shortcut_table(results.values["gains"]))
    json.dumps(results.values)


def test_the_main_table_depends_on_the_study(
    balancing_results: Results, reproduce_results: Results
) -> None:
    assert balancing_results.table().equals(figure_table(balancing_results))
    assert reproduce_results.table().equals(protocol_table(reproduce_results))
