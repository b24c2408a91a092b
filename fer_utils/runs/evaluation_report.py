"""Evaluate a model on any faces: the figures, and notebook 04 as a report."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from fer_utils.data.audit import audit, clean
from fer_utils.data.bad_items import OnError
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.sources import find_path, has_own_split, load_faces
from fer_utils.runs.notebook import execute_notebook
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.model.metrics import held_out
from fer_utils.paths import NOTEBOOKS
from fer_utils.runs.report import write_report

NOTEBOOK = NOTEBOOKS / "04_evaluate.ipynb"


@dataclass(frozen=True)
class EvaluationReport:
    """What an evaluation wrote.

    Attributes
    ----------
    folder : Path
        Where it lies: ``report.html``, the executed notebook, ``metrics.json`` and the tables.
    model : ModelFolder
        The model.
    faces : Faces
        The faces it was evaluated on.
    """

    folder: Path
    model: ModelFolder
    faces: Faces

    @property
    def page(self) -> Path:
        """The HTML report."""
        return self.folder / "report.html"

    @property
    def metrics(self) -> Path:
        """The scores."""
        return self.folder / "metrics.json"


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

    The model's own metrics and card are brought up to date only if the faces are those it was
    chosen on.

    Parameters
    ----------
    path : str or Path
        The model folder.
    source : str
        What `fer_utils.data.sources.load_faces` takes. Some of the emotions are enough.
    folder : Path
        Where the report goes; made if missing.
    on_error : {"raise", "skip"}
        Whether a bad row or file stops the reading or is left out.
    find_faces : bool
        Whether the source holds whole photographs, in which the faces must be found first.
    show_faces : bool
        Whether the report may show faces of real people.

    Returns
    -------
    EvaluationReport
        What was written.

    Raises
    ------
    DataError
        If the source cannot be used, or all of its faces are in Training.
    PipelineError
        If the notebook fails.
    """
    model = open_model(path)
    loaded = load_faces(
        source, on_error=on_error, require_all_classes=False, require_all_splits=False
    )
    if find_faces:
        loaded = _faces_in_pictures(loaded, source)
    kept_out = keep_out(loaded, model)
    faces = clean(kept_out, audit(kept_out))
    held_out(faces)  # Refuses faces that are all in Training, before anything is written.
    report = EvaluationReport(folder.resolve(), model, faces)
    report.folder.mkdir(parents=True, exist_ok=True)
    executed = report.folder / NOTEBOOK.name
    # The faces are not left behind: a report is easily passed on.
    with TemporaryDirectory() as temporary:
        faces_path = Path(temporary) / "faces.npz"
        faces.save(faces_path)
        parameters = {
            "faces_path": str(faces_path),
            "model_path": str(model.path.resolve()),
            "evaluation_path": str(report.folder),
            "show_faces": show_faces,
        }
        execute_notebook(NOTEBOOK, executed, parameters, remedy="Give the same command again.")
    write_report([executed], report.page, title=f"{model.path.name} on {faces.provenance.source}")
    return report


def keep_out(faces: Faces, model: ModelFolder) -> Faces:
    """Return faces that a model cannot have learned from all as PublicTest.

    A source such as a folder of one's own pictures is split by chance when it is loaded, which
    would waste most of it here.

    Parameters
    ----------
    faces : Faces
        As loaded.
    model : ModelFolder
        The model that is to be evaluated.

    Returns
    -------
    Faces
        The same ones if the source has a split of its own, or if the model learned from it.
    """
    learned_from = model.card["data"]["source"].split(" + ")
    sources = faces.provenance.source.split(" + ")
    if has_own_split(faces) or set(sources) & set(learned_from):
        return faces
    note = f"{model.path.name} learned from none of these faces: all of them count as PublicTest"
    # What was said of the split by chance no longer holds.
    others = tuple(text for text in faces.provenance.notes if "split" not in text)
    provenance = replace(faces.provenance, notes=(note, *others))
    splits = faces.splits.copy()
    splits[:] = "PublicTest"
    return replace(faces, splits=splits, provenance=provenance)


def _faces_in_pictures(faces: Faces, source: str) -> Faces:
    # Finding faces loads networks of its own, which most evaluations do without.
    from fer_utils.vision.found_faces import crop_found_faces
    from fer_utils.vision.detector import find_detector

    path = find_path(source)
    if path is None:
        raise DataError(f"expected a folder or zip of pictures to find faces in, got {source!r}")
    return crop_found_faces(faces, path, find_detector())
