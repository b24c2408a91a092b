"""Measure how long faces show each emotion, and how often they change."""

from itertools import pairwise

import pandas as pd

from fer_utils.emotions import SHOWN_EMOTIONS


def emotion_seconds(table: pd.DataFrame) -> pd.DataFrame:
    """Return for how many seconds each face shows each emotion.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, as `process_video` writes it.

    Returns
    -------
    DataFrame
        One row per face, indexed by its number; the emotions and "uncertain" as columns. Its
        ``sum()`` is the time of each emotion over all faces.

    Examples
    --------
    >>> emotion_seconds(pd.read_csv("faces.csv")).loc[1, "happy"]  # doctest: +SKIP
    12.4
    """
    faces = _with_faces(table)
    lengths = faces["frame"].map(frame_lengths(table))
    seconds = pd.crosstab(faces["face"], faces["emotion"], lengths, aggfunc="sum")
    seconds.columns.name = None
    return seconds.reindex(columns=list(SHOWN_EMOTIONS)).astype(float).fillna(0.0)


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return for what share of its time each face shows each emotion.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, as `process_video` writes it.

    Returns
    -------
    DataFrame
        One row per face, indexed by its number; the emotions and "uncertain" as columns. Rows sum
        to 1.

    Examples
    --------
    >>> shares(pd.read_csv("faces.csv")).loc[1, "happy"]  # doctest: +SKIP
    0.62
    """
    seconds = emotion_seconds(table)
    return seconds.div(seconds.sum(axis="columns"), axis="index")


def transitions(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often faces change from one emotion to another.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, as `process_video` writes it.

    Returns
    -------
    DataFrame of int
        Changes from the emotion of the row to that of the column, "uncertain" included, of all
        faces together. Frames without the face are skipped. The diagonal is 0.
    """
    counts = pd.DataFrame(0, index=list(SHOWN_EMOTIONS), columns=list(SHOWN_EMOTIONS))
    for _, emotions in _with_faces(table).groupby("face")["emotion"]:
        for before, after in pairwise(emotions):
            if before != after:
                counts.loc[before, after] += 1
    return counts.rename_axis(index="from", columns="to")


def frame_lengths(table: pd.DataFrame) -> pd.Series:
    """Return for how many seconds each frame is shown: until the next one.

    The last frame counts as the median of the others, or 1 second if it is alone.
    """
    times = table.drop_duplicates("frame").set_index("frame")["time"].sort_index()
    lengths = -times.diff(-1)
    return lengths.fillna(lengths.median() if len(times) > 1 else 1.0)


def _with_faces(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a face, sorted by time."""
    return table.dropna(subset="face").astype({"face": int, "emotion": str}).sort_values("frame")
