"""Compare a score with baselines: published figures, and the most frequent emotion."""

from dataclasses import astuple

import numpy as np
import pandas as pd

from fer_utils.data.faces import Faces
from fer_utils.data.fer2013 import FER2013_ORIGIN
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import Metrics, compute_metrics

THIS_MODEL = "this model"
# Scores on FER-2013's PrivateTest: accuracy, its interval, and macro-F1, or None if unknown.
PUBLISHED = {
    "PyPI fer": (0.659, None, None, 0.640),  # fer 25.10, measured on the same files
    "people": (0.65, 0.60, 0.70, None),  # Goodfellow et al. 2013
}


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
    frequent = int(np.bincount(faces.labels, minlength=len(EMOTIONS)).argmax())
    always = compute_metrics(np.full(len(faces), frequent), faces.labels)
    rows: dict[str, tuple[float | None, ...]]
    rows = {THIS_MODEL: (*astuple(metrics.accuracy), metrics.macro_f1.value)}
    fer2013 = (3589, {"PrivateTest"}, {FER2013_ORIGIN})
    if (len(faces), set(faces.splits), set(faces.origins)) == fer2013:
        rows |= PUBLISHED
    rows[f"always {EMOTIONS[frequent]}"] = (*astuple(always.accuracy), always.macro_f1.value)
    columns = ["accuracy", "low", "high", "macro_f1"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)
