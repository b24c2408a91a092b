"""Find questionable labels in a test set, and measure their effect on the score."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.audit import audit
from fer_utils.data.faces import DataError, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import CONFIDENCE

_SURE = 0.9  # Minimum probability of a confident disagreement.


def find_doubtful(faces: Faces, probabilities: NDArray[np.floating]) -> pd.DataFrame:
    """Mark faces that should not count in a score, by reason.

    Parameters
    ----------
    faces : Faces
        One evaluation split of cleaned faces.
    probabilities : ndarray of float, shape (n, 7)
        A model's predictions.

    Returns
    -------
    DataFrame of bool
        One row per face. ``copy in Training``: the model may have memorized the face. ``repeated
        image``: the image counts more than once. ``conflicting labels``: an exact copy, in any
        split, has a different label. ``any of these``: any of the three. ``confident
        disagreement``: the model predicts another emotion with at least 90%. That is either a wrong
        label or an error of the model, so excluding these faces always raises the score.
    """
    reasons = pd.DataFrame({"copy in Training": faces.has_training_copy})
    reasons["repeated image"] = pd.Series(audit(faces).image_keys).duplicated()
    reasons["conflicting labels"] = faces.has_conflicting_copy
    disagrees = probabilities.argmax(axis=1) != faces.labels
    reasons["any of these"] = reasons.any(axis=1)
    reasons["confident disagreement"] = disagrees & (probabilities.max(axis=1) >= _SURE)
    return reasons


def score_without(
    predicted: NDArray[np.integer],
    labels: NDArray[np.integer],
    doubtful: pd.DataFrame,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how the accuracy changes when doubtful faces are excluded.

    The bootstrap is paired: each resample is scored with and without the doubtful faces, and the
    interval is that of the difference.

    Parameters
    ----------
    predicted : ndarray of int, shape (n,)
        Predicted labels, 0 to 6.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    doubtful : DataFrame of bool
        Output of `find_doubtful`: one row per face, one column per reason.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        One row per reason: the number of faces ``left out``, the ``accuracy`` on the others, its
        ``change``, and the change's 95% interval from ``low`` to ``high``. NaN if no face is
        left.

    Raises
    ------
    DataError
        If there are no faces, or the three inputs differ in length.
    """
    if not len(predicted) == len(labels) == len(doubtful) or not len(labels):
        raise DataError(
            "expected the same number of predictions, labels, and rows, and at least one, "
            f"got {len(predicted)}, {len(labels)}, and {len(doubtful)}"
        )
    right = predicted == labels
    random, tail = np.random.default_rng(seed), (1 - CONFIDENCE) / 2
    rows = {}
    for reason in doubtful.columns:
        out = doubtful[reason].to_numpy(dtype=bool)
        # Right or wrong, kept or left out: resampling faces is one draw over these four cells.
        cells = np.bincount(2 * out + right, minlength=4)
        accuracy, change = _accuracies(cells)
        changes = _accuracies(random.multinomial(len(right), cells / len(right), 2000))[1]
        # A resample may consist of doubtful faces only: pandas leaves its NaN out.
        low, high = pd.Series(changes).quantile([tail, 1 - tail])
        rows[reason] = (int(out.sum()), accuracy, change, low, high)
    columns = ["left out", "accuracy", "change", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def list_disagreements(faces: Faces, probabilities: NDArray[np.floating]) -> pd.DataFrame:
    """List the faces for which a model predicts another emotion than their label.

    Parameters
    ----------
    faces : Faces
        The faces.
    probabilities : ndarray of float, shape (n, 7)
        A model's predictions.

    Returns
    -------
    DataFrame
        Most confident first, indexed by position in `faces`: the row or file ``name``, the
        emotions ``label`` and ``predicted``, and the ``confidence`` of the prediction.
    """
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    index = np.flatnonzero(predicted != faces.labels)
    index = index[np.argsort(-confidence[index], kind="stable")]
    emotions = np.array(EMOTIONS)
    return pd.DataFrame(
        {
            "name": faces.names[index],
            "label": emotions[faces.labels[index]],
            "predicted": emotions[predicted[index]],
            "confidence": confidence[index],
        },
        index=index,
    )


def _accuracies(cells: NDArray[np.integer]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the accuracy on the faces kept, and its difference from the accuracy on all faces.

    `cells`, shape (..., 4), counts faces: kept wrong, kept right, left out wrong, left out right.
    """
    wrong, right, wrong_out, right_out = np.moveaxis(cells, -1, 0)
    with np.errstate(invalid="ignore"):
        kept = right / (wrong + right)
    return kept, kept - (right + right_out) / (wrong + right + wrong_out + right_out)
