"""Evaluate a model on any faces with notebooks 04 and 07, and write a report."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fer_utils.data.audit import clean
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.provenance import OnError
from fer_utils.data.sources import has_own_split, load_faces, with_note
from fer_utils.evaluation.evaluation import held_out
from fer_utils.model.model_folder import QUANTIZED, ModelFolder, open_model
from fer_utils.paths import NOTEBOOKS, find_path
from fer_utils.runs.notebook import (
    copy_without,
    execute_notebook,
    parameter_names,
    write_report,
)
from fer_utils.vision.alignment import crop_found_faces
from fer_utils.vision.detector import find_detector

# What scores a model, and what looks for the reasons.
_PARTS = (NOTEBOOKS / "04_evaluate.ipynb", NOTEBOOKS / "studies" / "07_explain.ipynb")
# Tag of the cells that look inside the Keras network or update the model folder.
_NEEDS_KERAS = "keras"
# Tags of the cells that want an answer from the reader, which a report has no use for.
_INTERACTIVE = {"exercise", "game"}


@dataclass(frozen=True)
class EvaluationReport:
    """The files of an evaluation.

    Attributes
    ----------
    folder : Path
        Folder with ``report.html``, the executed notebooks, ``metrics.json``, and the tables.
    model : ModelFolder
        The evaluated model.
    faces : Faces
        The faces it was evaluated on.
    """

    folder: Path
    model: ModelFolder
    faces: Faces

    @property
    def page(self) -> Path:
        """HTML report."""
        return self.folder / "report.html"

    @property
    def metrics(self) -> Path:
        """Scores; see `fer_utils.model.metrics.load_metrics`."""
        return self.folder / "metrics.json"

    @property
    def updates_model(self) -> bool:
        """Whether the model's own metrics and card are updated, too."""
        return self.model.has_network and self.model.was_chosen_on(self.faces)


def evaluate_model(
    path: str | Path,
    source: str,
    folder: Path,
    *,
    on_error: OnError = "raise",
    find_faces: bool = False,
    show_faces: bool = False,
) -> EvaluationReport:
    """Evaluate a model folder and write a report.

    The model's own metrics and card are updated only if it was chosen on these faces. A folder
    without its Keras network, as in an installed package, is not updated, and the report has no
    Grad-CAM.

    Parameters
    ----------
    path : str or Path
        Model folder.
    source : str
        What to load; see `fer_utils.load_faces`. It need not contain every emotion.
    folder : Path
        Report folder; created if missing.
    on_error : {"raise", "skip"}
        Whether to stop at a bad row or file, or to leave it out.
    find_faces : bool
        Whether the source contains whole photographs, so that faces must be found first.
    show_faces : bool
        Whether the report may show faces of real people.

    Returns
    -------
    EvaluationReport
        The written files.

    Raises
    ------
    DataError
        If the source cannot be used, or all of its faces are in Training.
    PipelineError
        If a notebook fails.
    """
    model = open_model(path)
    loaded = load_faces(
        source, on_error=on_error, require_all_classes=False, require_all_splits=False
    )
    if find_faces:
        pictures = find_path(source)
        if pictures is None:
            raise DataError(
                f"expected a folder or zip of pictures to find faces in, got {source!r}"
            )
        loaded = crop_found_faces(loaded, pictures, find_detector())
    faces = clean(keep_out(loaded, model))
    if not model.has_network:
        export = "8-bit" if model.scored_export == QUANTIZED else "float32"
        faces = with_note(
            faces, f"{model.path.name} has no Keras network here: its {export} export is evaluated"
        )
    held_out(faces)  # fails early if all faces are in Training
    report = EvaluationReport(folder.resolve(), model, faces)
    report.folder.mkdir(parents=True, exist_ok=True)
    executed = _execute_parts(report, show_faces=show_faces)
    write_report(executed, report.page, title=f"{model.path.name} on {faces.provenance.source}")
    return report


def _execute_parts(report: EvaluationReport, *, show_faces: bool) -> list[Path]:
    """Execute the notebooks of a report, and return their executed copies."""
    tags = _INTERACTIVE if report.model.has_network else _INTERACTIVE | {_NEEDS_KERAS}
    executed = []
    # The faces do not stay in the report, which may be passed on.
    with TemporaryDirectory() as temporary:
        faces_path = Path(temporary) / "faces.npz"
        report.faces.save(faces_path)
        parameters = {
            "faces_path": str(faces_path),
            "model_path": str(report.model.path.resolve()),
            "evaluation_path": str(report.folder),
            "show_faces": show_faces,
        }
        for part in _PARTS:
            notebook = copy_without(tags, part, Path(temporary))
            known = parameters.keys() & parameter_names(notebook)
            given = {name: parameters[name] for name in known}
            executed.append(report.folder / part.name)
            execute_notebook(notebook, executed[-1], given, remedy="Run the same command again.")
    return executed


def keep_out(faces: Faces, model: ModelFolder) -> Faces:
    """Move all faces to PublicTest if the model cannot have learned from any of them.

    Class folders are split at random when they are loaded, which would leave only a few faces to
    evaluate.

    Parameters
    ----------
    faces : Faces
        Output of `fer_utils.load_faces`.
    model : ModelFolder
        The model to evaluate.

    Returns
    -------
    Faces
        Unchanged if the source has its own split, or if the model learned from it.
    """
    learned_from = set(model.card["data"]["source"].split(" + "))
    if has_own_split(faces) or learned_from & set(faces.provenance.source.split(" + ")):
        return faces
    # Notes about the random split no longer apply.
    notes = tuple(text for text in faces.provenance.notes if "split" not in text)
    faces = replace(
        faces,
        splits=np.full(len(faces), "PublicTest"),
        provenance=replace(faces.provenance, notes=notes),
    )
    note = f"{model.path.name} was trained on none of these faces: all count as PublicTest"
    return with_note(faces, note)
