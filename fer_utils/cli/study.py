"""``fer-utils study``: its options, and what it does once they are read."""

import argparse
from pathlib import Path

from fer_utils.data.sources import load_faces
from fer_utils.paths import RUNS, display_path
from fer_utils.studies.study_plan import METHODS, REPRODUCE, plan_runs, settings_for

_SEEDS = {REPRODUCE: [0]}


def add_options(command: argparse.ArgumentParser, study: str) -> None:
    """Add the options of a study to its command, beside those of the source of faces.

    Parameters
    ----------
    command : argparse.ArgumentParser
        Of the study.
    study : str
        One of `fer_utils.studies.study_plan.STUDIES`.
    """
    seeds = _SEEDS.get(study, [0, 1, 2])
    command.add_argument(
        "--output", type=Path, metavar="FOLDER", help=f"of the runs (default: runs/studies/{study})"
    )
    command.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=seeds,
        metavar="N",
        help=f"one run of each method for each (default: {' '.join(map(str, seeds))})",
    )
    command.add_argument(
        "--methods",
        nargs="+",
        choices=METHODS[study],
        metavar="NAME",
        help=f"only these of {', '.join(METHODS[study])} (default: all)",
    )
    command.add_argument(
        "--updates", type=int, metavar="N", help="train the project's own network for N updates"
    )
    if study == REPRODUCE:
        for network in ("a", "b"):
            command.add_argument(
                f"--epochs-{network}",
                type=int,
                metavar="N",
                help=f"at most N epochs of published network {network.upper()}",
            )
    command.add_argument(
        "--workers", type=int, metavar="N", help="trainings at a time on this machine (default: 1)"
    )
    command.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="a Dask scheduler whose workers train"
    )
    command.add_argument(
        "--collect",
        action="store_true",
        help=f"only gather the finished runs of --output into docs/results/{study}.json",
    )


def study(options: argparse.Namespace) -> None:
    """Perform the missing runs of a study, or gather what the finished ones measured."""
    from fer_utils.studies.collecting import RESULTS, collect

    folder = options.output or RUNS / "studies" / options.study
    if not options.collect:
        _run(options, folder)
    results = collect(folder)
    print(results.table().to_string())
    if options.collect:
        print(f"written to {display_path(results.save(RESULTS))}")


def _run(options: argparse.Namespace, folder: Path) -> None:
    from tqdm import tqdm

    from fer_utils.studies.study_run import run_study

    if options.workers is not None and options.scheduler is not None:
        raise ValueError("give --workers or --scheduler: a scheduler has workers of its own")
    scale = ("updates", "epochs_a", "epochs_b")
    given = {name: getattr(options, name) for name in scale if name in options}
    settings = settings_for(options.study, **given)
    runs = plan_runs(options.study, seeds=options.seeds, methods=options.methods)
    faces = load_faces(options.source, on_error=options.on_error)
    with tqdm(total=len(runs), unit=" runs", disable=None) as bar:

        def show(done: int, runs: int) -> None:
            bar.update(done - bar.n)

        run_study(
            folder,
            faces,
            settings,
            runs,
            workers=1 if options.workers is None else options.workers,
            scheduler=options.scheduler,
            on_progress=show,
        )
    print(f"{len(runs)} runs in {display_path(folder)}")
