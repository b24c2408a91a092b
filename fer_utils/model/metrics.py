"""Compute scores of a model, with intervals that show how certain they are."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import DataError
from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import calibration_error

if TYPE_CHECKING:
    import pandas as pd

HEADLINES = ("accuracy", "macro_f1", "balanced_accuracy")
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure and its bootstrap 95% interval, all from 0 to 1."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True)
class Metrics:
    """Scores on one set of faces.

    Attributes
    ----------
    count : int
        Number of scored faces.
    accuracy, macro_f1, balanced_accuracy : Estimate
        Share of correct predictions, mean F1 of the emotions, and mean recall of the emotions.
    confusion : ndarray of intp, shape (7, 7)
        Counts; rows are true emotions, columns predicted ones.
    calibration_error : float, optional
        Expected calibration error, 0 to 1; needs probabilities.
    flip_averaged_accuracy : float, optional
        Accuracy of the mean probabilities of a face and its mirror image, which takes twice the
        time.
    """

    count: int
    accuracy: Estimate
    macro_f1: Estimate
    balanced_accuracy: Estimate
    confusion: NDArray[np.intp]
    calibration_error: float | None = None
    flip_averaged_accuracy: float | None = None

    def per_class(self) -> "pd.DataFrame":
        """Return precision, recall, F1, and the number of faces of each emotion."""
        import pandas as pd

        scores = zip(("precision", "recall", "f1"), _per_class(self.confusion), strict=True)
        table = pd.DataFrame(dict(scores), index=list(EMOTIONS))
        return table.assign(support=self.confusion.sum(axis=1))

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as JSON-compatible values."""
        values = asdict(self)
        values["per_class"] = self.per_class().replace({np.nan: None}).to_dict(orient="index")
        values["confusion"] = values.pop("confusion").tolist()  # last, because it is long
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Metrics":
        """Return the scores from the output of `to_dict`."""
        own = {name: value for name, value in values.items() if name != "per_class"}
        own |= {name: Estimate(**values[name]) for name in HEADLINES}
        return cls(**own | {"confusion": np.array(values["confusion"], dtype=np.intp)})


def compute_metrics(predicted: NDArray[np.integer], labels: NDArray[np.integer]) -> Metrics:
    """Score predicted labels, with bootstrap 95% intervals.

    Resampling n faces with replacement is the same as one multinomial draw over the cells of the
    confusion matrix, so the bootstrap (Efron 1979, percentile intervals) needs no faces.

    Parameters
    ----------
    predicted : ndarray of int, shape (n,)
        Predicted labels, 0 to 6.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.

    Returns
    -------
    Metrics
        The scores. Means leave out emotions without a face.

    Raises
    ------
    DataError
        If there are no faces, or the two lengths differ.

    Examples
    --------
    >>> compute_metrics(np.array([3, 3, 4]), np.array([3, 3, 3])).accuracy.value
    0.6666666666666666
    """
    if len(predicted) != len(labels):
        raise DataError(
            f"expected one label per prediction, got {len(predicted)} predictions "
            f"and {len(labels)} labels"
        )
    if not len(labels):
        raise DataError("nothing to evaluate: there are no faces in this split")
    classes = len(EMOTIONS)
    cells = np.bincount(labels.astype(np.intp) * classes + predicted, minlength=classes**2)
    confusion = cells.reshape(classes, classes)
    values, drawn = headlines_of(confusion), headlines_of(_redraw(confusion))
    estimates: dict[str, Any] = {
        name: estimate_from(values[name], drawn[name]) for name in HEADLINES
    }
    return Metrics(count=len(labels), confusion=confusion, **estimates)


def metrics_of_probabilities(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer]
) -> Metrics:
    """Score predicted probabilities: the most likely emotions, and the calibration.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, 7)
        Predicted probabilities.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.

    Returns
    -------
    Metrics
        Scores that include the calibration error.

    Raises
    ------
    DataError
        If there are no faces, or the two lengths differ.
    """
    return replace(
        compute_metrics(probabilities.argmax(axis=1), labels),
        calibration_error=calibration_error(probabilities, labels),
    )


