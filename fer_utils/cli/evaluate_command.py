"""Define ``fer-utils evaluate``."""

from pathlib import Path

from fer_utils.cli.options import ANY_SOURCE, FaceSource, find_model
from fer_utils.evaluation.evaluation import summary_table
from fer_utils.model.metrics import load_metrics, votes_note
from fer_utils.paths import display_path, printable
from fer_utils.runs.evaluation_report import evaluate_model
from fer_utils.runs.pipeline import new_run_folder


def evaluate_command(
    model: Path,
    /,
    *,
    faces: FaceSource = ANY_SOURCE,
    output: Path | None = None,
    find_faces: bool = False,
    show_faces: bool = False,
) -> None:
    """Score a model on faces it was not trained on, and write a report.

    For example:

        fer-utils evaluate models/my_model --source data/raw/fer2013.zip
        fer-utils evaluate models/fer2013 --source my_pictures --find-faces
        fer-utils evaluate models/fer2013 --source data/raw/CK+48

    Parameters
    ----------
    model : Path
        Model folder.
    faces : FaceSource
        What to score it on.
    output : Path, optional
        Report folder. [default: runs/TIME]
    find_faces : bool
        The pictures are whole photographs: first find the largest face in each.
    show_faces : bool
        Let the report show faces of real people.
    """
    report = evaluate_model(
        find_model(model),
        faces.source,
        output or new_run_folder(),
        on_error=faces.on_error,
        find_faces=find_faces,
        show_faces=show_faces,
    )
    print(
        f"\n{report.faces.provenance.describe()}\n"
        f"\n{format_scores(report.metrics)}\n"
        f"\nReport        {display_path(report.page)}"
        f"\nMetrics       {display_path(report.metrics)}"
    )
    if report.updates_model:
        print(f"Model card    {display_path(report.model.path / 'MODEL_CARD.md')}")
    else:
        chosen_on = printable(report.model.card["data"]["source"])
        print(f"The model keeps its own scores, which are on {chosen_on}.")


def format_scores(path: Path) -> str:
    """Return a table of the scores in a ``metrics.json``, with notes about its rows."""
    metrics = load_metrics(path)
    note = "Intervals are bootstrap 95%. PrivateTest-clean leaves out copies of Training images.\n"
    return f"{summary_table(metrics).to_string()}\n{note}{votes_note(metrics)}".rstrip()
