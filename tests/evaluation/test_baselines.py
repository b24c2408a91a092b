from dataclasses import replace

import numpy as np
import pytest

from fer_utils.data.faces import Faces, Provenance
from fer_utils.evaluation.baselines import PUBLISHED, compare_with_baselines
from fer_utils.model.metrics import compute_metrics

# Six happy faces and two sad ones; the model predicts sad for one of the happy ones.
LABELS = np.array([3, 3, 3, 3, 3, 3, 4, 4], dtype=np.uint8)
PREDICTED = np.array([3, 3, 3, 3, 3, 4, 4, 4])


def faces_of(labels: np.ndarray, *, origin: str, split: str = "PrivateTest") -> Faces:
    count = len(labels)
    return Faces(
        images=np.zeros((count, 48, 48), dtype=np.uint8),
        labels=labels,
        splits=np.full(count, split),
        names=np.full(count, "face"),
        origins=np.full(count, origin),
        provenance=Provenance("made", "up"),
    )


def private_test() -> Faces:
    return faces_of(np.resize(LABELS, 3589), origin="fer2013")


def test_elsewhere_a_model_is_compared_with_the_most_frequent_emotion_alone() -> None:
    table = compare_with_baselines(
        compute_metrics(PREDICTED, LABELS), faces_of(LABELS, origin="mine")
    )
    assert table.index.tolist() == ["this model", "always happy"]
    assert table["accuracy"].tolist() == [7 / 8, 6 / 8]
    # Always happy: the F1 of happy is 2 * 6 / (6 + 8), that of sad is 0.
    assert table.loc["always happy", "macro_f1"] == pytest.approx((12 / 14 + 0) / 2)
    assert (table["low"] < table["accuracy"]).all()
    assert (table["accuracy"] < table["high"]).all()


def test_on_fer2013_people_and_the_package_are_in_between() -> None:
    faces = private_test()
    table = compare_with_baselines(compute_metrics(faces.labels, faces.labels), faces)
    assert table.index.tolist() == ["this model", "PyPI fer", "people", "always happy"]
    assert table.loc["people", ["accuracy", "low", "high"]].tolist() == pytest.approx(
        [0.65, 0.6, 0.7]
    )
    assert table.loc["PyPI fer", ["accuracy", "macro_f1"]].tolist() == [0.659, 0.640]
    assert table.loc["PyPI fer", ["low", "high"]].isna().all()
    assert np.isnan(table.loc["people", "macro_f1"])


@pytest.mark.parametrize(
    "faces",
    [
        faces_of(np.resize(LABELS, 3589), origin="ckplus"),
        faces_of(np.resize(LABELS, 3589), origin="fer2013", split="PublicTest"),
        faces_of(np.resize(LABELS, 3588), origin="fer2013"),
        replace(private_test(), origins=np.array(["ckplus"] + ["fer2013"] * 3588)),
    ],
)
def test_published_scores_are_next_to_the_whole_private_test_only(faces: Faces) -> None:
    assert len(compare_with_baselines(compute_metrics(faces.labels, faces.labels), faces)) == 2


def test_what_was_published_is_a_share() -> None:
    for accuracy, low, high, macro_f1 in PUBLISHED.values():
        assert 0 < (low or accuracy) <= accuracy <= (high or accuracy) < 1
        assert macro_f1 is None or 0 < macro_f1 < 1
