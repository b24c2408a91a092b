"""The notebooks of the studies run, on a tiny study and on stored results."""

from pathlib import Path

import nbformat
import papermill

from fer_utils.paths import NOTEBOOKS
from fer_utils.studies.study_results import collect

STUDIES = NOTEBOOKS / "studies"


def printed(notebook: nbformat.NotebookNode) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def execute(name: str, folder: Path, **parameters: object) -> str:
    path = STUDIES / f"{name}.ipynb"
    done = papermill.execute_notebook(
        path, folder / path.name, parameters, kernel_name="python3", progress_bar=False
    )
    return printed(done)


def test_balancing_runs_a_tiny_study_and_then_shows_it_stored(tmp_path: Path) -> None:
    missing, study = tmp_path / "balancing.json", tmp_path / "study"
    text = execute(
        "balancing",
        tmp_path,
        results_path=str(missing),
        study_path=str(study),
        drawn_faces=300,
        updates=2,
        methods=["none", "class_weight"],
    )
    assert "measured on synthetic" in text
    assert "2 updates of 96 faces, 2 epochs" in text
    stored = collect(study).save(tmp_path)
    assert stored == missing
    text = execute(
        "balancing", tmp_path, results_path=str(stored), study_path=str(tmp_path / "none")
    )
    assert "2 updates of 96 faces, 2 epochs" in text
    assert not (tmp_path / "none").exists()


def test_reproduce_runs_a_tiny_study(tmp_path: Path) -> None:
    text = execute(
        "reproduce_published_results",
        tmp_path,
        results_path=str(tmp_path / "reproduce.json"),
        study_path=str(tmp_path / "study"),
        drawn_faces=300,
        copied_faces=20,
        epochs=1,
        updates=2,
    )
    assert "a tiny study on 320 faces" in text
    assert "6 runs, " in text
    counted = collect(tmp_path / "study").methods["with_copies"]["runs"][0]["leaks"]
    assert counted["PrivateTest-copies"]["copies"] == counted["PrivateTest-copies"]["faces"] > 0
