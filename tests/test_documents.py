import importlib.util
import json
import re
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pytest

from fer_utils.model.model_folder import open_model
from fer_utils.paths import PROJECT_ROOT, SHIPPED_MODEL
from fer_utils.studies.study_results import Results


@pytest.fixture
def make_results(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(PROJECT_ROOT / "docs")
    path = PROJECT_ROOT / "docs" / "make_results.py"
    spec = importlib.util.spec_from_file_location("make_results", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_results_in_readme_are_those_of_the_shipped_model(make_results: ModuleType) -> None:
    readme = make_results.README.read_text()
    assert readme == make_results.readme_with(results=make_results.results_table(SHIPPED_MODEL))
    assert str(open_model(SHIPPED_MODEL).evaluations()["PrivateTest-clean"].accuracy) in readme


def test_the_live_figures_in_readme_are_the_stored_ones(make_results: ModuleType) -> None:
    readme = make_results.README.read_text()
    assert readme == make_results.readme_with(live=make_results.live_table())
    row = json.loads(make_results.LIVE.read_text())["30"][0]
    assert f"{row['frames/s']:.1f} frames/s | {row['round trip']:.0f} ms" in readme


def test_the_figures_of_peers_in_readme_are_the_stored_ones(make_results: ModuleType) -> None:
    readme = make_results.README.read_text()
    assert readme == make_results.readme_with(peers=make_results.speed_table())
    own = json.loads(make_results.PEER_SPEED.read_text())["this project"]
    assert f"| {own['one ms']:.1f} ms |" in readme


def test_what_the_studies_found_is_told_from_their_stored_results(
    make_results: ModuleType,
) -> None:
    studies = make_results.make_studies
    readme = make_results.README.read_text()
    assert readme == make_results.readme_with(studies=studies.studies_block())
    assert (studies.RESULTS / "README.md").read_text() == studies.studies_page()
    leaks = Results.load(studies.RESULTS / "reproduce.json").methods["a_published"]["runs"][0]
    assert f"{leaks['leaks']['test']['copies']:,} of its" in readme


def test_the_page_of_trials_is_that_of_the_stored_ones(make_results: ModuleType) -> None:
    assert (make_results.DOCS / "trials.md").read_text() == make_results.trials_page()


def test_the_stored_changes_are_those_that_are_tried(make_results: ModuleType) -> None:
    make_trials = importlib.import_module("make_trials")
    stored = json.loads(make_trials.CHANGES.read_text())
    assert list(stored) == list(make_trials.FAMILIES)
    for name, family in make_trials.FAMILIES.items():
        assert stored[name]["seeds"] == list(family.seeds)
        recipes = {change: trial.recipe for change, trial in family.trials.items()}
        assert {
            change: found["recipe"] for change, found in stored[name]["trials"].items()
        } == json.loads(json.dumps({change: asdict(recipe) for change, recipe in recipes.items()}))
        base = stored[name]["trials"][make_trials.BASE]
        assert set(base["differences"]["accuracy"].values()) == {0.0}


def test_a_trial_changes_one_thing(make_results: ModuleType) -> None:
    make_trials = importlib.import_module("make_trials")
    for family in make_trials.FAMILIES.values():
        base, *others = (asdict(trial.recipe) for trial in family.trials.values())
        for other in others:
            assert sum(other[name] != base[name] for name in base) <= 1


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "data/README.md",
        "models/README.md",
        "docs/trials.md",
        "docs/migration.md",
        "docs/results/README.md",
    ],
)
def test_links_and_pictures_are_there(document: str) -> None:
    path = PROJECT_ROOT / document
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        assert (path.parent / Path(target)).exists(), target
