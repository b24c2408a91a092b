"""What a table of a video's faces says about the whole video."""

from itertools import pairwise

import pandas as pd

from fer_utils.emotions import SHOWN_EMOTIONS


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return for how much of its time each face shows each emotion.

    A frame counts for the time until the next one, the last frame as long as usual.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, such as `process_video` writes.

    Returns
    -------
    DataFrame
        One row for each face, by its number; the emotions and "uncertain" as columns. Rows sum
        to 1.

    Examples
    --------
    >>> shares(pd.read_csv("faces.csv")).loc[1, "happy"]  # doctest: +SKIP
    0.62
    """
    seen = _seen(table)
    lengths = seen["frame"].map(frame_lengths(table))
    counted = pd.crosstab(seen["face"], seen["emotion"], lengths, aggfunc="sum", normalize="index")
    counted.columns.name = None
    return counted.reindex(columns=list(SHOWN_EMOTIONS), fill_value=0.0).fillna(0.0)


def transitions(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often a face went from one emotion to another.

    Parameters
    ----------
    table : DataFrame
        With the columns `fer_utils.vision.face_table.COLUMNS`, such as `process_video` writes.

    Returns
    -------
    DataFrame of int
        Row by row from one emotion, column by column to the next, "uncertain" among them, all
        faces together. Frames where a face is not seen are passed over. The diagonal is 0.
    """
    counts = pd.DataFrame(0, index=list(SHOWN_EMOTIONS), columns=list(SHOWN_EMOTIONS))
    for _, emotions in _seen(table).groupby("face")["emotion"]:
        for before, after in pairwise(emotions):
            if before != after:
                counts.loc[before, after] += 1
    return counts.rename_axis(index="from", columns="to")


def _seen(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a face, in the order of time."""
    return table.dropna(subset="face").astype({"face": int, "emotion": str}).sort_values("frame")


def frame_lengths(table: pd.DataFrame) -> pd.Series:
    """Return for how many seconds each frame is shown."""
    times = table.drop_duplicates("frame").set_index("frame")["time"].sort_index()
    lengths = -times.diff(-1)
    return lengths.fillna(lengths.median() if len(times) > 1 else 1.0)
