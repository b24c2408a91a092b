"""Collect the results of a study, store them, and show them as tables."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pandas as pd

from fer_utils.model.metrics import Estimate
from fer_utils.paths import PROJECT_ROOT, write_text
from fer_utils.studies import study_plan as plan
from fer_utils.studies.comparison import FIGURES, compare_paired, percentage_points
from fer_utils.studies.protocols import PRIVATE_CLEAN, PRIVATE_COPIES, PRIVATE_WHOLE
from fer_utils.studies.shortcuts import gather_shortcuts, shortcut_table
from fer_utils.studies.study_folder import StudyFolder
from fer_utils.studies.study_plan import StudyRun

# In a clone, the stored results; otherwise a folder inside the current one.
RESULTS = PROJECT_ROOT / "docs" / "results"
# Accuracies claimed by the publications, by method and set of faces.
CLAIMS = {plan.A_PUBLISHED: {"validation": 0.61, "test": 0.65}, plan.B_PUBLISHED: {"test": 0.8245}}
BETTER, WORSE, UNCLEAR = "better", "worse", "no clear difference"


@dataclass(frozen=True)
class Results:
    """Aggregate figures of a study.

    Attributes
    ----------
    values : dict
        The content of the JSON file, with ``source``, ``settings``, and ``methods``; of the study
        ``shortcuts`` also ``gains``.
    """

    values: dict[str, Any]

    @property
    def study(self) -> str:
        """One of `fer_utils.studies.study_plan.STUDIES`."""
        return str(self.values["settings"]["study"])

    @property
    def methods(self) -> dict[str, Any]:
        """The figures of each method."""
        return dict(self.values["methods"])

    def table(self) -> pd.DataFrame:
        """Return the main table of the study."""
        if self.study == plan.SHORTCUTS:
            return shortcut_table(self.values["gains"])
        return protocol_table(self) if self.study == plan.REPRODUCE else figure_table(self)

    def save(self, folder: Path) -> Path:
        """Write a JSON file named after the study to a folder; return its path."""
        path = folder / f"{self.study}.json"
        write_text(path, json.dumps(self.values, indent=2) + "\n")
        return path

    @classmethod
    def load(cls, path: str | Path) -> "Results":
        """Load a file that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If the file is missing.
        StudyError
            If it does not hold the results of a study.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: fer-utils study … --collect writes it")
        try:
            results = cls(json.loads(path.read_text(encoding="utf-8")))
            _ = results.study, results.methods
        except (ValueError, KeyError, TypeError) as error:
            raise plan.StudyError(
                f"{path} does not hold the results of a study ({error!r}): collect them again"
            ) from error
        return results


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
    folder, methods = StudyFolder(Path(path)), {}
    for method, group in groupby(folder.finished(), attrgetter("method")):
        runs = list(group)
        if folder.settings.study == plan.BALANCING:
            methods[method] = _gather_balancing(folder, runs)
        else:
            methods[method] = {"runs": [folder.metrics(run) for run in runs]}
    if not methods:
        raise plan.StudyError(f"{path} has no finished runs: run the study first")
    values = {**folder.manifest(), "processor_cores": os.cpu_count(), "methods": methods}
    if folder.settings.study == plan.SHORTCUTS:
        gains = gather_shortcuts(folder)
        values["gains"] = {name: asdict(gain) for name, gain in gains.items()}
    return Results(values)


def protocol_table(results: Results) -> pd.DataFrame:
    """Return leaks and scores for each method and scored set of the study ``reproduce``.

    Returns
    -------
    DataFrame
        Indexed by method and scored set. ``faces``, and those with an exact copy among the
        learned faces (``copies learned``), are counts of the first seed. ``claimed`` and
        ``accuracy``, the mean over the seeds, range from 0 to 1. ``interval`` is text, of the
        first seed.
    """
    rows = {}
    for method, found in results.methods.items():
        first = found["runs"][0]
        for name in first["scores"]:
            accuracy = first["scores"][name]["accuracy"]
            rows[method, name] = {
                "faces": first["scores"][name]["count"],
                "copies learned": first["leaks"][name]["copies"],
                "claimed": CLAIMS.get(method, {}).get(name),
                "accuracy": mean_accuracy(found, name),
                "interval": f"{accuracy['low']:.1%} to {accuracy['high']:.1%}",
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["training", "scored on"])


