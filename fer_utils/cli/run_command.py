"""Define ``fer-utils run``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from fer_utils.cli.evaluate_command import format_scores
from fer_utils.data.balancing import STRATEGIES
from fer_utils.model.model_folder import open_model
from fer_utils.model.recipes import PROFILES, Target
from fer_utils.paths import display_path
from fer_utils.runs.pipeline import (
    RunSettings,
    latest_run_folder,
    load_settings,
    new_run_folder,
    promote,
    run_notebooks,
)


def run_command(
    *,
    profile: Annotated[str | None, Parameter(choices=PROFILES)] = None,
    source: str | None = None,
    strategy: Annotated[str | None, Parameter(choices=STRATEGIES)] = None,
    target: Target | None = None,
    seed: int | None = None,
    output: Path | None = None,
    start: Annotated[str | None, Parameter(name="--from", metavar="NUMBER")] = None,
    show_faces: bool | None = None,
    parameters: Annotated[
        tuple[str, ...], Parameter(name=("--parameter", "-p"), metavar="NAME=VALUE")
    ] = (),
    promote_model: Annotated[bool, Parameter(name="--promote")] = False,
) -> None:
    """Execute the notebooks in order and write a report.

    For example:

        fer-utils run
        fer-utils run --source data/raw/fer2013.zip --profile full --promote
        fer-utils run --source data/raw/fer2013.zip --profile full --target votes
        fer-utils run --from 03 --output runs/my_run

    Parameters
    ----------
    profile : str, optional
        How long to train. [default: quick]
    source : str, optional
        Where the faces come from: auto, synthetic, kaggle, fer2013, ckplus, a .csv, .zip, or
        folder, or several joined by " + ". [default: auto]
    strategy : str, optional
        How to balance. [default: the profile's own]
    target : str, optional
        What to learn from: FER-2013's labels, or the votes of ten people on each of its faces
        (data --get-votes). [default: labels]
    seed : int, optional
        Seed of all random choices. [default: 0]
    output : Path, optional
        Run folder. [default: runs/TIME]
    start : str, optional
        Continue with this notebook, such as 03, in --output or the latest run.
    show_faces : bool
        Let the notebooks show faces of real people.
    parameters : tuple of str
        Set a notebook parameter; VALUE is JSON or text.
    promote_model : bool
        Copy the model to models/fer2013, or to models/people if it learned from votes, if it beats
        the one there on PublicTest.
    """
    if start is None:
        folder, settings = output or new_run_folder(), RunSettings()
    else:
        folder = output or latest_run_folder()
        settings = load_settings(folder)
    options: dict[str, Any] = {
        "source": source,
        "strategy": strategy,
        "profile": profile,
        "target": target,
        "seed": seed,
        "show_faces": show_faces,
    }
    given = {name: value for name, value in options.items() if value is not None}
    further = settings.parameters | dict(map(_parse_parameter, parameters))
    settings = replace(settings, **given, parameters=further)
    run = run_notebooks(folder, settings, start=start or "01")
    model = open_model(run.model)
    notebooks = ", ".join(path.name for path in sorted(run.folder.glob("*.ipynb")))
    print(
        f"\nTrained on {model.card['data']['source']}, scored on faces kept out of training:\n"
        f"\n{format_scores(run.model / 'metrics.json')}\n"
        f"\nReport        {display_path(run.report)}"
        f"\nNotebooks     {display_path(run.folder)}: {notebooks}"
        f"\nModel         {display_path(run.model)}"
        f"\nMetrics       {display_path(run.model / 'metrics.json')}"
    )
    if promote_model:
        print(promote(run.model))


def _parse_parameter(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"--parameter {text!r}: expected NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
