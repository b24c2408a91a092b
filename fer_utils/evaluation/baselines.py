"""What a score is measured against: the most frequent emotion, people, and another system."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_utils.data import fer2013
from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import Metrics, compute_metrics

THIS_MODEL = "this model"

_PRIVATE_TEST_FACES = 3589


@dataclass(frozen=True, kw_only=True)
class Published:
    """A score on FER-2013's PrivateTest that was not computed here.

    Attributes
    ----------
    name : str
        The system, for a figure.
    description : str
        The system and where the figures come from, for a table in Markdown.
    accuracy : float
        0 to 1.
    margin : float
        How far the accuracy may be off to both sides; 0 where nothing is known of it.
    macro_f1, clean_accuracy, clean_macro_f1 : float, optional
        0 to 1; the clean ones leave out the faces with a copy in Training.
    parameters : str
        How large the network is.
    """

    name: str
    description: str
    accuracy: float
    margin: float = 0.0
    macro_f1: float | None = None
    clean_accuracy: float | None = None
    clean_macro_f1: float | None = None
    parameters: str = ""


PUBLISHED = (
    Published(
        name="PyPI fer",
        description="PyPI `fer` 25.10, measured on the same files",
        accuracy=0.659,
        macro_f1=0.640,
        clean_accuracy=0.643,
        clean_macro_f1=0.610,
        parameters="58 k",
    ),
    Published(
        name="people",
        description="people (Goodfellow et al. 2013)",
        accuracy=0.65,
        margin=0.05,
    ),
)


def compare_with_baselines(metrics: Metrics, faces: Faces) -> pd.DataFrame:
    """Return the scores of a model and of its baselines.

    Parameters
    ----------
    evaluation : Evaluation
        The model's scores on `faces`.
    faces : Faces
        The faces it was scored on. What was published stands beside only if they are FER-2013's
        PrivateTest, because scores on other faces do not compare_with_baselines.

    Returns
    -------
    DataFrame
        One row for each system: ``accuracy`` with its interval from ``low`` to ``high``, and
        ``macro_f1``; NaN where nothing is known. The first row is the model, the last one an
        answer that is always the most frequent emotion.
    """
    rows = {THIS_MODEL: _measured(evaluation)}
    if _is_private_test(faces):
        rows |= {system.name: _published(system) for system in PUBLISHED}
    frequent = int(np.bincount(faces.labels, minlength=len(EMOTIONS)).argmax())
    always = compute_metrics(np.full(len(faces), frequent), faces.labels)
    rows[f"always {EMOTIONS[frequent]}"] = _measured(always)
    return pd.DataFrame.from_dict(rows, orient="index")


def _is_private_test(faces: Faces) -> bool:
    whole = len(faces) == _PRIVATE_TEST_FACES and set(faces.splits) == {"PrivateTest"}
    return whole and set(faces.origins) == {fer2013.ORIGIN}


def _measured(metrics: Metrics) -> dict[str, float]:
    accuracy = evaluation.accuracy
    return {
        "accuracy": accuracy.value,
        "low": accuracy.low,
        "high": accuracy.high,
        "macro_f1": evaluation.macro_f1.value,
    }


def _published(system: Published) -> dict[str, float]:
    known = system.margin > 0
    return {
        "accuracy": system.accuracy,
        "low": system.accuracy - system.margin if known else np.nan,
        "high": system.accuracy + system.margin if known else np.nan,
        "macro_f1": np.nan if system.macro_f1 is None else system.macro_f1,
    }
