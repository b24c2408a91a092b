"""Hold the recognized faces of one picture and show them."""

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer_utils.vision.annotation import annotate, describe_face
from fer_utils.vision.face_table import to_table
from fer_utils.vision.observation import RecognizedFace

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_SIDE_SHOWN = 480
_SHOWN_COLUMNS = ("face", "emotion", "probability", "x", "y", "width", "height")


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
        small, jpeg = Image.fromarray(self.annotated()), io.BytesIO()
        small.thumbnail((_LONGEST_SIDE_SHOWN, _LONGEST_SIDE_SHOWN))
        small.save(jpeg, "jpeg", quality=95)
        data = base64.b64encode(jpeg.getvalue()).decode("ascii")
        alt = html.escape(self._summary())
        image = f'<img src="data:image/jpeg;base64,{data}" alt="{alt}">'
        return f"{image}\n{self._compact_table()}" if self._faces else f"{image}\n<p>{alt}</p>"

    def to_table(self) -> "pd.DataFrame":
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

    def _compact_table(self) -> str:
        lines = ["".join(f"<th>{name}</th>" for name in _SHOWN_COLUMNS)]
        for number, face in enumerate(self, start=1):
            values = (number, face.emotion, f"{face.probability:.0%}", *map(round, face.box))
            lines.append("".join(f"<td>{value}</td>" for value in values))
        rows = "\n".join(f"<tr>{line}</tr>" for line in lines)
        return f'<table border="1" class="dataframe">\n{rows}\n</table>'
