"""Define ``fer-utils export``."""

from pathlib import Path

from fer_utils.cli.options import find_model
from fer_utils.data.audit import clean
from fer_utils.data.provenance import OnError
from fer_utils.data.sources import load_faces
from fer_utils.model.saving import add_exports
from fer_utils.paths import display_path


def export_command(
    model: Path, /, *, source: str | None = None, on_error: OnError = "raise"
) -> None:
    """Add the LiteRT exports to a model that was trained without TensorFlow.

    For example:

        fer-utils export models/my_model
        fer-utils export models/my_model --source data/raw/fer2013.zip

    Parameters
    ----------
    model : Path
        Model folder.
    source : str, optional
        The data it was trained on, needed for the 8-bit export.
    on_error : {"raise", "skip"}
        Stop at a bad row or file, or leave it out and report it.
    """
    faces = None if source is None else clean(load_faces(source, on_error=on_error))
    print(f"exported: {display_path(add_exports(find_model(model), faces).path)}")
