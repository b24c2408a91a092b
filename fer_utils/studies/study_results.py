"""What a study found, as one file of aggregate figures, and as tables for people."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from fer_utils.model.metrics import Estimate
from fer_utils.paths import atomic_file
from fer_utils.studies.comparison import FIGURES
from fer_utils.studies.protocols import CLEAN, COPIES, WHOLE
from fer_utils.studies.study_plan import (
    A_PUBLISHED,
    B_PUBLISHED,
    BASE,
    REPRODUCE,
    WITH_COPIES,
    WITHOUT_COPIES,
    StudyError,
)

# What the descriptions claim, by method and set of faces.
CLAIMS = {
    A_PUBLISHED: {"validation": 0.61, "test": 0.65},
    B_PUBLISHED: {"test": 0.8245},
}
BETTER, WORSE, UNCLEAR = "better", "worse", "no clear difference"


@dataclass(frozen=True)
class Results:
    """What a study found.

    Attributes
    ----------
    values : dict
        As the file holds it: ``study``, ``source``, ``settings`` and ``methods``.
    """

    values: dict[str, Any]

    @property
    def study(self) -> str:
        """One of `fer_utils.studies.study_plan.STUDIES`."""
        name: str = self.values["settings"]["study"]
        return name

    @property
    def methods(self) -> dict[str, Any]:
        """What was measured, by method."""
        found: dict[str, Any] = self.values["methods"]
        return found

    def table(self) -> pd.DataFrame:
        """Return the table that sums the study up."""
        return protocol_table(self) if self.study == REPRODUCE else figure_table(self)

    def save(self, folder: Path) -> Path:
        """Write the file, named after the study, into a folder; return its path."""
        path = folder / f"{self.study}.json"
        with atomic_file(path) as temporary:
            temporary.write_text(json.dumps(self.values, indent=2) + "\n")
        return path

    @classmethod
    def load(cls, path: str | Path) -> "Results":
        """Return what `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        StudyError
            If it holds no results of a study.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: fer-utils study … --collect makes it")
        try:
            results = cls(json.loads(path.read_text()))
            _ = results.study, results.methods
        except (ValueError, KeyError, TypeError) as error:
            raise StudyError(f"{path} holds no results of a study: {error!r}") from error
        return results


def protocol_table(results: Results) -> pd.DataFrame:
    """Return, for each training and set of faces of the first study, what leaked and the scores.

    Parameters
    ----------
    results : Results
        Of the study ``reproduce``.

    Returns
    -------
    DataFrame
        Indexed by method and set of faces. ``faces`` and those with an exact ``copies learned``
        are counts of the first seed; ``claimed`` and ``accuracy`` are from 0 to 1, the latter the
        mean over the seeds; ``interval`` is the first seed's, for people.
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
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["training", "scored on"])
    return table


def copies_table(results: Results) -> pd.DataFrame:
    """Return what the copies of evaluation images in Training do to the score of PrivateTest.

    Parameters
    ----------
    results : Results
        Of the study ``reproduce``.

    Returns
    -------
    DataFrame
        Accuracies, 0 to 1, the mean over the seeds: a row for each training, with and without the
        copies, and what they differ by; a column for PrivateTest whole, the images with a copy (if
        there are any) and those without.
    """
    present = [method for method in (WITHOUT_COPIES, WITH_COPIES) if method in results.methods]
    rows = {
        method: {
            name: mean_accuracy(results.methods[method], name)
            for name in (WHOLE, COPIES, CLEAN)
            if name in results.methods[method]["runs"][0]["scores"]
        }
        for method in present
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    if len(present) == 2:
        table.loc["difference"] = table.loc[WITH_COPIES] - table.loc[WITHOUT_COPIES]
    return table


def mean_accuracy(found: dict[str, Any], name: str) -> float:
    """Return a method's accuracy on a set of faces, the mean over its seeds, 0 to 1."""
    return fmean(run["scores"][name]["accuracy"]["value"] for run in found["runs"])


def figure_table(results: Results) -> pd.DataFrame:
    """Return the figures of every way of balancing, ready for people.

    Parameters
    ----------
    results : Results
        Of the study ``balancing``.

    Returns
    -------
    DataFrame
        A row for each method: figures on PublicTest with their intervals, accuracy and macro-F1 on
        PrivateTest-clean, processor minutes (of all cores) and GiB.
    """
    rows = {}
    for method, found in results.methods.items():
        private, memory = found["private_test_clean"], found["peak_memory_mib"]
        rows[method] = {
            "seeds": len(found["seeds"]),
            **{figure_title(name): str(Estimate(**found["figures"][name])) for name in FIGURES},
            "PrivateTest-clean accuracy": f"{private['accuracy']:.1%}",
            "PrivateTest-clean macro F1": f"{private['macro_f1']:.1%}",
            "processor minutes": f"{found['processor_seconds'] / 60:.1f}",
            "peak GiB": "" if memory is None else f"{memory / 1024:.1f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def difference_table(results: Results) -> pd.DataFrame:
    """Return what every way of balancing gains over none, in percentage points.

    Parameters
    ----------
    results : Results
        Of the study ``balancing``.

    Returns
    -------
    DataFrame
        A row for each method but ``none``; figures with their intervals as text.
    """
    return _by_difference(results, points)


def verdict_table(results: Results) -> pd.DataFrame:
    """Return whether every way of balancing helps, on each figure.

    Parameters
    ----------
    results : Results
        Of the study ``balancing``.

    Returns
    -------
    DataFrame
        A row for each method but ``none``: ``better`` or ``worse`` where the whole interval of the
        difference is, else ``no clear difference``. A lower calibration error is better.
    """
    table = _by_difference(results, _verdict)
    column = figure_title("calibration_error")
    # Only here is less more.
    table[column] = table[column].replace({BETTER: WORSE, WORSE: BETTER})
    return table


def _by_difference(results: Results, show: Callable[[Estimate], str]) -> pd.DataFrame:
    rows = {
        method: {
            figure_title(name): show(Estimate(**found["differences"][name])) for name in FIGURES
        }
        for method, found in results.methods.items()
        if method != BASE
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(map(figure_title, FIGURES)))


def _verdict(difference: Estimate) -> str:
    if difference.low > 0:
        return BETTER
    return WORSE if difference.high < 0 else UNCLEAR


def points(difference: Estimate) -> str:
    """Return a difference in percentage points, such as ``+1.2 (+0.1 to +2.3)``."""
    value, low, high = (f"{100 * part:+.1f}" for part in vars(difference).values())
    return f"{value} ({low} to {high})"


def figure_title(figure: str) -> str:
    """Return a figure's name for people, such as ``macro F1``."""
    return figure.replace("macro_f1", "macro F1").replace("_", " ")
