"""Faces as rows of a table: one row for each frame and face."""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace

# Of a single picture.
FACE_COLUMNS = ("face", "x", "y", "width", "height", "score", *EMOTIONS, "emotion")
# Of a clip or a camera.
COLUMNS = ("frame", "time", *FACE_COLUMNS)

Row = dict[str, float | int | str | None]

# A frame without a face has a row too, so that nothing shifts in time.
NO_FACE: Row = dict.fromkeys(FACE_COLUMNS, math.nan) | {"face": None, "emotion": None}


def face_row(face: RecognizedFace, number: int) -> Row:
    """Return one face by `FACE_COLUMNS`: box in pixels, score and probabilities 0 to 1."""
    box = dict(zip(("x", "y", "width", "height"), map(float, face.box), strict=True))
    probabilities = dict(zip(EMOTIONS, face.probabilities.tolist(), strict=True))
    score = float(face.score)
    return {"face": number, **box, "score": score, **probabilities, "emotion": face.emotion}


def frame_rows(seen: Observation) -> list[Row]:
    """Return the faces of one frame by `COLUMNS`; one row without values where there is none."""
    start: Row = {"frame": seen.number, "time": seen.time}
    rows = [face_row(face, face.number) for face in seen.faces] or [NO_FACE]
    return [start | row for row in rows]


def to_frame(faces: Sequence[RecognizedFace]) -> pd.DataFrame:
    """Return the faces of one picture as a table.

    Parameters
    ----------
    faces : sequence of RecognizedFace
        As a recognizer or a tracker gives them.

    Returns
    -------
    DataFrame
        One row for each face with the columns `FACE_COLUMNS`. Faces that are not tracked are
        counted from 1.
    """
    return as_table(
        (
            face_row(face, face.number if isinstance(face, TrackedFace) else place)
            for place, face in enumerate(faces, start=1)
        ),
        FACE_COLUMNS,
    )


def as_table(rows: Iterable[Row], columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Return rows as a table whose types do not depend on what was found.

    Parameters
    ----------
    rows : iterable of dict
        As `face_row` and `frame_rows` give them.
    columns : sequence of str
        In this order.

    Returns
    -------
    DataFrame
        Face numbers are ``Int64``, emotions text; both are missing where there is no face.
    """
    table = pd.DataFrame.from_records(list(rows), columns=list(columns))
    types = {"face": "Int64", "emotion": "string"} | dict.fromkeys(
        ("x", "y", "width", "height", "score", *EMOTIONS), "float64"
    )
    return table.astype({name: kind for name, kind in types.items() if name in table.columns})
