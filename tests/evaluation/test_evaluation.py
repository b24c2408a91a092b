import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, Faces
from fer_utils.data.votes import VOTE_CLASSES
from fer_utils.evaluation.baselines import compare_with_baselines
from fer_utils.evaluation.evaluation import (
    Evaluation,
    evaluate,
    held_out,
    summary_table,
)
from fer_utils.evaluation.label_quality import find_doubtful, list_disagreements, score_without
from fer_utils.model.calibration import coverage_curve, reliability
from fer_utils.model.classifier import Classifier
from fer_utils.model.metrics import Estimate, Metrics
from fer_utils.model.model_folder import ModelFolder


class BrightnessClassifier:
    """Predicts one emotion for each seventh of the brightness range."""

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.eye(7, dtype=np.float32)[images[:, 0, 0] // 35]


class HalfSureClassifier:
    """Gives the label of `faces` 40%, the label of mirrored ones 90%, and angry the rest."""

    def __init__(self, faces: Faces) -> None:
        self.labels = {
            image.tobytes(): label for image, label in zip(faces.images, faces.labels, strict=True)
        }
        self.mirrored = {
            np.ascontiguousarray(image[:, ::-1]).tobytes(): label
            for image, label in zip(faces.images, faces.labels, strict=True)
        }

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        probabilities = np.zeros((len(images), 7), dtype=np.float32)
        for row, image in zip(probabilities, images, strict=True):
            key = image.tobytes()
            sure, label = (
                (0.4, self.labels[key]) if key in self.labels else (0.9, self.mirrored[key])
            )
            row[0] = 1 - sure
            row[label] += sure
        return probabilities


class RandomClassifier:
    """Predicts random probabilities."""

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        random = np.random.default_rng(0)
        return random.dirichlet(np.ones(7), len(images)).astype(np.float32)


def metrics_of(faces: Faces) -> dict[str, Metrics]:
    return evaluate(BrightnessClassifier(), faces).metrics


def test_only_the_evaluation_splits_are_scored(faces: Faces) -> None:
    counts = {name: metrics.count for name, metrics in metrics_of(faces).items()}
    assert counts == {"PublicTest": 21, "PrivateTest": 14, "PrivateTest-clean": 14}


def test_each_split_is_scored_by_its_own_labels(faces: Faces) -> None:
    wrong = np.where(faces.splits == "PrivateTest", (faces.labels + 1) % 7, faces.labels)
    scores = metrics_of(replace(faces, labels=wrong.astype(np.uint8)))
    accuracies = {name: metrics.accuracy.value for name, metrics in scores.items()}
    assert accuracies == {"PublicTest": 1, "PrivateTest": 0, "PrivateTest-clean": 0}


def test_the_clean_score_leaves_out_copies_of_training_faces(faces: Faces) -> None:
    private = np.flatnonzero(faces.splits == "PrivateTest")
    copies = np.isin(np.arange(len(faces)), private[:4])
    wrong = np.where(copies, (faces.labels + 1) % 7, faces.labels).astype(np.uint8)
    scores = metrics_of(replace(faces, labels=wrong, has_training_copy=copies))
    assert (scores["PrivateTest"].count, scores["PrivateTest-clean"].count) == (14, 10)
    assert scores["PrivateTest"].accuracy.value == 10 / 14
    assert scores["PrivateTest-clean"].accuracy.value == 1


@pytest.mark.parametrize(
    ("missing", "scored"),
    [
        (["PublicTest"], ["PrivateTest", "PrivateTest-clean"]),
        (["PrivateTest"], ["PublicTest"]),
        (["Training"], ["PublicTest", "PrivateTest", "PrivateTest-clean"]),
    ],
)
def test_a_set_without_faces_is_left_out(
    faces: Faces, missing: list[str], scored: list[str]
) -> None:
    assert list(metrics_of(faces.select(~np.isin(faces.splits, missing)))) == scored


def test_a_private_test_of_copies_alone_has_no_clean_score(faces: Faces) -> None:
    copies = replace(faces, has_training_copy=faces.splits == "PrivateTest")
    assert list(metrics_of(copies)) == ["PublicTest", "PrivateTest"]


def test_flip_averaging_and_calibration_are_measured(faces: Faces) -> None:
    scores = evaluate(HalfSureClassifier(faces), faces).metrics["PublicTest"]
    # Only angry faces are classified correctly from one image; all are from the mean of the two.
    assert scores.accuracy.value == pytest.approx(1 / 7)
    assert scores.flip_averaged_accuracy == 1
    # Angry with 100% and right; the others angry with 60% and wrong.
    assert scores.calibration_error == pytest.approx(6 / 7 * 0.6)


def test_a_model_is_studied_on_one_split_and_scored_on_the_other(faces: Faces) -> None:
    studied, scored = held_out(faces)
    assert (set(studied.splits), set(scored.splits)) == ({"PublicTest"}, {"PrivateTest"})
    evaluation = evaluate(RandomClassifier(), faces)
    assert evaluation.studied.fingerprint() == studied.fingerprint()
    assert evaluation.scored.fingerprint() == scored.fingerprint()
    assert evaluation.score is evaluation.metrics["PrivateTest"]


@pytest.mark.parametrize("split", ["PublicTest", "PrivateTest"])
def test_one_split_stands_in_for_the_other(faces: Faces, split: str) -> None:
    studied, scored = held_out(faces.of_split(split))
    assert set(studied.splits) == set(scored.splits) == {split}
    assert evaluate(RandomClassifier(), faces.of_split(split)).score.count == len(scored)


def test_faces_in_training_alone_cannot_be_evaluated(faces: Faces) -> None:
    training = faces.of_split("Training")
    for evaluating in (held_out, metrics_of):
        with pytest.raises(DataError, match="all 84 faces of tiny are in Training"):
            evaluating(training)


def test_a_model_folder_is_evaluated_by_its_export(
    shipped_model: ModelFolder, faces: Faces
) -> None:
    from_folder = evaluate(shipped_model, faces)
    from_export = evaluate(shipped_model.open_classifier(threads=2), faces)
    np.testing.assert_array_equal(from_folder.probabilities, from_export.probabilities)


@pytest.fixture(scope="module")
def evaluation(faces: Faces) -> Evaluation:
    return evaluate(RandomClassifier(), faces)


def test_the_probabilities_are_those_of_the_studied_faces(
    evaluation: Evaluation, faces: Faces
) -> None:
    held = faces.select(faces.splits != "Training")
    expected = RandomClassifier().predict(held.images)[held.splits == "PublicTest"]
    np.testing.assert_array_equal(evaluation.probabilities, expected)
    np.testing.assert_array_equal(evaluation.predicted, expected.argmax(axis=1))


def test_the_tables_are_those_of_the_studied_faces(evaluation: Evaluation) -> None:
    studied, probabilities = evaluation.studied, evaluation.probabilities
    doubtful = find_doubtful(studied, probabilities)
    for table, expected in (
        (evaluation.compare(), compare_with_baselines(evaluation.score, evaluation.scored)),
        (evaluation.reliability(), reliability(probabilities, studied.labels)),
        (evaluation.coverage(), coverage_curve(probabilities, studied.labels)),
        (evaluation.doubtful(), doubtful),
        (evaluation.disagreements(), list_disagreements(studied, probabilities)),
        (
            evaluation.score_changes(seed=1),
            score_without(evaluation.predicted, studied.labels, doubtful, seed=1),
        ),
    ):
        pd.testing.assert_frame_equal(table, expected)


SURE = np.array(
    [[0.6, 0.4, 0, 0], [0.9, 0.1, 0, 0], [0.7, 0.3, 0, 0], [0, 0, 0.2, 0.8], [0, 0, 0.1, 0.9]]
)


@pytest.mark.parametrize(("per_emotion", "expected"), [(1, [1, 4]), (2, [1, 2, 4, 3])])
def test_the_surest_faces_of_each_emotion_are_chosen(
    evaluation: Evaluation, per_emotion: int, expected: list[int]
) -> None:
    sure = replace(evaluation, probabilities=SURE)
    assert sure.surest_faces(per_emotion).tolist() == expected


def test_the_summary_has_a_row_for_each_set_of_faces() -> None:
    sure = Estimate(0.5, 0.25, 0.75)
    metrics = Metrics(12, sure, sure, sure, np.zeros((7, 7), dtype=np.intp))
    table = summary_table({"PublicTest": metrics, "PrivateTest": metrics})
    assert table.index.tolist() == ["PublicTest", "PrivateTest"]
    assert table.columns.tolist() == ["faces", "accuracy", "macro_f1", "balanced_accuracy"]
    assert table.loc["PrivateTest"].tolist() == ["12", *["50.0% (25.0% to 75.0%)"] * 3]


def test_an_evaluation_displays_as_its_table(evaluation: Evaluation) -> None:
    pd.testing.assert_frame_equal(evaluation.table(), summary_table(evaluation.metrics))
    assert repr(evaluation) == evaluation.table().to_string()
    assert evaluation._repr_html_() == evaluation.table().to_html()


def test_an_evaluation_is_saved_as_metrics_and_tables(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    evaluation.save(tmp_path / "new")
    files = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()}
    assert sorted(files) == ["comparison.csv", "doubtful_labels.csv", "metrics.json"]
    sets = {name: metrics.to_dict() for name, metrics in evaluation.metrics.items()}
    assert json.loads(files["metrics.json"]) == {"sets": sets}
    assert files["comparison.csv"] == evaluation.compare().to_csv()
    assert files["doubtful_labels.csv"] == evaluation.score_changes().to_csv()


def test_further_tables_are_saved_and_replace_the_usual_ones(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    table = pd.DataFrame({"accuracy": [0.5]}, index=["this model"])
    evaluation.save(tmp_path, {"robustness": table, "comparison": table})
    for name in ("robustness", "comparison"):
        assert (tmp_path / f"{name}.csv").read_text() == ",accuracy\nthis model,0.5\n"


def test_faces_with_votes_are_also_scored_against_what_people_see(faces: Faces) -> None:
    held = np.flatnonzero(faces.splits != "Training")
    votes = np.zeros((len(faces), 10), dtype=np.uint8)
    votes[held, VOTE_CLASSES.index("neutral")] = 6
    votes[held[::2], VOTE_CLASSES.index("happiness")] = 6  # a tie
    metrics = evaluate(BrightnessClassifier(), replace(faces, votes=votes)).metrics
    clear = np.setdiff1d(held, held[::2])
    of_public = clear[faces.splits[clear] == "PublicTest"]
    by_votes = metrics["PublicTest, votes"]
    assert by_votes.count == len(of_public)
    assert by_votes.confusion.sum(axis=1).tolist() == [0, 0, 0, 0, 0, 0, len(of_public)]
    assert by_votes.accuracy.value == (faces.labels[of_public] == 6).mean()
    assert set(metrics) - set(evaluate(BrightnessClassifier(), faces).metrics) == {
        "PublicTest, votes",
        "PrivateTest, votes",
        "PrivateTest-clean, votes",
    }


class PriorModel(ModelFolder):
    """A model folder that predicts its prior for every face."""

    def open_classifier(self, **_: object) -> Classifier:  # type: ignore[override]
        assert self.prior is not None
        row = self.prior.convert(np.array(self.prior.shares), wanted=self.prior_name)
        return ConstantClassifier(row)  # type: ignore[return-value]


class ConstantClassifier:
    """Predicts the same for every face."""

    def __init__(self, row: NDArray[np.float32]) -> None:
        self.row = row

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.tile(self.row, (len(images), 1))


def neutral_to_people(faces: Faces) -> Faces:
    votes = np.zeros((len(faces), 10), dtype=np.uint8)
    votes[:, VOTE_CLASSES.index("neutral")] = 7
    votes[:, VOTE_CLASSES.index("happiness")] = 3
    return replace(faces, votes=votes)


def test_a_model_without_a_prior_has_one_row_beside_people(faces: Faces) -> None:
    evaluation = evaluate(BrightnessClassifier(), neutral_to_people(faces))
    agreement = evaluation.agreement()
    assert agreement.index.tolist() == ["this model", "one person", "official label"]
    assert agreement.loc["this model", "accuracy"] == pytest.approx(1 / 7)
    assert agreement.loc["one person", "accuracy"] == pytest.approx(0.7)
    assert evaluation.people is not None
    assert evaluation.people["set"].unique().tolist() == [
        "PublicTest",
        "PrivateTest",
        "PrivateTest-clean",
    ]
    np.testing.assert_array_equal(evaluation.crowd_probabilities, evaluation.probabilities)
    assert evaluation.score is evaluation.metrics["PrivateTest"]


def test_a_model_with_a_prior_has_a_row_for_each(faces: Faces) -> None:
    shares = (0.04, 0.02, 0.04, 0.3, 0.1, 0.1, 0.4)
    card = {
        "prior": {"shares": list(shares), "learned": list(shares), "balanced_power": 0.5},
        "sha256": {},
    }
    model = PriorModel(Path("nowhere"), card)
    evaluation = evaluate(model, neutral_to_people(faces))
    agreement = evaluation.agreement()
    assert agreement.index.tolist() == [
        "this model, crowd prior",
        "this model, balanced prior",
        "this model, even prior",
        "one person",
        "official label",
    ]
    # Divided by itself, the prior says nothing: angry, the first emotion, is as good as any other.
    assert agreement["accuracy"].tolist()[:3] == [1, 1, 0]
    np.testing.assert_allclose(evaluation.crowd_probabilities[0], shares, rtol=1e-5)
    # The model is judged by the votes: the balanced prior still calls every face neutral.
    assert evaluation.by_votes
    assert evaluation.score is evaluation.metrics["PrivateTest, votes"]
    assert evaluation.coverage()["accuracy"].tolist() == [1.0] * len(evaluation.studied)
    assert evaluation.reliability()["accuracy"].tolist() == [1.0]
    assert evaluation.compare().loc["this model", "accuracy"] == pytest.approx(1 / 7)
    # 40% sure of neutral, which 70% of people see.
    [row] = evaluation.vote_reliability().itertuples()
    assert (row.confidence, row.accuracy) == (pytest.approx(0.4), pytest.approx(0.7))


def test_without_votes_nothing_is_said_about_people(evaluation: Evaluation) -> None:
    assert evaluation.people is None
    assert evaluation.agreement().empty


def test_agreement_with_people_is_saved_too(faces: Faces, tmp_path: Path) -> None:
    evaluation = evaluate(BrightnessClassifier(), neutral_to_people(faces))
    evaluation.save(tmp_path)
    assert evaluation.people is not None
    assert pd.read_csv(tmp_path / "people.csv")["value"].tolist() == pytest.approx(
        evaluation.people["value"].tolist()
    )
