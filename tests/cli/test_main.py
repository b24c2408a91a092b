import json
from pathlib import Path
from typing import Any

import pytest

from fer_utils.cli.main import main
from fer_utils.data.faces import Faces
from fer_utils.model.model_folder import open_model
from fer_utils.model.recipes import PROFILES, Recipe
from fer_utils.runs import evaluation_report, pipeline
from fer_utils.runs.evaluation_report import EvaluationReport
from fer_utils.runs.pipeline import NotebookRun, PipelineError, RunSettings


@pytest.fixture
def started(finished_run: NotebookRun, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Catch what `fer-utils run` would start, and answer with a finished run."""
    call: dict[str, Any] = {}

    def run_notebooks(folder: Path, settings: RunSettings, *, start: str) -> NotebookRun:
        call.update(folder=folder, settings=settings, start=start)
        return finished_run

    monkeypatch.setattr(pipeline, "run_notebooks", run_notebooks)
    return call


def test_run_starts_with_the_defaults(started: dict[str, Any]) -> None:
    assert main(["run"]) == 0
    assert started["settings"] == RunSettings()
    assert started["start"] == "01"
    assert started["folder"].parent == pipeline.RUNS


def test_run_passes_its_options_on(started: dict[str, Any], tmp_path: Path) -> None:
    options = ["--source", "synthetic", "--strategy", "none", "--profile", "full", "--seed", "7"]
    more = ["--show-faces", "--output", str(tmp_path), "-p", "k=5", "-p", "name=text"]
    assert main(["run", *options, *more]) == 0
    assert started["settings"] == RunSettings(
        "synthetic", "none", "full", 7, True, {"k": 5, "name": "text"}
    )
    assert started["folder"] == tmp_path


def test_run_goes_on_with_the_settings_of_the_run(started: dict[str, Any], tmp_path: Path) -> None:
    stored = {"source": "synthetic", "strategy": "random", "profile": "quick"}
    (tmp_path / "run.json").write_text(json.dumps(stored))
    assert main(["run", "--from", "03", "--output", str(tmp_path), "--profile", "full"]) == 0
    assert started["settings"] == RunSettings("synthetic", "random", "full")
    assert started["start"] == "03"


def test_run_ends_with_the_scores_and_where_to_look(
    started: dict[str, Any], finished_run: NotebookRun, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run"])
    printed = capsys.readouterr().out
    accuracy = open_model(finished_run.model).evaluations()["PrivateTest-clean"].accuracy
    assert str(accuracy) in printed
    for path in (finished_run.report, finished_run.model, finished_run.model / "metrics.json"):
        assert str(path) in printed


def test_a_failing_run_exits_with_1_and_a_few_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*args: Any, **kwargs: Any) -> NotebookRun:
        raise PipelineError("01_load_data.ipynb failed in cell 7")

    monkeypatch.setattr(pipeline, "run_notebooks", fail)
    assert main(["run"]) == 1
    assert capsys.readouterr().err == "fer-utils: 01_load_data.ipynb failed in cell 7\n"


def test_a_parameter_without_a_value_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-p", "k_neighbors"]) == 1
    assert "--parameter 'k_neighbors': expected NAME=VALUE" in capsys.readouterr().err


def test_data_shows_counts_and_audit(face_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--source", str(face_folder)]) == 0
    printed = capsys.readouterr().out
    assert "PrivateTest" in printed
    assert "have a copy in Training" in printed
    assert "0 images occur more than once" in printed


def test_a_missing_source_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--source", str(tmp_path / "nothing.csv")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("fer-utils: ")
    assert "nothing.csv" in error


def test_training_works_without_notebooks(
    face_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = Recipe(updates=4, passes=8, epochs=2, patience=2, widths=(4, 8), blocks=(0, 0))
    monkeypatch.setitem(PROFILES, "quick", recipe)
    model, source = tmp_path / "model", ["--source", str(face_folder)]
    assert main(["train", *source, "--strategy", "none", "--output", str(model)]) == 0
    assert open_model(model).card["balancing"]["strategy"] == "none"
    assert main(["export", str(model)]) == 0


def test_evaluate_passes_its_options_on_and_prints_the_scores(
    finished_run: NotebookRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = open_model(finished_run.model)
    faces = Faces.load(finished_run.folder / "faces.npz")
    given: list[tuple[Any, ...]] = []

    def evaluate_model(*arguments: Any, **options: Any) -> EvaluationReport:
        given.append((*arguments, options))
        return EvaluationReport(finished_run.folder / "evaluation", model, faces)

    monkeypatch.setattr(evaluation_report, "evaluate_model", evaluate_model)
    options = ["--source", "mine", "--output", str(tmp_path), "--on-error", "skip"]
    options += ["--find-faces", "--show-faces"]
    assert main(["evaluate", str(finished_run.model), *options]) == 0
    further = {"on_error": "skip", "find_faces": True, "show_faces": True}
    assert given == [(finished_run.model, "mine", tmp_path, further)]
    printed = capsys.readouterr().out
    assert str(model.evaluations()["PrivateTest-clean"].accuracy) in printed
    assert str(finished_run.folder / "evaluation" / "report.html") in printed
    assert str(finished_run.model / "MODEL_CARD.md") in printed

    faces = faces.of_split("PrivateTest")
    assert main(["evaluate", str(finished_run.model)]) == 0
    assert given[1][1] == "auto"
    assert given[1][2].parent == pipeline.RUNS
    printed = capsys.readouterr().out
    assert f"keeps its own scores, which are on {model.card['data']['source']}." in printed
    assert "MODEL_CARD.md" not in printed


@pytest.mark.parametrize(
    "command", ["run", "data", "train", "export", "evaluate", "predict", "app", "score"]
)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"examples:\n  fer-utils {command}" in capsys.readouterr().out
