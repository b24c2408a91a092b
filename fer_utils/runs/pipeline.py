"""Run the ordered notebooks headlessly, each one reading what the one before it wrote."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import papermill

from fer_utils.runs.notebook import PipelineError, execute_notebook
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.model.recipes import PROFILES
from fer_utils.paths import NOTEBOOKS, RUNS, SHIPPED_MODEL, atomic_file, atomic_folder
from fer_utils.runs.report import write_report

# What a notebook takes otherwise where nobody sits before it.
_HEADLESS = {"06_live_webcam": {"source": "file"}}


@dataclass(frozen=True)
class RunSettings:
    """What a run is made from; stored in ``run.json`` so that it can go on later.

    Attributes
    ----------
    source : str
        What `fer_utils.data.sources.load_faces` takes.
    strategy : str, optional
        One of `fer_utils.data.balancing.STRATEGIES`; the profile's own by default.
    profile : str
        One of `fer_utils.model.recipes.PROFILES`.
    seed : int
        What every random choice starts from.
    show_faces : bool
        Whether the notebooks may show faces of real people.
    parameters : dict
        Further notebook parameters by name.
    """

    source: str = "auto"
    strategy: str | None = None
    profile: str = "quick"
    seed: int = 0
    show_faces: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NotebookRun:
    """A run's folder and the files in it."""

    folder: Path

    @property
    def model(self) -> Path:
        """The model folder that notebook 03 writes and 04 evaluates."""
        return self.folder / "model"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / "report.html"

    def executed(self, notebook: Path) -> Path:
        """Return where the executed copy of a notebook lies."""
        return self.folder / notebook.name

    def parameters(self, settings: RunSettings) -> dict[str, Any]:
        """Return all parameters that the notebooks of this run are given, by name."""
        common = asdict(settings)
        further = common.pop("parameters")
        common["strategy"] = settings.strategy or PROFILES[settings.profile].balancing
        return common | {
            "faces_path": str(self.folder / "faces.npz"),
            "balanced_path": str(self.folder / "balanced.npz"),
            "model_path": str(self.model),
            "evaluation_path": str(self.folder / "evaluation"),
            "video_results_path": str(self.folder / "video"),
            **further,
        }


def notebooks_in_order(folder: Path = NOTEBOOKS) -> list[Path]:
    """Return the numbered notebooks, ``01_…`` first.

    Raises
    ------
    PipelineError
        If there is none.
    """
    found = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise PipelineError(
            f"no notebooks in {folder}: run from a clone of the project, installed with pip -e"
        )
    return found


def new_run_folder() -> Path:
    """Return a folder for a new run, named after the time."""
    return RUNS / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")


def latest_run_folder() -> Path:
    """Return the folder of the run that was started last.

    Raises
    ------
    PipelineError
        If there is none.
    """
    runs = sorted(RUNS.glob("*/run.json"))
    if not runs:
        raise PipelineError(f"there is no run in {RUNS} to go on with: leave --from out")
    return runs[-1].parent


def run_notebooks(
    folder: Path,
    settings: RunSettings,
    *,
    start: str = "01",
    notebooks: list[Path] | None = None,
) -> NotebookRun:
    """Execute the notebooks in order and write the report.

    Parameters
    ----------
    folder : Path
        The run's folder; made if missing.
    settings : RunSettings
        What the run is made from.
    start : str
        The number of the first notebook to execute; what earlier ones made must be there.
    notebooks : list of Path, optional
        The notebooks; those of `notebooks_in_order` by default.

    Returns
    -------
    NotebookRun
        The finished run.

    Raises
    ------
    PipelineError
        If a parameter is unknown, or a notebook fails: the executed part is kept, and `start`
        with that notebook's number goes on there.
    """
    ordered = notebooks_in_order() if notebooks is None else notebooks
    chosen = _from_number(ordered, start)
    run = NotebookRun(folder.resolve())
    known = {path: _parameter_names(path) for path in ordered}
    _refuse_unknown(settings.parameters, known)
    run.folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(run.folder / "run.json") as temporary:
        temporary.write_text(json.dumps(asdict(settings), indent=2))
    given = run.parameters(settings)
    for notebook in chosen:
        wanted = {name: value for name, value in given.items() if name in known[notebook]}
        wanted |= _HEADLESS.get(notebook.stem, {})
        execute_notebook(
            notebook,
            run.executed(notebook),
            wanted,
            remedy=f"Go on there with: fer-utils run --from {notebook.name[:2]} "
            f"--output {run.folder}",
        )
    write_report(
        [run.executed(path) for path in ordered if run.executed(path).exists()], run.report
    )
    return run


def load_settings(folder: Path) -> RunSettings:
    """Return the settings that a run was started with.

    Raises
    ------
    PipelineError
        If the folder holds no run.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise PipelineError(f"{folder} holds no run (it has no run.json): leave --from out")
    return RunSettings(**json.loads(path.read_text()))


def promote(candidate: Path, target: Path = SHIPPED_MODEL) -> str:
    """Put a model in the place of another if it is better on the same PublicTest.

    Parameters
    ----------
    candidate : Path
        The model folder of a run, evaluated.
    target : Path
        Where the model in use lies, if there is one.

    Returns
    -------
    str
        A sentence that says what was done, with both figures.

    Raises
    ------
    PipelineError
        If the candidate was not evaluated, or the two were chosen on different faces.
    """
    new = open_model(candidate)
    figure = _public_test_accuracy(new)
    if target.exists():
        old = open_model(target)
        before = _public_test_accuracy(old)
        key = "public_test_fingerprint"
        if new.card["data"][key] != old.card["data"][key]:
            raise PipelineError(
                f"not promoted: {target.name} was chosen on the PublicTest of "
                f"{old.card['data']['source']}, this model on that of "
                f"{new.card['data']['source']}; their figures do not compare"
            )
        if figure <= before:
            return f"not promoted: {figure:.2%} on PublicTest, {target.name} has {before:.2%}"
        said = f"promoted: {figure:.2%} on PublicTest, {target.name} had {before:.2%}"
    else:
        said = f"promoted: {figure:.2%} on PublicTest, {target.name} is the first model there"
    with atomic_folder(target) as folder:
        shutil.copytree(candidate, folder, dirs_exist_ok=True)
    return said


def _public_test_accuracy(model: ModelFolder) -> float:
    evaluations = model.evaluations()
    if "PublicTest" not in evaluations:
        raise PipelineError(f"{model.path} has no metrics.json: run notebook 04 first")
    return evaluations["PublicTest"].accuracy.value


def _from_number(notebooks: list[Path], start: str) -> list[Path]:
    numbers = [path.name[:2] for path in notebooks]
    if start.zfill(2) not in numbers:
        raise PipelineError(f"there is no notebook {start!r}: expected one of {', '.join(numbers)}")
    return notebooks[numbers.index(start.zfill(2)) :]


def _parameter_names(notebook: Path) -> set[str]:
    return set(papermill.inspect_notebook(notebook))


def _refuse_unknown(parameters: Mapping[str, Any], known: Mapping[Path, set[str]]) -> None:
    everything = set().union(*known.values())
    unknown = sorted(set(parameters) - everything)
    if unknown:
        raise PipelineError(
            f"unknown parameter {', '.join(unknown)}: "
            f"the notebooks take {', '.join(sorted(everything))}"
        )