def copies_table(results: Results) -> pd.DataFrame:
    """Return what the copies in Training do to PrivateTest, of the study ``reproduce``.

    Returns
    -------
    DataFrame
        Accuracies, 0 to 1, averaged over the seeds. Rows: training without and with the copies,
        and the difference. Columns: all of PrivateTest, the images with a copy (if any), and
        those without.
    """
    rows = {
        method: {
            name: mean_accuracy(found, name)
            for name in (PRIVATE_WHOLE, PRIVATE_COPIES, PRIVATE_CLEAN)
            if name in found["runs"][0]["scores"]
        }
        for method in (plan.WITHOUT_COPIES, plan.WITH_COPIES)
        if (found := results.methods.get(method))
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    if len(rows) == 2:
        table.loc["difference"] = table.loc[plan.WITH_COPIES] - table.loc[plan.WITHOUT_COPIES]
    return table


def mean_accuracy(found: dict[str, Any], name: str) -> float:
    """Return a method's accuracy on a set of faces, averaged over its seeds, 0 to 1."""
    return fmean(run["scores"][name]["accuracy"]["value"] for run in found["runs"])


def figure_table(results: Results) -> pd.DataFrame:
    """Return the figures of every method of the study ``balancing`` as text.

    Returns
    -------
    DataFrame
        One row per method: figures on PublicTest with their intervals, accuracy and macro-F1 on
        PrivateTest-clean, processor minutes (all cores) and peak memory in GiB.
    """
    rows = {}
    for method, found in results.methods.items():
        private, memory = found["private_test_clean"], found["peak_memory_mib"]
        rows[method] = {
            "seeds": len(found["seeds"]),
            **{figure_title(name): str(Estimate(**found["figures"][name])) for name in FIGURES},
            "PrivateTest-clean accuracy": f"{private['accuracy']:.1%}",
            "PrivateTest-clean macro-F1": f"{private['macro_f1']:.1%}",
            "processor minutes": f"{found['processor_seconds'] / 60:.1f}",
            "peak GiB": "" if memory is None else f"{memory / 1024:.1f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def difference_table(results: Results) -> pd.DataFrame:
    """Return the gains over no balancing in percentage points, of the study ``balancing``.

    Returns
    -------
    DataFrame
        One row per method except ``none``; differences with their intervals as text.
    """
    return _by_difference(results, percentage_points)


def verdict_table(results: Results) -> pd.DataFrame:
    """Return whether each method improves each figure, of the study ``balancing``.

    Returns
    -------
    DataFrame
        One row per method except ``none``: ``better`` or ``worse`` if the whole interval of the
        difference is, else ``no clear difference``. A lower calibration error is better.
    """
    table = _by_difference(results, _verdict)
    column = figure_title("calibration_error")
    table[column] = table[column].replace({BETTER: WORSE, WORSE: BETTER})
    return table


def _by_difference(results: Results, show: Callable[[Estimate], str]) -> pd.DataFrame:
    rows = {
        method: {
            figure_title(name): show(Estimate(**found["differences"][name])) for name in FIGURES
        }
        for method, found in results.methods.items()
        if method != plan.BASE
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(map(figure_title, FIGURES)))


def _verdict(difference: Estimate) -> str:
    if difference.low > 0:
        return BETTER
    return WORSE if difference.high < 0 else UNCLEAR


def figure_title(figure: str) -> str:
    """Return the display name of a figure, such as ``macro-F1`` or ``disgust recall``."""
    if figure.startswith("recall_"):
        return f"{figure.removeprefix('recall_')} recall"
    return figure.replace("macro_f1", "macro-F1").replace("_", " ")


def _gather_balancing(folder: StudyFolder, runs: list[StudyRun]) -> dict[str, Any]:
    """Return the figures of a method over the seeds that it shares with the base method."""
    bases = {run: StudyRun(method=plan.BASE, seed=run.seed) for run in runs}
    runs = [run for run, base in bases.items() if folder.is_done(base)]
    if not runs:
        raise plan.StudyError(
            f"{folder.path} has no finished run of {plan.BASE!r} with the seeds of "
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
    if run.method in plan.NEEDS:
        seconds += _processor_seconds(
            folder, StudyRun(method=plan.NEEDS[run.method], seed=run.seed)
        )
    return seconds
