"""Turn faces into the rows of a table, one row per frame and face."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Observation, RecognizedFace, TrackedFace

if TYPE_CHECKING:
    import pandas as pd

# The columns of a single picture.
FACE_COLUMNS = ("face", "x", "y", "width", "height", "score", *EMOTIONS, "emotion")
# The columns of a video or camera.
COLUMNS = ("frame", "time", *FACE_COLUMNS)
# The columns of several pictures and videos; a picture has no frame and no time.
FILE_COLUMNS = ("file", *COLUMNS)

Row = dict[str, float | int | str | None]

# A frame without a face has a row too, so that no frame is missing from the table.
NO_FACE: Row = dict.fromkeys(FACE_COLUMNS)

_TYPES = dict.fromkeys(FILE_COLUMNS, "float64")
_TYPES |= {"file": "string", "frame": "Int64", "face": "Int64", "emotion": "string"}


def face_row(face: RecognizedFace, number: int) -> Row:
    """Return one face by `FACE_COLUMNS`: box in pixels, score and probabilities from 0 to 1."""
    box = dict(zip(("x", "y", "width", "height"), map(float, face.box), strict=True))
    probabilities = dict(zip(EMOTIONS, face.probabilities.tolist(), strict=True))
    score = float(face.score)
    return {"face": number, **box, "score": score, **probabilities, "emotion": face.emotion}


def frame_rows(observation: Observation) -> list[Row]:
    """Return the faces of a frame or picture by `COLUMNS`; one row without values if it has none.

    The faces of a single picture are counted from 1; its rows have no frame and no time.
    """
    start: Row = {"frame": observation.number, "time": observation.time}
    return [start | row for row in _face_rows(observation.faces) or [NO_FACE]]


def to_table(faces: Sequence[RecognizedFace]) -> "pd.DataFrame":
    """Return the faces of one picture as a table.

    Parameters
    ----------
    faces : sequence of RecognizedFace
        Output of `Recognizer.recognize` or `Tracker.update`.

    Returns
    -------
    DataFrame
        One row per face with the columns `FACE_COLUMNS`. Faces that are not tracked are counted
        from 1.
    """
    return as_table(_face_rows(faces), FACE_COLUMNS)


def as_table(rows: Iterable[Row], columns: Sequence[str] = COLUMNS) -> "pd.DataFrame":
    """Return rows as a table whose dtypes do not depend on the values.

    Parameters
    ----------
    rows : iterable of dict
        Output of `face_row` or `frame_rows`, with a ``file`` if there are several.
    columns : sequence of str
        Any of `FILE_COLUMNS`, in this order.

    Returns
    -------
    DataFrame
        Frame and face numbers are ``Int64``, file and emotion are ``string``, all others are
        ``float64``. Values are missing where there is no face.
    """
    import pandas as pd

    table = pd.DataFrame.from_records(list(rows), columns=list(columns))
    return table.astype({name: _TYPES[name] for name in columns})


def read_face_table(path: str | Path) -> "pd.DataFrame":
    """Read a CSV table of `process_video` or ``fer-utils predict``, with dtypes as `as_table`."""
    import pandas as pd

    return pd.read_csv(path, dtype=_TYPES, encoding="utf-8")


def _face_rows(faces: Sequence[RecognizedFace]) -> list[Row]:
    return [
        face_row(face, face.number if isinstance(face, TrackedFace) else place)
        for place, face in enumerate(faces, start=1)
    ]
