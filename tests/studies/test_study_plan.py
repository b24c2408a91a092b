"""Runs are planned in order, and settings can be scaled down."""

from dataclasses import replace

import pytest

from fer_utils.studies.study_plan import (
    A_RECIPE,
    METHODS,
    STUDIES,
    StudyError,
    StudyRun,
    plan_runs,
    settings_for,
)


def test_runs_are_ordered_by_seed() -> None:
    runs = plan_runs("balancing", seeds=[1, 0])
    assert len(runs) == 2 * 8
    assert [run.method for run in runs[:8]] == list(METHODS["balancing"])
    assert [run.seed for run in runs] == [1] * 8 + [0] * 8


def test_a_method_that_builds_on_another_adds_it() -> None:
    runs = plan_runs("balancing", seeds=[5], methods=["embedding_smote"])
    assert runs == [StudyRun(method="none", seed=5), StudyRun(method="embedding_smote", seed=5)]


@pytest.mark.parametrize(
    ("seeds", "methods", "message"),
    [
        ([], None, r"one or more seeds, each 0 or greater, got \[\]"),
        ([-1], None, r"got \[-1\]"),
        ([0], ["adasyn"], "unknown method adasyn: expected none, random, smote"),
    ],
)
def test_an_invalid_plan_is_refused(seeds: list, methods: list, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        plan_runs("balancing", seeds=seeds, methods=methods)


@pytest.mark.parametrize("study", STUDIES)
def test_every_method_gets_the_same_number_of_updates(study: str) -> None:
    recipe = settings_for(study).recipe
    assert recipe.passes * 100 > recipe.updates * recipe.batch_size
    assert recipe.patience == recipe.epochs


def test_a_study_can_be_scaled_down() -> None:
    scaled = settings_for("reproduce", updates=3, epochs_a=2, epochs_b=500)
    assert (scaled.recipe.updates, scaled.recipe.epochs, scaled.recipe.patience) == (3, 3, 3)
    assert scaled.a == replace(A_RECIPE, epochs=2)
    assert scaled.b.epochs == 100


@pytest.mark.parametrize("scale", [{"updates": 0}, {"epochs_a": 0}, {"epochs_b": -1}])
def test_nothing_to_train_is_refused(scale: dict) -> None:
    with pytest.raises(StudyError, match="expected 1 or more updates and epochs, got"):
        settings_for("reproduce", **scale)


def test_an_unknown_study_is_refused() -> None:
    with pytest.raises(StudyError, match="unknown study 'sleep': expected one of reproduce"):
        settings_for("sleep")
