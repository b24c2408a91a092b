"""Which labels and faces of a test set are in doubt, and what they do to a score."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.audit import audit
from fer_utils.data.faces import DataError, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import CONFIDENCE

SURE = 0.9


def find_doubtful(
    faces: Faces, probabilities: NDArray[np.floating], *, sure: float = SURE
) -> pd.DataFrame:
    """Mark faces that ought not to count in a score, by reason.

    Parameters
    ----------
    faces : Faces
        One evaluation split of cleaned faces.
    probabilities : ndarray of float, shape (n, 7)
        What a model says of them.
    sure : float
        From which probability on a disagreement with the label is a confident one, 0 to 1.

    Returns
    -------
    DataFrame of bool
        One row for each face. ``copy in Training``: the model may remember it. ``further copy``:
        the same image counts twice. ``conflicting labels``: an exact copy, here or in another
        split, carries another label. ``any of these``. ``confident disagreement``: the model is
        sure of another emotion, which is either a wrong label or a mistake, so that leaving these
        out always flatters the model.
    """
    _, first = np.unique(audit(faces).image_keys, return_index=True)
    copies_and_conflicts = pd.DataFrame(
        {
            "copy in Training": faces.has_training_copy,
            "further copy": ~np.isin(np.arange(len(faces)), first),
            "conflicting labels": faces.has_conflicting_copy,
        }
    )
    disagrees = probabilities.argmax(axis=1) != faces.labels
    return copies_and_conflicts.assign(
        **{
            "any of these": copies_and_conflicts.any(axis=1),
            "confident disagreement": disagrees & (probabilities.max(axis=1) >= sure),
        }
    )


def score_without(
    predicted: NDArray[np.integer],
    labels: NDArray[np.integer],
    doubtful: pd.DataFrame,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how far the accuracy moves when doubtful faces are left out.

    Each bootstrap draw has the accuracy on all of its faces and on those kept, so the interval is
    that of their difference.

    Parameters
    ----------
    predicted : ndarray of int, shape (n,)
        Predicted labels, 0 to 6.
    labels : ndarray of int, shape (n,)
        True labels, 0 to 6.
    doubtful : DataFrame of bool
        What `find_doubtful` returned: one row for each face, one column for each reason.
    resamples : int
        Bootstrap draws.
    seed : int
        What the draws start from.

    Returns
    -------
    DataFrame
        One row for each reason: how many faces are ``left out``, the ``accuracy`` on the others,
        its ``change`` against all faces and the 95% interval of the change from ``low`` to
        ``high``. NaN where no face would be left.

    Raises
    ------
    DataError
        If there are no faces, or not as many labels or rows as predictions.
    """
    if not len(predicted) == len(labels) == len(doubtful) or not len(labels):
        raise DataError(
            f"expected as many predictions, labels and marks, and at least one, "
            f"got {len(predicted)}, {len(labels)} and {len(doubtful)}"
        )
    right = predicted == labels
    random = np.random.default_rng(seed)
    rows = {}
    for reason in doubtful.columns:
        out = doubtful[reason].to_numpy(dtype=bool)
        # Right or wrong, kept or left out: a draw of faces is a draw over these four cells.
        cells = np.bincount(2 * out + right, minlength=4)
        drawn = random.multinomial(len(right), cells / len(right), resamples)
        rows[reason] = _change(cells, drawn) | {"left out": int(out.sum())}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table[["left out", "accuracy", "change", "low", "high"]]


def list_disagreements(faces: Faces, probabilities: NDArray[np.floating]) -> pd.DataFrame:
    """Return the faces that a model takes for another emotion than their label's.

    Parameters
    ----------
    faces : Faces
        The faces.
    probabilities : ndarray of float, shape (n, 7)
        What the model says of them.

    Returns
    -------
    DataFrame
        The surest one first. The index is the face's place; ``name`` its row or file, ``label``
        and ``said`` are emotions, ``confidence`` is what the model gives to ``said``.
    """
    named, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    places = np.flatnonzero(named != faces.labels)
    places = places[np.argsort(-confidence[places], kind="stable")]
    names = np.array(EMOTIONS)
    return pd.DataFrame(
        {
            "name": faces.names[places],
            "label": names[faces.labels[places]],
            "said": names[named[places]],
            "confidence": confidence[places],
        },
        index=places,
    )


def _change(cells: NDArray[np.integer], drawn: NDArray[np.integer]) -> dict[str, float]:
    """Return the accuracy on the faces kept, and its change with an interval."""
    tail = (1 - CONFIDENCE) / 2
    kept, change = _accuracies(cells)
    changes = _accuracies(drawn)[1]
    # In a draw all faces may be ones to leave out.
    known = changes[~np.isnan(changes)]
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
    return {"accuracy": float(kept), "change": float(change), "low": low, "high": high}


def _accuracies(
    cells: NDArray[np.integer],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return accuracies without the faces left out, and how far they are above those of all.

    The cells, of shape (..., 4), count the wrong and the right that are kept, then those left out.
    """
    wrong, right, wrong_out, right_out = np.moveaxis(cells, -1, 0)
    kept = np.divide(
        right, wrong + right, out=np.full(np.shape(right), np.nan), where=wrong + right > 0
    )
    return kept, kept - (right + right_out) / (wrong + right + wrong_out + right_out)
