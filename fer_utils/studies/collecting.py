"""Aggregate the metrics of the finished runs of a study."""

import os
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import read_arrays
from fer_utils.paths import PROJECT_ROOT
from fer_utils.studies.comparison import compare_paired
from fer_utils.studies.protocols import PRIVATE_CLEAN
from fer_utils.studies.study_folder import PROBABILITIES, StudyFolder, open_folder
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
    folder = open_folder(Path(path))
    runs = folder.finished()
    if not runs:
        raise StudyError(f"{path} has no finished runs: run the study first")
    by_method: dict[str, list[StudyRun]] = {}
    for run in runs:
        by_method.setdefault(run.method, []).append(run)
    reproduce = folder.settings.study == REPRODUCE
    gather = _gather_protocols if reproduce else _gather_balancing
    return Results(
        {
            **folder.manifest(),
            "processor_cores": os.cpu_count(),
            "methods": gather(folder, by_method),
        }
    )


def _gather_protocols(folder: StudyFolder, by_method: dict[str, list[StudyRun]]) -> dict[str, Any]:
    return {
        method: {"runs": [folder.metrics(run) for run in runs]}
        for method, runs in by_method.items()
    }


def _gather_balancing(folder: StudyFolder, by_method: dict[str, list[StudyRun]]) -> dict[str, Any]:
    """Return the figures of each method over the seeds that it shares with the base method."""
    base_seeds = {run.seed for run in by_method.get(BASE, ())}
    gathered = {}
    for method, runs in by_method.items():
        shared = [run for run in runs if run.seed in base_seeds]
        if not shared:
            raise StudyError(
                f"{folder.path} has no finished run of {BASE!r} with the seeds of {method!r} to "
                "compare with: run the study again to complete it"
            )
        gathered[method] = _gather_method(folder, shared)
    return gathered


def _gather_method(folder: StudyFolder, runs: list[StudyRun]) -> dict[str, Any]:
    own = [_probabilities(folder, run) for run in runs]
    base = [_probabilities(folder, StudyRun(method=BASE, seed=run.seed)) for run in runs]
    comparison = compare_paired(
        [predicted for predicted, _ in own], [predicted for predicted, _ in base], own[0][1]
    )
    metrics = [folder.metrics(run) for run in runs]
    private = [run["scores"][PRIVATE_CLEAN] for run in metrics]
    memory = [run["peak_memory_mib"] for run in metrics]
    return {
        "seeds": [run.seed for run in runs],
        **{
            part: {name: asdict(estimate) for name, estimate in estimates.items()}
            for part, estimates in vars(comparison).items()
        },
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


def _probabilities(
    folder: StudyFolder, run: StudyRun
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    path = folder.of_run(run) / PROBABILITIES
    stored = read_arrays(path, made_by="fer-utils study balancing")
    return stored["probabilities"], stored["labels"]
