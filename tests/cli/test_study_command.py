"""The options and output of ``fer-utils study``."""

from pathlib import Path
from typing import Any

import pytest

from fer_utils.cli import study_command
from fer_utils.cli.main import main
from fer_utils.paths import RUNS
from fer_utils.studies.study_plan import STUDIES, StudyRun, settings_for
from fer_utils.studies.study_results import Results


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, balancing_results: Results) -> dict[str, Any]:
    """Catch what a study would start, and answer with stored results."""
    call: dict[str, Any] = {}

    def run_study(
        path: Path, faces: Any, settings: Any, runs: list[StudyRun], **options: Any
    ) -> None:
        options.pop("on_progress")(len(runs), len(runs))
        call.update(options, path=path, faces=len(faces), settings=settings, runs=runs)

    def collect(path: Path) -> Results:
        call["collected"] = path
        return balancing_results

    monkeypatch.setattr(study_command, "run_study", run_study)
    monkeypatch.setattr(study_command, "collect", collect)
    return call


@pytest.mark.parametrize("study", STUDIES)
def test_help_has_an_example(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", study, "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    example = lines[lines.index("For example:") + 1]
    assert example == f"fer-utils study {study} --source data/raw/fer2013.zip"


def test_a_study_starts_with_the_defaults(
    started: dict[str, Any], face_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["study", "balancing", "--source", str(face_folder)]) == 0
    assert started["path"] == started["collected"] == RUNS / "studies" / "balancing"
    assert started["settings"] == settings_for("balancing")
    assert (started["faces"], started["workers"], started["scheduler"]) == (600, 1, None)
    assert [run.seed for run in started["runs"]] == [0] * 8 + [1] * 8 + [2] * 8
    printed = capsys.readouterr().out
    assert printed.startswith("24 runs in runs/studies/balancing\n")
    assert "60.0% (59.0% to 61.0%)" in printed


def test_a_study_passes_its_options_on(
    started: dict[str, Any], face_folder: Path, tmp_path: Path
) -> None:
    given = "--seeds 4 --methods a_honest b_honest --updates 7 --epochs-a 2 --epochs-b 3"
    command = ["study", "reproduce", "--source", str(face_folder), "--output", str(tmp_path)]
    assert main([*command, *given.split(), "--scheduler", "tcp://a:1"]) == 0
    assert started["path"] == tmp_path
    assert started["settings"] == settings_for("reproduce", updates=7, epochs_a=2, epochs_b=3)
    assert started["scheduler"] == "tcp://a:1"
    assert list(map(str, started["runs"])) == ["a_honest, seed 4", "b_honest, seed 4"]


def test_collecting_only_writes_the_results(
    started: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    balancing_results: Results,
) -> None:
    monkeypatch.setattr(study_command, "RESULTS", tmp_path)
    assert main(["study", "balancing", "--collect", "--output", "somewhere"]) == 0
    assert "runs" not in started
    assert started["collected"] == Path("somewhere")
    assert Results.load(tmp_path / "balancing.json") == balancing_results
    assert f"written to {tmp_path / 'balancing.json'}" in capsys.readouterr().out


def test_workers_and_a_scheduler_are_too_much(
    started: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    command = "study balancing --scheduler tcp://a:1 --workers 2"
    assert main(command.split()) == 2
    assert "Mutually exclusive arguments: {--workers, --scheduler}" in capsys.readouterr().err
    assert started == {}


def test_a_study_has_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study"]) == 2
    assert "Usage: fer-utils study COMMAND" in capsys.readouterr().out
