import importlib.util
import json
import re
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pytest

from fer_utils import open_model
from fer_utils.model.metrics import Estimate
from fer_utils.paths import PROJECT_ROOT
from fer_utils.studies.comparison import percentage_points
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


def test_every_generated_table_is_made_from_what_is_stored(make_results: ModuleType) -> None:
    for path, blocks in make_results.documents().items():
        text = path.read_text(encoding="utf-8")
        assert text == make_results.with_blocks(text, blocks)


def test_the_tables_show_the_stored_figures(make_results: ModuleType) -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    by_labels = open_model(make_results.BY_LABELS).metrics()
    assert str(by_labels["PrivateTest-clean"].accuracy) in readme
    people = open_model().people().set_index(["set", "who", "figure"])
    own = people.loc[("PrivateTest", "this model, balanced prior", "macro_f1")]
    assert str(Estimate(own["value"], own["low"], own["high"])) in readme
    live = json.loads(make_results.make_live.FIGURES.read_text(encoding="utf-8"))
    page = (make_results.DOCS / "live.md").read_text(encoding="utf-8")
    kernel = live["30"][0]
    assert f"{kernel['frames/s']:.1f} frames/s | {kernel['round trip']:.0f} ms" in page
    assert f"| {live['memory'][0]['samples'][-1]['wasm']:.1f} MB |" in page
    own = json.loads(make_results.PEER_SPEED.read_text(encoding="utf-8"))["this project"]
    peers = (make_results.DOCS / "peers.md").read_text(encoding="utf-8")
    assert f"| {own['one ms']:.1f} ms |" in peers
    shortcuts = Results.load(make_results.make_studies.RESULTS / "shortcuts.json").values
    gain = shortcuts["gains"]["the epoch chosen on PrivateTest"]["difference"]
    claims = (make_results.DOCS / "claims.md").read_text(encoding="utf-8")
    assert f"| {percentage_points(Estimate(**gain))} |" in claims


def test_a_document_without_markers_is_refused(make_results: ModuleType) -> None:
    with pytest.raises(ValueError, match="expected the markers <!-- live: begin -->"):
        make_results.with_blocks("no markers", {"live": "a table"})


def test_the_page_of_studies_is_made_from_their_stored_results(make_results: ModuleType) -> None:
    studies = make_results.make_studies
    page = (studies.RESULTS / "README.md").read_text(encoding="utf-8")
    assert page == studies.studies_page()
    leaks = Results.load(studies.RESULTS / "reproduce.json").methods["a_published"]["runs"][0]
    assert f"{leaks['leaks']['test']['copies']:,} of its" in page


def test_the_readme_can_be_read_in_minutes() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 120


def test_the_page_of_trials_is_that_of_the_stored_ones(make_results: ModuleType) -> None:
    assert (make_results.DOCS / "trials.md").read_text(
        encoding="utf-8"
    ) == make_results.trials_page()


def test_the_stored_changes_are_those_that_are_tried(make_results: ModuleType) -> None:
    make_trials = importlib.import_module("make_trials")
    stored = json.loads(make_trials.CHANGES.read_text(encoding="utf-8"))
    assert stored["seeds"] == list(make_trials.SEEDS)
    recipes = {name: asdict(trial.recipe) for name, trial in make_trials.TRIALS.items()}
    assert stored["recipes"] == json.loads(json.dumps(recipes))
    assert list(stored["trials"]) == [*recipes, make_trials.DIVIDED]
    base = stored["trials"][make_trials.BASE]
    assert set(base["clean"]["differences"]["accuracy"].values()) == {0.0}


def test_a_trial_changes_one_thing(make_results: ModuleType) -> None:
    base, *others = (
        vars(trial) | asdict(trial.recipe)
        for trial in importlib.import_module("make_trials").TRIALS.values()
    )
    changes = [{name for name in base if trial[name] != base[name]} for trial in others]
    for changed in changes:
        changed.discard("recipe")
    # To mirror in turn, faces must not be mirrored at random; a stage has three settings.
    assert changes == [
        {"callbacks"},
        {"augmentation", "batches"},
        {"batches"},
        {"callbacks"},
        {"widths", "blocks", "first_stride"},
        {"logit_adjustment"},
        {"balancing"},
        {"augmentation"},
        {"augmentation"},
    ]


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "data/README.md",
        "docs/claims.md",
        "docs/command_line.md",
        "docs/live.md",
        "docs/peers.md",
        "docs/scale.md",
        "docs/training.md",
        "models/README.md",
        "docs/trials.md",
        "docs/migration.md",
        "docs/results/README.md",
    ],
)
def test_links_and_pictures_are_there(document: str) -> None:
    path = PROJECT_ROOT / document
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / Path(target.partition("#")[0])).exists(), target
