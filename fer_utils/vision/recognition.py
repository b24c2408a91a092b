"""Hold the recognized faces of one picture and show them."""

import base64
import html
from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.vision.annotation import annotate, describe_face
from fer_utils.vision.face_table import to_table
from fer_utils.vision.observation import RecognizedFace

_LONGEST_SIDE_SHOWN = 480


class Recognition(Sequence[RecognizedFace]):
    """The recognized faces of one picture, largest first.

    It behaves like a list of faces; a slice is a `Recognition` of fewer faces. A notebook shows
    it as an annotated picture with a table.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
        RGB, 0 to 255.
    faces : sequence of RecognizedFace
        In pixels of this picture.

    Attributes
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
        As given.
    """

    def __init__(self, picture: NDArray[np.uint8], faces: Sequence[RecognizedFace]) -> None:
        self.picture = picture
        self._faces = tuple(faces)

    def __len__(self) -> int:
        return len(self._faces)

    @overload
    def __getitem__(self, index: int) -> RecognizedFace: ...
    @overload
    def __getitem__(self, index: slice) -> "Recognition": ...
    def __getitem__(self, index: int | slice) -> "RecognizedFace | Recognition":
        if isinstance(index, slice):
            return Recognition(self.picture, self._faces[index])
        return self._faces[index]

    def __repr__(self) -> str:
        return f"<Recognition: {self._summary()}>"

    def _repr_html_(self) -> str:
        small = cv2.imencode(".jpg", cv2.cvtColor(self._small(), cv2.COLOR_RGB2BGR))[1]
        data = base64.b64encode(small.tobytes()).decode("ascii")
        alt = html.escape(self._summary())
        image = f'<img src="data:image/jpeg;base64,{data}" alt="{alt}">'
        return f"{image}\n{self._compact_table()}" if self._faces else f"{image}\n<p>{alt}</p>"

    def to_table(self) -> pd.DataFrame:
        """Return the faces as a table.

        Returns
        -------
        DataFrame
            One row per face, numbered from 1, with the columns
            `fer_utils.vision.face_table.FACE_COLUMNS`.
        """
        return to_table(self)

    def annotated(self) -> NDArray[np.uint8]:
        """Return a copy of the picture, RGB, with a box and a label around each face."""
        return annotate(self.picture, self)

    def _summary(self) -> str:
        count = len(self)
        if not count:
            return "No face found"
        faces = ", ".join(map(describe_face, self))
        return f"{count} {'face' if count == 1 else 'faces'}: {faces}"

    def _small(self) -> NDArray[np.uint8]:
        """Return the annotated picture, shrunk for display."""
        drawn = self.annotated()
        scale = _LONGEST_SIDE_SHOWN / max(drawn.shape[:2])
        if scale >= 1:
            return drawn
        width, height = (max(1, round(side * scale)) for side in drawn.shape[1::-1])
        small = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
        return small.astype(np.uint8, copy=False)

    def _compact_table(self) -> str:
        rows = [
            (number, face.emotion, f"{face.probability:.0%}", *map(round, face.box))
            for number, face in enumerate(self, start=1)
        ]
        columns = ["face", "emotion", "probability", "x", "y", "width", "height"]
        return pd.DataFrame(rows, columns=columns).to_html(index=False)
