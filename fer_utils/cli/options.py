"""Define options that several commands share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter
from cyclopts.validators import mutually_exclusive

from fer_utils.data.faces import Faces
from fer_utils.data.provenance import OnError
from fer_utils.data.sources import load_faces
from fer_utils.paths import find_path

_WORKERS = Group("Workers (one of them)", validator=mutually_exclusive, sort_key=1)
Workers = Annotated[int | None, Parameter(group=_WORKERS)]
Scheduler = Annotated[str | None, Parameter(group=_WORKERS, metavar="tcp://HOST:PORT")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class FaceSource:
    """The options ``--source`` and ``--on-error``.

    Attributes
    ----------
    source : str
        Where the faces come from: auto, synthetic, kaggle, fer2013, ckplus, a .csv, .zip, or
        folder, or several joined by " + ".
    on_error : {"raise", "skip"}
        Stop at a bad row or file, or leave it out and report it.
    """

    source: str = "auto"
    on_error: OnError = "raise"

    def load(self) -> Faces:
        """Load the faces."""
        return load_faces(self.source, on_error=self.on_error)


ANY_SOURCE = FaceSource()


def find_model(path: Path) -> Path:
    """Return a model folder that is here, in the project, or in the installed package."""
    return find_path(path) or path
