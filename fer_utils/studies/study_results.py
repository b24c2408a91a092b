"""Store the results of a study, and show them as tables."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from fer_utils.model.metrics import Estimate
from fer_utils.paths import write_text
from fer_utils.studies import study_plan as plan
from fer_utils.studies.comparison import FIGURES
from fer_utils.studies.protocols import PRIVATE_CLEAN, PRIVATE_COPIES, PRIVATE_WHOLE

# Accuracies claimed by the publications, by method and set of faces.
CLAIMS = {plan.A_PUBLISHED: {"validation": 0.61, "test": 0.65}, plan.B_PUBLISHED: {"test": 0.8245}}
BETTER, WORSE, UNCLEAR = "better", "worse", "no clear difference"


@dataclass(frozen=True)
class Results:
    """Aggregate figures of a study.

    Attributes
    ----------
    values : dict
        The content of the JSON file, with ``source``, ``settings``, and ``methods``.
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


def protocol_table(results: Results) -> pd.DataFrame:
    """Return leaks and scores for each method and scored set of the study ``reproduce``.

    Parameters
    ----------
    results : Results
        Results of the study ``reproduce``.

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
    """Return the effect of the copies in Training on the accuracy on PrivateTest.

    Parameters
    ----------
    results : Results
        Results of the study ``reproduce``.

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
    """Return the figures of every balancing method as text.

    Parameters
    ----------
    results : Results
        Results of the study ``balancing``.

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
    """Return the gain of every balancing method over none, in percentage points.

    Parameters
    ----------
    results : Results
        Results of the study ``balancing``.

    Returns
    -------
    DataFrame
        One row per method except ``none``; differences with their intervals as text.
    """
    return _by_difference(results, percentage_points)


def verdict_table(results: Results) -> pd.DataFrame:
    """Return whether each balancing method improves each figure.

    Parameters
    ----------
    results : Results
        Results of the study ``balancing``.

    Returns
    -------
    DataFrame
        One row per method except ``none``: ``better`` or ``worse`` if the whole interval of the
        difference is, else ``no clear difference``. A lower calibration error is better.
    """
    table = _by_difference(results, _verdict)
    column = figure_title("calibration_error")
    # Lower is better.
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


def percentage_points(difference: Estimate) -> str:
    """Return a difference in percentage points, such as ``+1.2 (+0.1 to +2.3)``."""
    value, low, high = (f"{100 * part:+.1f}" for part in vars(difference).values())
    return f"{value} ({low} to {high})"


def figure_title(figure: str) -> str:
    """Return the display name of a figure, such as ``macro-F1`` or ``disgust recall``."""
    if figure.startswith("recall_"):
        return f"{figure.removeprefix('recall_')} recall"
    return figure.replace("macro_f1", "macro-F1").replace("_", " ")
