"""Evaluate a model on faces that it did not learn from, and compare its score with baselines."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, Faces
from fer_utils.data.votes import find_winners, vote_shares
from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.agreement import measure_agreement
from fer_utils.evaluation.baselines import THIS_MODEL, compare_with_baselines
from fer_utils.evaluation.label_quality import find_doubtful, list_disagreements, score_without
from fer_utils.model.calibration import at_temperature, coverage_curve, reliability
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.metrics import Metrics, metrics_of_probabilities, summary_row
from fer_utils.model.model_folder import QUANTIZED, ModelFolder
from fer_utils.model.prior import PRIORS
from fer_utils.paths import atomic_file, write_text


@dataclass(frozen=True, repr=False)
class Evaluation:
    """Metrics of a model, and the predictions behind them.

    Attributes
    ----------
    metrics : dict of str to Metrics
        ``PublicTest``, ``PrivateTest``, and ``PrivateTest-clean``: the PrivateTest faces without
        an exact copy in the original Training split; each against the labels and, such as
        ``PublicTest, votes``, against what most people see. A set without faces is left out.
    studied : Faces
        The faces to look at one by one: PublicTest, or PrivateTest if PublicTest is empty.
    scored : Faces
        The faces of the final score: PrivateTest, or PublicTest if PrivateTest is empty.
    probabilities : ndarray of float, shape (n, 7)
        Predictions for `studied`.
    crowd_probabilities : ndarray of float, shape (n, 7)
        The same under the prior ``crowd``; equal if the model has no prior.
    people : DataFrame, optional
        Agreement with people, if the faces have votes: the output of `measure_agreement` for each
        ``set`` of faces, with a row for each prior if the model has one.
    by_votes : bool
        Whether the model learned from votes and the faces have votes, which it is judged by then.
    """

    metrics: dict[str, Metrics]
    studied: Faces
    scored: Faces
    probabilities: NDArray[np.floating]
    crowd_probabilities: NDArray[np.floating]
    people: pd.DataFrame | None = None
    by_votes: bool = False

    @property
    def score(self) -> Metrics:
        """Metrics on `scored`, against the votes if the model learned from votes."""
        split = str(self.scored.splits[0])
        return self.metrics[f"{split}, votes" if self.by_votes else split]

    @property
    def predicted(self) -> NDArray[np.intp]:
        """Most probable emotion of each face in `studied`, 0 to 6, shape (n,)."""
        return self.probabilities.argmax(axis=1)

    def table(self) -> pd.DataFrame:
        """Return one row per set of faces, with intervals."""
        return summary_table(self.metrics)

    def compare(self) -> pd.DataFrame:
        """Return the score against the labels next to baselines; see `compare_with_baselines`."""
        return compare_with_baselines(self.metrics[str(self.scored.splits[0])], self.scored)

    def reliability(self, *, temperature: float = 1.0) -> pd.DataFrame:
        """Return accuracy by confidence; see `fer_utils.model.calibration.reliability`.

        Against the votes if the model learned from votes. Another `temperature` makes the
        probabilities milder (above 1) or bolder (below 1) first.
        """
        probabilities, targets = self._judged()
        return reliability(at_temperature(probabilities, temperature), targets)

    def coverage(self) -> pd.DataFrame:
        """Return accuracy by share of faces covered; see `coverage_curve`.

        Against the votes if the model learned from votes.
        """
        return coverage_curve(*self._judged())

    def _judged(self) -> tuple[NDArray[np.floating], NDArray[np.uint8]]:
        """Return predictions for `studied`, and the emotions that they are judged by."""
        if not self.by_votes:
            return self.probabilities, self.studied.labels
        winners, is_clear = find_winners(self.studied.votes)
        return self.probabilities[is_clear], winners[is_clear]

    def agreement(self) -> pd.DataFrame:
        """Return who agrees how much with people on `scored`; see `measure_agreement`.

        Returns
        -------
        DataFrame
            One row per ``who`` and one column per figure, 0 to 1; empty without votes.
        """
        if self.people is None:
            return pd.DataFrame()
        chosen = self.people[self.people["set"] == self.scored.splits[0]]
        return chosen.pivot_table("value", index="who", columns="figure", sort=False)

    def vote_reliability(self) -> pd.DataFrame:
        """Return how many people share predictions, by confidence under the prior ``crowd``.

        See `fer_utils.model.calibration.reliability`; for the faces of `studied` with a winner.
        """
        _, is_clear = find_winners(self.studied.votes)
        shares = vote_shares(self.studied.votes[is_clear])
        return reliability(self.crowd_probabilities[is_clear], shares)

    def surest_faces(self, per_emotion: int = 1) -> NDArray[np.intp]:
        """Return the faces with the most confident predictions, for each predicted emotion.

        Parameters
        ----------
        per_emotion : int
            Maximum number of faces for each emotion.

        Returns
        -------
        ndarray of intp, shape (m,)
            Indices into `studied`, ordered by emotion, most confident first.
        """
        order = np.argsort(-self.probabilities.max(axis=1), kind="stable")
        predicted = self.predicted[order]
        return np.concatenate([order[predicted == k][:per_emotion] for k in range(len(EMOTIONS))])

    def doubtful(self) -> pd.DataFrame:
        """Mark questionable faces of `studied`; see `find_doubtful`."""
        return find_doubtful(self.studied, self.probabilities)

    def score_changes(self, *, seed: int = 0) -> pd.DataFrame:
        """Return how the accuracy changes without questionable faces; see `score_without`."""
        return score_without(self.predicted, self.studied.labels, self.doubtful(), seed=seed)

    def disagreements(self) -> pd.DataFrame:
        """Return the errors on `studied`, most confident first; see `list_disagreements`."""
        return list_disagreements(self.studied, self.probabilities)

    def save(self, folder: str | Path, tables: Mapping[str, pd.DataFrame] | None = None) -> None:
        """Write ``metrics.json``, ``comparison.csv``, ``doubtful_labels.csv``, and ``people.csv``.

        The last one needs votes.

        Parameters
        ----------
        folder : str or Path
            Output folder; created if missing.
        tables : mapping of str to DataFrame, optional
            Further tables to write, by file name without ``.csv``; they replace those above.
        """
        folder = Path(folder)
        sets = {name: metrics.to_dict() for name, metrics in self.metrics.items()}
        write_text(folder / "metrics.json", json.dumps({"sets": sets}, indent=2))
        defaults = {"comparison": self.compare(), "doubtful_labels": self.score_changes()}
        if self.people is not None:
            defaults["people"] = self.people.set_index("set")
        for name, table in {**defaults, **(tables or {})}.items():
            with atomic_file(folder / f"{name}.csv") as temporary:
                table.to_csv(temporary, encoding="utf-8")

    def __repr__(self) -> str:
        return self.table().to_string()

    def _repr_html_(self) -> str:
        return self.table().to_html()


def evaluate(model: ModelFolder | AnyClassifier, faces: Faces) -> Evaluation:
    """Evaluate a model on PublicTest and PrivateTest.

    Parameters
    ----------
    model : ModelFolder or AnyClassifier
        A model folder, or any object with the same `predict` as a classifier.
    faces : Faces
        Cleaned faces, so that `Faces.has_training_copy` is set.

    Returns
    -------
    Evaluation
        Metrics with bootstrap 95% intervals; displays as a table. With `Faces.votes`, each set
        is also scored against what most people see, such as ``PrivateTest, votes``: on the faces
        where one emotion has the most of FER+'s votes.

    Raises
    ------
    DataError
        If all faces are in Training.
    """
    studied, scored = held_out(faces)
    held = faces.select(faces.splits != "Training")
    classifier = classifier_of(model)
    probabilities = classifier.predict(held.images)
    mirrored = classifier.predict(np.ascontiguousarray(held.images[:, :, ::-1]))
    averaged = ((probabilities + mirrored) / 2).argmax(axis=1)
    masks = {name: held.splits == name for name in ("PublicTest", "PrivateTest")}
    masks["PrivateTest-clean"] = masks["PrivateTest"] & ~held.has_training_copy
    winners, is_clear = find_winners(held.votes)
    sets = {name: (mask, held.labels) for name, mask in masks.items()}
    sets |= {f"{name}, votes": (mask & is_clear, winners) for name, mask in masks.items()}
    metrics = {
        name: replace(
            metrics_of_probabilities(probabilities[mask], labels[mask]),
            flip_averaged_accuracy=float((averaged == labels)[mask].mean()),
        )
        for name, (mask, labels) in sets.items()
        if mask.any()
    }
    by_prior = _by_prior(model, probabilities)
    people = [
        measure_agreement(
            held.select(mask), {who: each[mask] for who, each in by_prior.items()}
        ).assign(set=name)
        for name, mask in masks.items()
        if (mask & is_clear).any()
    ]
    is_studied = held.splits == studied.splits[0]
    learned_votes = isinstance(model, ModelFolder) and model.prior is not None
    judged = {f"{faces.splits[0]}, votes" for faces in (studied, scored)}
    return Evaluation(
        metrics,
        studied,
        scored,
        probabilities[is_studied],
        crowd_probabilities=by_prior.get(_of_prior("crowd"), probabilities)[is_studied],
        people=pd.concat(people, ignore_index=True) if people else None,
        by_votes=learned_votes and judged <= metrics.keys(),
    )


def _of_prior(name: str) -> str:
    return f"{THIS_MODEL}, {name} prior"


def _by_prior(
    model: ModelFolder | AnyClassifier, probabilities: NDArray[np.floating]
) -> dict[str, NDArray[np.floating]]:
    """Return predictions under each prior, or those of a model without one, by name."""
    if not isinstance(model, ModelFolder) or model.prior is None:
        return {THIS_MODEL: probabilities}
    prior, given = model.prior, model.prior_name
    return {
        _of_prior(name): prior.convert(probabilities, given=given, wanted=name) for name in PRIORS
    }


def held_out(faces: Faces) -> tuple[Faces, Faces]:
    """Return the faces to study a model on, and the faces of its final score.

    Parameters
    ----------
    faces : Faces
        Cleaned faces.

    Returns
    -------
    tuple of Faces
        PublicTest and PrivateTest. If one of them is empty, the other one is returned twice.

    Raises
    ------
    DataError
        If both are empty.
    """
    public, private = faces.of_split("PublicTest"), faces.of_split("PrivateTest")
    if not len(public) and not len(private):
        raise DataError(
            f"expected faces in PublicTest or PrivateTest, but all {len(faces)} faces of "
            f"{faces.provenance.source} are in Training: load a source with held-out faces"
        )
    return (public if len(public) else private), (private if len(private) else public)


def classifier_of(model: ModelFolder | AnyClassifier) -> AnyClassifier:
    """Return the `ModelFolder.scored_export` of a folder; return other classifiers unchanged."""
    if not isinstance(model, ModelFolder):
        return model
    return model.open_classifier(threads=2, fastest=model.scored_export == QUANTIZED)


def summary_table(metrics: Mapping[str, Metrics]) -> pd.DataFrame:
    """Return a table to print: one row per set of faces, with intervals."""
    rows = {name: summary_row(each) for name, each in metrics.items()}
    return pd.DataFrame.from_dict(rows, orient="index")
