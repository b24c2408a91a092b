"""Run the notebooks in order: load, balance, train, evaluate, recognize, go live, explain."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.model.recipes import Target, find_recipe
from fer_utils.paths import MODELS, NOTEBOOKS, RUNS, atomic_folder, write_text
from fer_utils.runs.notebook import PipelineError, execute_notebook, parameter_names, write_report

# Parameters that differ where nobody sits in front of the notebook.
_HEADLESS = {"06_live_webcam": {"source": "file"}}
# The folder in models/ for the best model of each target.
_PLACES: dict[Target, str] = {"labels": "fer2013", "votes": "people"}


@dataclass(frozen=True)
class RunSettings:
    """Settings of a run; stored in ``run.json`` so that it can continue later.

    Attributes
    ----------
    source : str
        What to load; see `fer_utils.load_faces`.
    strategy : str, optional
        One of `fer_utils.data.balancing.STRATEGIES`; the recipe's own by default.
    profile : str
        One of `fer_utils.PROFILES`.
    seed : int
        Seed of all random choices.
    show_faces : bool
        Whether the notebooks may show faces of real people.
    parameters : dict
        Further notebook parameters by name.
    target : {"labels", "votes"}
        What to learn from; see `fer_utils.model.recipes.Recipe`.
    """

    source: str = "auto"
    strategy: str | None = None
    profile: str = "quick"
    seed: int = 0
    show_faces: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    target: Target = "labels"


@dataclass(frozen=True)
class NotebookRun:
    """The files of a run.

    Attributes
    ----------
    folder : Path
        Folder that contains all of them.
    """

    folder: Path

    @property
    def model(self) -> Path:
        """Model folder, written by notebook 03 and evaluated by 04."""
        return self.folder / "model"

    @property
    def report(self) -> Path:
        """HTML report."""
        return self.folder / "report.html"

    def parameters(self, settings: RunSettings) -> dict[str, Any]:
        """Return the parameters that this run passes to its notebooks, by name."""
        common = asdict(settings)
        further = common.pop("parameters")
        recipe = find_recipe(settings.profile, settings.target)
        return common | {
            "strategy": settings.strategy or recipe.balancing,
            "faces_path": str(self.folder / "faces.npz"),
            "balanced_path": str(self.folder / "balanced.npz"),
            "model_path": str(self.model),
            "evaluation_path": str(self.folder / "evaluation"),
            "video_results_path": str(self.folder / "video"),
            **further,
        }


def notebooks_in_order(folder: Path = NOTEBOOKS) -> list[Path]:
    """Return the numbered notebooks: the lessons, then the study of the model that they make.

    Raises
    ------
    PipelineError
        If there are none.
    """
    numbered = "[0-9][0-9]_*.ipynb"
    found = [*sorted(folder.glob(numbered)), *sorted(folder.glob(f"studies/{numbered}"))]
    if not found:
        raise PipelineError(f"no notebooks in {folder}: install fer-utils again")
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
        raise PipelineError(f"there is no run to continue in {RUNS}: leave out --from")
    return runs[-1].parent


def run_notebooks(
    folder: Path, settings: RunSettings, *, start: str = "01", notebooks: list[Path] | None = None
) -> NotebookRun:
    """Execute the notebooks in order and write the report.

    Parameters
    ----------
    folder : Path
        Folder of the run; created if missing.
    settings : RunSettings
        Settings of the run.
    start : str
        Number of the first notebook to execute; the files that earlier ones write must exist.
    notebooks : list of Path, optional
        Output of `notebooks_in_order` by default.

    Returns
    -------
    NotebookRun
        The finished run.

    Raises
    ------
    PipelineError
        If a parameter is unknown, or a notebook fails: the executed part is kept, and passing
        that notebook's number as `start` continues there.
    """
    ordered = notebooks_in_order() if notebooks is None else notebooks
    numbers = [path.name[:2] for path in ordered]
    if start.zfill(2) not in numbers:
        raise PipelineError(f"there is no notebook {start!r}: expected one of {', '.join(numbers)}")
    run = NotebookRun(folder.resolve())
    known = {path: parameter_names(path) for path in ordered}
    names = set().union(*known.values())
    if unknown := sorted(settings.parameters.keys() - names):
        raise PipelineError(
            f"unknown parameter {', '.join(unknown)}: expected one of {', '.join(sorted(names))}"
        )
    write_text(run.folder / "run.json", json.dumps(asdict(settings), indent=2))
    given = run.parameters(settings)
    for notebook in ordered[numbers.index(start.zfill(2)) :]:
        values = {name: value for name, value in given.items() if name in known[notebook]}
        values |= _HEADLESS.get(notebook.stem, {})
        command = f"fer-utils run --from {notebook.name[:2]} --output {run.folder}"
        remedy = f"Continue there with: {command}"
        execute_notebook(notebook, run.folder / notebook.name, values, remedy=remedy)
    executed = [run.folder / path.name for path in ordered]
    write_report([path for path in executed if path.exists()], run.report)
    return run


def load_settings(folder: Path) -> RunSettings:
    """Return the settings that a run was started with.

    Raises
    ------
    PipelineError
        If the folder has no run.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise PipelineError(f"{folder} has no run.json, so no run to continue: leave out --from")
    return RunSettings(**json.loads(path.read_text(encoding="utf-8")))


def promote(candidate: Path, place: Path | None = None) -> str:
    """Replace a model by another one that is better on the same PublicTest.

    Models that learned from labels are compared by the labels, models that learned from votes by
    what most people see.

    Parameters
    ----------
    candidate : Path
        Model folder of a run, evaluated.
    place : Path, optional
        Model folder to replace, or to write if there is none yet; by default ``models/people`` for
        a model that learned from votes, and ``models/fer2013`` for another one.

    Returns
    -------
    str
        What was done, with both accuracies.

    Raises
    ------
    PipelineError
        If the candidate was not evaluated, or the two were chosen on different faces.
    """
    new = open_model(candidate)
    learned: Target = new.card["training"]["recipe"].get("target", "labels")
    place = place or MODELS / _PLACES[learned]
    judged_by = "the votes of PublicTest" if learned == "votes" else "PublicTest"
    accuracy, old_state = _accuracy(new, learned), "is the first model there"
    if place.exists():
        old = open_model(place)
        before = _accuracy(old, learned)
        data, old_data = new.card["data"], old.card["data"]
        if data["public_test_fingerprint"] != old_data["public_test_fingerprint"]:
            raise PipelineError(
                f"not promoted: {place.name} was chosen on the PublicTest of "
                f"{old_data['source']}, this model on that of {data['source']}; "
                "their accuracies cannot be compared"
            )
        if accuracy <= before:
            return f"not promoted: {accuracy:.2%} on {judged_by}, {place.name} has {before:.2%}"
        old_state = f"had {before:.2%}"
    with atomic_folder(place) as folder:
        shutil.copytree(candidate, folder, dirs_exist_ok=True)
    return f"promoted: {accuracy:.2%} on {judged_by}, {place.name} {old_state}"


def _accuracy(model: ModelFolder, target: Target) -> float:
    """Return the accuracy on PublicTest, against the labels or what most people see."""
    metrics = model.metrics()
    name = "PublicTest, votes" if target == "votes" else "PublicTest"
    if name not in metrics:
        raise PipelineError(f"{model.path} has no metrics.json on {name}: run notebook 04 first")
    return metrics[name].accuracy.value
