"""Compare a model's score with baselines: the most frequent emotion, people, another system."""

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from fer_utils.data.faces import Faces
from fer_utils.data.fer2013 import FER2013_ORIGIN
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import Metrics, compute_metrics

THIS_MODEL = "this model"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A score on FER-2013's PrivateTest from outside this package.

    Attributes
    ----------
    name : str
        Name of the system, for figures.
    description : str
        The system and the source of its scores, for a Markdown table.
    accuracy : float
        0 to 1.
    margin : float
        Half the width of the interval around the accuracy; 0 if unknown.
    macro_f1, clean_accuracy, clean_macro_f1 : float, optional
        0 to 1; the clean scores exclude faces with a copy in Training.
    parameters : str
        Size of the network.
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
    """Return a model's score and its baselines.

    Parameters
    ----------
    metrics : Metrics
        The model's metrics on `faces`.
    faces : Faces
        The faces behind `metrics`. Published scores are included only if they are FER-2013's
        PrivateTest, because scores on different faces are not comparable.

    Returns
    -------
    DataFrame
        One row per system: ``accuracy``, its interval from ``low`` to ``high``, and ``macro_f1``;
        NaN where unknown. The first row is the model. The last row always predicts the most
        frequent emotion.
    """
    rows = {THIS_MODEL: _measured(metrics)}
    fer2013 = (3589, {"PrivateTest"}, {FER2013_ORIGIN})
    if (len(faces), set(faces.splits), set(faces.origins)) == fer2013:
        rows |= {system.name: _published(system) for system in PUBLISHED}
    frequent = int(np.bincount(faces.labels, minlength=len(EMOTIONS)).argmax())
    always = compute_metrics(np.full(len(faces), frequent), faces.labels)
    rows[f"always {EMOTIONS[frequent]}"] = _measured(always)
    columns = ["accuracy", "low", "high", "macro_f1"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)


def _measured(metrics: Metrics) -> tuple[float | None, ...]:
    return *astuple(metrics.accuracy), metrics.macro_f1.value


def _published(system: Published) -> tuple[float | None, ...]:
    margin = system.margin or np.nan
    return system.accuracy, system.accuracy - margin, system.accuracy + margin, system.macro_f1
