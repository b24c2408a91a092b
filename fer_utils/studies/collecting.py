"""Aggregate the metrics of the finished runs of a study."""

import os
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from statistics import fmean, median
from typing import Any

from fer_utils.paths import PROJECT_ROOT
from fer_utils.studies.comparison import compare_paired
from fer_utils.studies.protocols import PRIVATE_CLEAN
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import BASE, NEEDS, REPRODUCE, StudyError, StudyRun
from fer_utils.studies.study_results import Results

# In a clone, the stored results; otherwise a folder inside the current one.
RESULTS = PROJECT_ROOT / "docs" / "results"


def collect(path: str | Path) -> Results:
    """Aggregate the metrics of the finished runs in a study's folder.

    Parameters
    ----------
    path : str or Path
        The study's folder.

    Returns
    -------
    Results
        Aggregate figures, without any faces or predictions of single faces.

    Raises
    ------
    FileNotFoundError
        If the folder does not hold a study.
    StudyError
        If no run is finished, or none to compare with.
    """
    folder = StudyFolder(Path(path))
    gather = _gather_protocol if folder.settings.study == REPRODUCE else _gather_balancing
    methods = {
        method: gather(folder, list(runs))
        for method, runs in groupby(folder.finished(), attrgetter("method"))
    }
    if not methods:
        raise StudyError(f"{path} has no finished runs: run the study first")
    return Results({**folder.manifest(), "processor_cores": os.cpu_count(), "methods": methods})


def _gather_protocol(folder: StudyFolder, runs: list[StudyRun]) -> dict[str, Any]:
    return {"runs": [folder.metrics(run) for run in runs]}


def _gather_balancing(folder: StudyFolder, runs: list[StudyRun]) -> dict[str, Any]:
    """Return the figures of a method over the seeds that it shares with the base method."""
    bases = {run: StudyRun(method=BASE, seed=run.seed) for run in runs}
    runs = [run for run, base in bases.items() if folder.is_done(base)]
    if not runs:
        raise StudyError(
            f"{folder.path} has no finished run of {BASE!r} with the seeds of "
            f"{next(iter(bases)).method!r} to compare with: run the study again to complete it"
        )
    own = [folder.predictions(run) for run in runs]
    comparison = compare_paired(
        [predicted["probabilities"] for predicted in own],
        [folder.predictions(bases[run])["probabilities"] for run in runs],
        own[0]["labels"],
    )
    metrics = [folder.metrics(run) for run in runs]
    private = [run["scores"][PRIVATE_CLEAN] for run in metrics]
    memory = [run["peak_memory_mib"] for run in metrics]
    return {
        "seeds": [run.seed for run in runs],
        **asdict(comparison),
        "private_test_clean": {
            name: fmean(scores[name]["value"] for scores in private)
            for name in ("accuracy", "balanced_accuracy", "macro_f1")
        },
        "processor_seconds": median(_processor_seconds(folder, run) for run in runs),
        "peak_memory_mib": None if None in memory else max(memory),
        "best_epochs": [run["best_epoch"] for run in metrics],
        "precision": metrics[0]["precision"],
    }


def _processor_seconds(folder: StudyFolder, run: StudyRun) -> float:
    """Return the processor time of balancing and training, including that of the base run."""
    seconds: float = folder.metrics(run)["processor_seconds"]
    if run.method in NEEDS:
        seconds += _processor_seconds(folder, StudyRun(method=NEEDS[run.method], seed=run.seed))
    return seconds
