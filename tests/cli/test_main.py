import importlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fer_utils
from fer_utils import SAMPLE_PICTURE, paths
from fer_utils.cli import (
    data_command,
    evaluate_command,
    export_command,
    options,
    predict_command,
    run_command,
    score_command,
)
from fer_utils.cli import main as command_line
from fer_utils.cli.main import COMMANDS, main
from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import Faces
from fer_utils.data.votes import VOTE_CLASSES
from fer_utils.emotions import EMOTIONS
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.model.recipes import PROFILES, VOTE_PROFILES, Recipe
from fer_utils.runs.evaluation_report import EvaluationReport
from fer_utils.runs.pipeline import RUNS, NotebookRun, PipelineError, RunSettings


@pytest.fixture
def started(finished_run: NotebookRun, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Catch what `fer-utils run` would start, and answer with a finished run."""
    call: dict[str, Any] = {}

    def run_notebooks(folder: Path, settings: RunSettings, *, start: str) -> NotebookRun:
        call.update(folder=folder, settings=settings, start=start)
        return finished_run

    monkeypatch.setattr(run_command, "run_notebooks", run_notebooks)
    return call


def test_run_starts_with_the_defaults(started: dict[str, Any]) -> None:
    assert main(["run"]) == 0
    assert started["settings"] == RunSettings()
    assert started["start"] == "01"
    assert started["folder"].parent == RUNS


def test_run_passes_its_options_on(started: dict[str, Any], tmp_path: Path) -> None:
    options = ["--source", "synthetic", "--strategy", "none", "--profile", "full", "--seed", "7"]
    more = ["--show-faces", "--output", str(tmp_path), "-p", "k=5", "-p", "name=text"]
    assert main(["run", *options, *more, "--target", "votes"]) == 0
    assert started["settings"] == RunSettings(
        "synthetic", "none", "full", 7, True, {"k": 5, "name": "text"}, "votes"
    )
    assert started["folder"] == tmp_path


def test_run_continues_with_stored_settings(started: dict[str, Any], tmp_path: Path) -> None:
    stored = {"source": "synthetic", "strategy": "random", "profile": "quick"}
    (tmp_path / "run.json").write_text(json.dumps(stored))
    assert main(["run", "--from", "03", "--output", str(tmp_path), "--profile", "full"]) == 0
    assert started["settings"] == RunSettings("synthetic", "random", "full")
    assert started["start"] == "03"


def test_run_continues_with_what_it_learned_from(started: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"source": "synthetic", "target": "votes"}))
    assert main(["run", "--from", "03", "--output", str(tmp_path)]) == 0
    assert started["settings"] == RunSettings("synthetic", target="votes")


def test_run_ends_with_the_scores_and_where_to_look(
    started: dict[str, Any], finished_run: NotebookRun, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run"])
    printed = capsys.readouterr().out
    accuracy = open_model(finished_run.model).metrics()["PrivateTest-clean"].accuracy
    assert str(accuracy) in printed
    for path in (finished_run.report, finished_run.model, finished_run.model / "metrics.json"):
        assert str(path) in printed


def test_a_failing_run_exits_with_1_and_a_few_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*args: Any, **kwargs: Any) -> NotebookRun:
        raise PipelineError("01_load_data.ipynb failed in cell 7")

    monkeypatch.setattr(run_command, "run_notebooks", fail)
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


def test_data_gets_the_votes_before_it_loads_anything(
    face_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders: list[Path] = []

    def download_votes(folder: Path) -> Path:
        folders.append(folder)
        return folder / "fer2013new.csv"

    monkeypatch.setattr(data_command, "download_votes", download_votes)
    assert main(["data", "--source", str(face_folder)]) == 0
    assert folders == []
    assert main(["data", "--source", "nothing.csv", "--get-votes"]) == 1
    assert folders == [paths.RAW_DATA]
    path = paths.display_path(paths.RAW_DATA / "fer2013new.csv")
    assert f"{path}: the votes of ten people" in capsys.readouterr().out


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


def test_training_passes_its_options_on(
    finished_run: NotebookRun,
    face_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = open_model(finished_run.model)
    given: dict[str, Any] = {}

    def train_model(faces: Faces, recipe: Recipe, **options: Any) -> ModelFolder:
        given.update(options, faces=faces, recipe=recipe)
        return model

    monkeypatch.setattr(fer_utils, "train_model", train_model)
    words = ["train", "--source", str(face_folder), "--profile", "full", "--seed", "7"]
    teachers = ["--teachers", str(model.path), str(model.path)]
    assert main([*words, *teachers, "--output", str(tmp_path / "model")]) == 0
    assert given.pop("faces").provenance.balancing == PROFILES["full"].balancing
    assert [teacher.path for teacher in given.pop("teachers")] == [model.path] * 2
    assert given == {"recipe": PROFILES["full"], "path": tmp_path / "model", "seed": 7}
    accuracy = model.history["val_accuracy"].max()
    assert capsys.readouterr().out == f"{model.path}: {accuracy:.1%} on PublicTest\n"


def angry_faces(source: str, *, on_error: str) -> Faces:
    """Give drawn faces that five people call angry, whatever their labels are."""
    faces = draw_faces(200)
    votes = np.zeros((len(faces), len(VOTE_CLASSES)), dtype=np.uint8)
    votes[:, VOTE_CLASSES.index("anger")] = 5
    return replace(faces, votes=votes)


def test_training_follows_the_votes(
    finished_run: NotebookRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def train_model(faces: Faces, recipe: Recipe, **options: Any) -> ModelFolder:
        given.update(faces=faces, recipe=recipe)
        return open_model(finished_run.model)

    monkeypatch.setattr(fer_utils, "train_model", train_model)
    monkeypatch.setattr(options, "load_faces", angry_faces)
    assert main(["train", "--profile", "full", "--target", "votes"]) == 0
    assert given["recipe"] == VOTE_PROFILES["full"]
    assert given["faces"].provenance.follows_votes
    assert given["faces"].provenance.balancing == "none"
    assert set(given["faces"].labels) == {EMOTIONS.index("angry")}

    assert main(["train", "--profile", "full"]) == 0
    assert given["recipe"] == PROFILES["full"]
    assert not given["faces"].provenance.follows_votes


def test_training_on_votes_without_votes_stops_at_once(
    face_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fer_utils, "train_model", None)
    assert main(["train", "--source", str(face_folder), "--target", "votes"]) == 1
    error = capsys.readouterr().err
    assert "has no votes: run `fer-utils data --get-votes` and load FER-2013 again" in error


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

    monkeypatch.setattr(evaluate_command, "evaluate_model", evaluate_model)
    options = ["--source", "mine", "--output", str(tmp_path), "--on-error", "skip"]
    options += ["--find-faces", "--show-faces"]
    assert main(["evaluate", str(finished_run.model), *options]) == 0
    further = {"on_error": "skip", "find_faces": True, "show_faces": True}
    assert given == [(finished_run.model, "mine", tmp_path, further)]
    printed = capsys.readouterr().out
    assert str(model.metrics()["PrivateTest-clean"].accuracy) in printed
    assert str(finished_run.folder / "evaluation" / "report.html") in printed
    assert str(finished_run.model / "MODEL_CARD.md") in printed

    faces = faces.of_split("PrivateTest")
    assert main(["evaluate", str(finished_run.model)]) == 0
    assert given[1][1] == "auto"
    assert given[1][2].parent == RUNS
    printed = capsys.readouterr().out
    assert f"keeps its own scores, which are on {model.card['data']['source']}." in printed
    assert "MODEL_CARD.md" not in printed


@pytest.mark.parametrize(
    ("words", "module", "called"),
    [
        ("evaluate models/fer2013", evaluate_command, "evaluate_model"),
        ("export models/fer2013", export_command, "add_exports"),
        ("predict party.jpg --model models/fer2013", predict_command, "Recognizer"),
        ("score . --out out --model models/fer2013", score_command, "score"),
    ],
)
def test_without_a_clone_a_model_may_be_the_one_in_the_package(
    words: str, module: Any, called: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Path] = []

    def stop(*arguments: Any, **options: Any) -> None:
        given.append(options.get("model") or arguments[0])
        raise ValueError("that is all")

    monkeypatch.setattr(module, called, stop)
    monkeypatch.setattr(paths, "PROJECT_ROOT", Path())
    monkeypatch.setattr(paths, "SHIPPED", tmp_path / "package")
    monkeypatch.chdir(tmp_path)
    shipped = tmp_path / "package" / "models" / "fer2013"
    shipped.mkdir(parents=True)
    assert main(words.split()) == 1
    own = tmp_path / "models" / "fer2013"
    own.mkdir(parents=True)
    assert main(words.split()) == 1
    assert given == [shipped, own]


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"study"}))
def test_help_has_the_summary_and_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0].startswith(f"Usage: fer-utils {command} ")
    assert lines[1:3] == [COMMANDS[command], "For example:"]
    assert lines[3].startswith(f"fer-utils {command}")


def test_defaults_are_shown_as_they_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "--help"])
    main(["run", "--help"])
    main(["study", "balancing", "--help"])
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for default in ("0", "quick", "models/my_model", "the profile's own", "runs/TIME", "0 1 2"):
        assert f"[default: {default}]" in shown
    for default in ("False", "None", "()"):
        assert f"[default: {default}]" not in shown


def test_the_list_of_commands_is_in_the_order_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    words = [line.split()[1] for line in capsys.readouterr().out.splitlines() if "│" in line]
    assert [word for word in words if word in COMMANDS] == list(COMMANDS)


def test_a_missing_command_shows_the_list_and_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    assert "Usage: fer-utils COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian"], 'Unknown command "trian". Did you mean "train"? Available commands: '),
        (["data", "--sorce", "x"], "Unknown option: --sorce. Did you mean --source?"),
        (["app", "--theme", "blue"], 'Invalid value "blue" for --theme. Choose from: '),
        (["train", "--seed", "one"], 'value for --seed: unable to convert "one" into int.'),
        (
            ["train", "--profile", "slow"],
            'Invalid value "slow" for --profile. Choose from: ',
        ),
        (["train", "--teachers"], "parameter --teachers requires at least 1 element. Got 0."),
        (["export"], 'Command "export" parameter MODEL requires an argument.'),
        (
            ["predict", "a.mp4", "--every", "2", "--fps", "3"],
            "Mutually exclusive arguments: {--every",
        ),
    ],
)
def test_a_usage_error_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("fer-utils: ")
    assert message in line


def test_ctrl_c_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*args: Any, **kwargs: Any) -> NotebookRun:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_command, "run_notebooks", stop)
    assert main(["run"]) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_the_version_is_that_of_the_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "version", lambda package: f"9.9 of {package}")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "fer-utils 9.9 of fer-utils\n"


_EXTRAS = [
    *("anywidget", "ipykernel", "ipywebrtc", "ipywidgets", "jupyter_server", "voila"),
    *("imblearn", "keras", "matplotlib", "nbconvert", "nbformat", "papermill", "scipy"),
    *("seaborn", "sklearn", "tensorflow", "dask", "distributed", "pyarrow", "kagglehub", "pandas"),
]
_RUN = """
import sys
blocked = sys.argv.pop(1).split(",")

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
from fer_utils.cli.main import main
sys.exit(main())
"""


def run_without(packages: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process that cannot import some packages."""
    command = [sys.executable, "-c", _RUN, ",".join(packages), *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_core_installation_has_help() -> None:
    for command in ("", "data", "train", "predict", "app"):
        done = run_without(_EXTRAS, *command.split(), "--help")
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "package", "extra"),
    [
        ("run", "papermill", "train"),
        ("run", "pandas", "train"),
        ("data --source synthetic", "pandas", "train"),
        ("train --source synthetic", "keras", "train"),
        ("app", "voila", "app"),
        ("score . --out x", "distributed", "scale"),
    ],
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(
    words: str, package: str, extra: str
) -> None:
    done = run_without([package], *words.split())
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line[:11]) == (1, "fer-utils: ")
    assert line.endswith(f" needs {package}: pip install 'fer-utils[{extra}]'")


def test_a_missing_module_of_no_extra_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> NotebookRun:
        importlib.import_module("fer_utils.no_such_module")
        raise AssertionError

    monkeypatch.setattr(run_command, "run_notebooks", fail)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        main(["run"])


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "fer_utils", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("fer-utils ")
    assert done.stderr == ""


def test_names_need_not_be_ascii_even_in_an_ascii_locale(tmp_path: Path) -> None:
    picture, table = tmp_path / "顔.jpg", tmp_path / "früh.csv"
    picture.write_bytes(SAMPLE_PICTURE.read_bytes())
    words = ["predict", str(picture), "--csv", str(table)]
    done = subprocess.run(
        [sys.executable, "-m", "fer_utils", *words],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "顔.jpg" in done.stdout
    assert "顔.jpg" in table.read_text(encoding="utf-8")
