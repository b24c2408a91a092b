"""Check the exercises about crops, videos, and reasons for an answer (notebooks 05 to 07)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.exercises.verdict import Verdict, judge, not_yet, right
from fer_utils.video.emotion_times import emotion_seconds, frame_lengths


def check_share(answer: object, factor: float) -> Verdict:
    """Check the share of a larger box that is inside the original one.

    Parameters
    ----------
    answer : float
        The share of the pixels, 0 to 1.
    factor : float
        How many times as wide and as high the larger box is.
    """
    slips = {
        "The box is that many times as wide, but also as high.": 1 / factor,
        "That is the share around the face.": 1 - 1 / factor**2,
        "That is how many times as many pixels the larger box has.": factor**2,
    }
    reason = "The network has 48 x 48 pixels, and the face gets only these."
    return judge(answer, 1 / factor**2, reason, slips)


def check_seconds(answer: object, table: pd.DataFrame) -> Verdict:
    """Check for how many seconds a video shows somebody happy.

    Parameters
    ----------
    answer : float
        The seconds.
    table : DataFrame
        Output of `fer_utils.process_video`.
    """
    is_happy = table["emotion"] == "happy"
    seconds = emotion_seconds(table)["happy"].sum()
    slips = {
        "That is a number of rows. How long does each of them last?": is_happy.sum(),
        "That is a share of the rows, not a time.": is_happy.mean(),
        "That is the length of the whole video.": frame_lengths(table).sum(),
    }
    reason = "Rows become seconds only with the length of a frame."
    return judge(answer, seconds, reason, slips, within=0.06)


def check_rate(answer: object, in_transit: int, seconds: float) -> Verdict:
    """Check the largest number of frames per second with some of them in transit.

    Parameters
    ----------
    answer : float
        The number of frames per second.
    in_transit : int
        The maximum number of frames on their way at the same time.
    seconds : float
        Time from sending a frame to its answer.
    """
    slips = {
        "That many get through one at a time.": 1 / seconds,
        "The second frame does not wait for the first one, so it takes no longer.": (
            1 / (in_transit * seconds)
        ),
        "That is the time per frame.": seconds / in_transit,
    }
    reason = "In every round trip, this many frames arrive."
    return judge(answer, in_transit / seconds, reason, slips, within=0.05)


def check_smoothing(answer: object, time_constant: float) -> Verdict:
    """Check how long a smoothed probability takes to get halfway to a new value.

    Parameters
    ----------
    answer : float
        The seconds.
    time_constant : float
        The time constant of the smoothing, in seconds.
    """
    slips = {
        "After that time, more than half of the way is done.": time_constant,
        "The way is not covered at a constant speed: it is fastest at the start.": (
            time_constant / 2
        ),
        "That is the decimal logarithm. Which one belongs to exp?": time_constant * np.log10(2),
        "Time does not run backward: check the sign.": -time_constant * np.log(2),
    }
    reason = "Smoothing makes the label steady, and this much later."
    return judge(answer, time_constant * np.log(2), reason, slips)


def check_corruption(answer: object, table: pd.DataFrame, strength: int) -> Verdict:
    """Check which corruption costs the most accuracy.

    Parameters
    ----------
    answer : str
        Name of the corruption.
    table : DataFrame
        Accuracies; one row per corruption, one column per strength.
    strength : int
        The strength to compare at.
    """
    if not isinstance(answer, str) or answer not in table.index:
        return not_yet(f"Expected one of {', '.join(table.index)}.")
    accuracies = table[strength]
    if accuracies[answer] == accuracies.min():
        return right(f"At strength {strength}, {answer} leaves {accuracies.min():.1%}.")
    if accuracies[answer] == accuracies.max():
        return not_yet("That one costs the least.")
    return not_yet(f"At strength {strength}, another corruption leaves a lower accuracy.")


def check_evidence(answer: object, evidence: NDArray[np.floating]) -> Verdict:
    """Check the share of the evidence for an emotion that is in the lower half of the face.

    Parameters
    ----------
    answer : float
        The share, 0 to 1.
    evidence : ndarray of float, shape (48, 48)
        A map of `fer_utils.explain`: positive values are evidence for the emotion.
    """
    half, positive = len(evidence) // 2, np.maximum(evidence, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = positive[half:].sum() / positive.sum()
        net = evidence[half:].sum() / evidence.sum()
        left = positive[:, half:].sum() / positive.sum()
    slips = {
        "That is the upper half: row 0 is at the top.": 1 - share,
        "Evidence against the emotion does not cancel evidence for it.": net,
        "That is the right half: the first index counts the rows.": left,
        "That is the share of pixels, however strong they are.": (evidence[half:] > 0).mean(),
    }
    reason = "A large share means that the mouth matters more than the eyes and brows."
    return judge(answer, share, reason, slips)


def check_rise(answer: object, accuracy: float, left_out: float) -> Verdict:
    """Check the accuracy after some errors are left out.

    Parameters
    ----------
    answer : float
        The accuracy, 0 to 1.
    accuracy : float
        The accuracy on all faces, 0 to 1.
    left_out : float
        Share of the faces that are left out, all of them errors, 0 to 1.
    """
    slips = {
        "Nothing was right about the faces that are left out, so the share of right ones rises.": (
            accuracy
        ),
        "The right ones do not become more: their number is divided by a smaller one.": (
            accuracy + left_out
        ),
        "That would be so if only right ones were left out, and still counted as faces.": (
            accuracy - left_out
        ),
        "Divide by the share that remains, rather than multiplying.": accuracy * (1 - left_out),
    }
    reason = "The model did not get better: its errors were taken off the list."
    return judge(answer, accuracy / (1 - left_out), reason, slips)