def load_metrics(path: str | Path) -> dict[str, Metrics]:
    """Read a ``metrics.json``: the scores by set of faces."""
    stored = json.loads(Path(path).read_text(encoding="utf-8"))["sets"]
    return {name: Metrics.from_dict(values) for name, values in stored.items()}


def f1_by_emotion(confusion: NDArray[np.integer]) -> dict[str, Estimate]:
    """Return the F1 of each emotion that has faces, with bootstrap 95% intervals.

    Parameters
    ----------
    confusion : ndarray of int, shape (7, 7)
        Counts; rows are true emotions, columns predicted ones.

    Returns
    -------
    dict of str to Estimate
        F1 by emotion.
    """
    f1, drawn = (_per_class(counts)[2] for counts in (confusion, _redraw(confusion)))
    return {
        emotion: estimate_from(f1[index], drawn[:, index])
        for index, emotion in enumerate(EMOTIONS)
        if not np.isnan(f1[index])
    }


def headlines_of(confusion: NDArray[np.number]) -> dict[str, NDArray[np.floating]]:
    """Return the headline figures for many confusion matrices.

    Parameters
    ----------
    confusion : ndarray of shape (..., k, k)
        Counts; rows are true classes, columns predicted ones.

    Returns
    -------
    dict of str to ndarray of float, shape (...)
        `HEADLINES`, each 0 to 1; means leave out classes without a face.
    """
    correct = np.diagonal(confusion, axis1=-2, axis2=-1).sum(axis=-1)
    _, recall, f1 = _per_class(confusion)
    return {
        "accuracy": correct / confusion.sum(axis=(-2, -1)),
        "macro_f1": np.nanmean(f1, axis=-1),
        "balanced_accuracy": np.nanmean(recall, axis=-1),
    }


def figures_of(confusion: NDArray[np.number]) -> dict[str, NDArray[np.floating]]:
    """Return the headline figures and the recall of each emotion for many confusion matrices.

    Parameters
    ----------
    confusion : ndarray of shape (..., 7, 7)
        Counts; rows are true emotions, columns predicted ones.

    Returns
    -------
    dict of str to ndarray of float, shape (...)
        `HEADLINES` and ``recall_angry`` to ``recall_neutral``, each 0 to 1, NaN where an emotion
        has no face.
    """
    recall = _per_class(confusion)[1]
    by_emotion = {f"recall_{emotion}": recall[..., k] for k, emotion in enumerate(EMOTIONS)}
    return headlines_of(confusion) | by_emotion


def votes_note(names: Iterable[str]) -> str:
    """Return a line about sets that are scored against votes; empty if no name is of such a set."""
    if not any(name.endswith(", votes") for name in names):
        return ""
    return "Sets with votes are scored against what most of FER+'s ten annotators see.\n"


def summary_row(metrics: Metrics) -> dict[str, str]:
    """Return the scores of one set of faces as text, by column of a table."""
    row = {"faces": f"{metrics.count:,}"}
    row |= {name: str(getattr(metrics, name)) for name in HEADLINES}
    single = {
        "flip-averaged": metrics.flip_averaged_accuracy,
        "calibration error": metrics.calibration_error,
    }
    return row | {name: f"{value:.1%}" for name, value in single.items() if value is not None}


def _redraw(confusion: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return confusion matrices of 2,000 bootstrap samples, always the same ones."""
    count = confusion.sum()
    draws = np.random.default_rng(0).multinomial(count, confusion.ravel() / count, 2000)
    return draws.reshape(-1, *confusion.shape)


def estimate_from(value: SupportsFloat, drawn: NDArray[np.floating]) -> Estimate:
    """Return a figure with the percentile interval of its bootstrap draws."""
    tail = (1 - CONFIDENCE) / 2
    # A draw may contain no face of a rare emotion.
    return Estimate(float(value), *map(float, np.nanquantile(drawn, [tail, 1 - tail])))


def _per_class(confusion: NDArray[np.number]) -> tuple[NDArray[np.floating], ...]:
    """Return precision, recall, and F1; NaN for an emotion without a face."""
    actual, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    correct = np.where(actual, np.diagonal(confusion, axis1=-2, axis2=-1), np.nan)
    counts = (predicted, actual, (actual + predicted) / 2)
    return tuple(correct / np.maximum(count, 1) for count in counts)
