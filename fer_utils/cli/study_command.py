"""Define ``fer-utils study``, with a command for each study."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from tqdm import tqdm

from fer_utils.cli.options import FaceSource, Scheduler, Workers
from fer_utils.paths import RUNS, display_path
from fer_utils.studies.study_folder import run_study
from fer_utils.studies.study_plan import (
    BALANCING,
    METHODS,
    REPRODUCE,
    SHORTCUTS,
    StudySettings,
    plan_runs,
    settings_for,
)
from fer_utils.studies.study_results import RESULTS, collect

study_command = App("study")

_MANY = Parameter(consume_multiple=1)
_ALL = Parameter(consume_multiple=1, show_default="all")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class _Options(FaceSource):
    """Options of every study.

    Attributes
    ----------
    output : Path, optional
        Folder of the runs. [default: runs/studies/STUDY]
    updates : int, optional
        Train the project's own network for this many updates.
    collect : bool
        Only gather the finished runs of --output into docs/results.
    workers : int, optional
        Trainings at a time on this machine. [default: 1]
    scheduler : str, optional
        A Dask scheduler whose workers train.
    """

    output: Path | None = None
    updates: int | None = None
    collect: bool = False
    workers: Workers = None
    scheduler: Scheduler = None


_DEFAULTS = _Options()


@study_command.command(name=REPRODUCE)
def reproduce_command(
    *,
    seeds: Annotated[tuple[int, ...], _MANY] = (0,),
    methods: Annotated[tuple[str, ...], _ALL, Parameter(choices=METHODS[REPRODUCE])] = (),
    epochs_a: int | None = None,
    epochs_b: int | None = None,
    options: _Options = _DEFAULTS,
) -> None:
    """Repeat two published results, as published and without leaks, and measure the leaks.

    For example:

        fer-utils study reproduce --source data/raw/fer2013.zip
        fer-utils study reproduce --source synthetic --updates 20 --epochs-a 1 --epochs-b 1
        fer-utils study reproduce --collect

    Parameters
    ----------
    seeds : tuple of int
        Run each method with each of these seeds.
    methods : tuple of str
        Run only these methods.
    epochs_a : int, optional
        Maximum number of epochs of published network A.
    epochs_b : int, optional
        Maximum number of epochs of published network B.
    """
    settings = settings_for(
        REPRODUCE, updates=options.updates, epochs_a=epochs_a, epochs_b=epochs_b
    )
    _run(settings, seeds, methods, options)


@study_command.command(name=BALANCING)
def balancing_command(
    *,
    seeds: Annotated[tuple[int, ...], _MANY] = (0, 1, 2),
    methods: Annotated[tuple[str, ...], _ALL, Parameter(choices=METHODS[BALANCING])] = (),
    options: _Options = _DEFAULTS,
) -> None:
    """Train the same network with every way of balancing and compare them.

    For example:

        fer-utils study balancing --source data/raw/fer2013.zip
        fer-utils study balancing --source synthetic --updates 20 --output runs/trial
        fer-utils study balancing --collect

    Parameters
    ----------
    seeds : tuple of int
        Run each method with each of these seeds.
    methods : tuple of str
        Run only these methods, and the ones that they need.
    """
    settings = settings_for(BALANCING, updates=options.updates)
    _run(settings, seeds, methods, options)


@study_command.command(name=SHORTCUTS)
def shortcuts_command(
    *,
    seeds: Annotated[tuple[int, ...], _MANY] = (0, 1, 2),
    options: _Options = _DEFAULTS,
) -> None:
    """Measure what it adds to choose the epoch on PrivateTest, and to learn from PublicTest.

    For example:

        fer-utils study shortcuts --source data/raw/fer2013.zip
        fer-utils study shortcuts --source synthetic --updates 20 --output runs/trial
        fer-utils study shortcuts --collect

    Parameters
    ----------
    seeds : tuple of int
        Train both networks with each of these seeds.
    """
    _run(settings_for(SHORTCUTS, updates=options.updates), seeds, (), options)


def _run(
    settings: StudySettings, seeds: tuple[int, ...], methods: tuple[str, ...], options: _Options
) -> None:
    folder = options.output or RUNS / "studies" / settings.study
    runs = plan_runs(settings.study, seeds=list(seeds), methods=list(methods) or None)
    if not options.collect:
        with tqdm(total=len(runs), unit=" runs", disable=None) as bar:
            run_study(
                folder,
                options.load(),
                settings,
                runs,
                workers=1 if options.workers is None else options.workers,
                scheduler=options.scheduler,
                on_progress=lambda done, total: bar.update(done - bar.n),
            )
        print(f"{len(runs)} runs in {display_path(folder)}")
    results = collect(folder)
    print(results.table().to_string())
    if options.collect:
        print(f"written to {display_path(results.save(RESULTS))}")
