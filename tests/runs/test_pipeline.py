import json
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import papermill
import pytest
from servers import write_notebook

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import Faces
from fer_utils.model.model_folder import open_model
from fer_utils.model.recipes import Target
from fer_utils.runs import pipeline
from fer_utils.runs.pipeline import NotebookRun, PipelineError, RunSettings, promote, run_notebooks


def outputs_of(notebook: Path) -> str:
    cells = nbformat.read(notebook, as_version=4).cells
    return "".join(json.dumps(cell.get("outputs", [])) for cell in cells)


def test_a_run_leaves_every_file_that_the_summary_names(finished_run: NotebookRun) -> None:
    assert sorted(path.name for path in finished_run.folder.iterdir()) == [
        "01_load_data.ipynb",
        "02_balance_smote.ipynb",
        "03_train_cnn.ipynb",
        "04_evaluate.ipynb",
        "05_images_and_video.ipynb",
        "06_live_webcam.ipynb",
        "07_explain.ipynb",
        "balanced.npz",
        "evaluation",
        "faces.npz",
        "model",
        "report.html",
        "run.json",
        "video",
    ]
    assert sorted(path.name for path in (finished_run.folder / "evaluation").iterdir()) == [
        "comparison.csv",
        "doubtful_labels.csv",
        "metrics.json",
        "robustness.csv",
    ]
    assert sorted(path.name for path in (finished_run.folder / "video").iterdir()) == [
        "annotated.mp4",
        "there_and_back.avi",
        "timeline.csv",
    ]
    files = {path.name for path in finished_run.model.iterdir()}
    assert sorted(files - {"model_int8.tflite"}) == [
        "MODEL_CARD.md",
        "card.json",
        "history.csv",
        "metrics.json",
        "model.keras",
        "model.tflite",
    ]


def test_only_the_training_split_is_balanced(finished_run: NotebookRun) -> None:
    faces = Faces.load(finished_run.folder / "faces.npz")
    balanced = Faces.load(finished_run.folder / "balanced.npz")
    assert np.array_equal(balanced.images[: len(faces)], faces.images)
    assert len(set(np.bincount(balanced.of_split("Training").labels))) == 1
    for split in ("PublicTest", "PrivateTest"):
        assert balanced.of_split(split).fingerprint() == faces.of_split(split).fingerprint()


def test_the_metrics_cover_the_evaluation_splits(finished_run: NotebookRun) -> None:
    faces = Faces.load(finished_run.folder / "faces.npz")
    metrics = open_model(finished_run.model).metrics()
    assert list(metrics) == ["PublicTest", "PrivateTest", "PrivateTest-clean"]
    assert metrics["PrivateTest"].count == len(faces.of_split("PrivateTest"))
    # Better than always answering "happy", which a quarter of the faces are.
    assert metrics["PublicTest"].accuracy.value > 0.3


def test_faces_that_may_be_people_stay_hidden(finished_run: NotebookRun) -> None:
    for name in ("01_load_data", "03_train_cnn", "07_explain"):
        assert "faces of real people" in outputs_of(finished_run.folder / f"{name}.ipynb")


def test_the_report_holds_all_notebooks_and_no_noise(finished_run: NotebookRun) -> None:
    page = finished_run.report.read_text(encoding="utf-8")
    for heading in ("1. Load the faces", "2. Balance", "3. Train", "4. Scores", "7. Why does"):
        assert heading in page
    assert page.count("replace the dots (...) and run the cell again.") == 18
    for noise in ("update/s", "oneDNN", "Assets written"):
        assert noise not in page


def test_a_run_continues_from_a_later_notebook(finished_run: NotebookRun, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished_run.folder, folder)
    for name in ("01_load_data.ipynb", "05_images_and_video.ipynb", "06_live_webcam.ipynb"):
        (folder / name).unlink()
    up_to_06 = pipeline.notebooks_in_order()[:6]
    run_notebooks(folder, pipeline.load_settings(folder), start="05", notebooks=up_to_06)
    assert not (folder / "01_load_data.ipynb").exists()
    for name in ("05_images_and_video.ipynb", "06_live_webcam.ipynb"):
        assert (folder / name).is_file()


def small_notebook(path: Path, *cells: str) -> Path:
    notebook = nbformat.read(write_notebook(path, *cells), as_version=4)
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)
    return path


def test_a_failing_cell_is_named_and_the_executed_part_kept(tmp_path: Path) -> None:
    notebook = small_notebook(tmp_path / "01_bad.ipynb", "seed = 0", "print('hello')", "1 / 0")
    run = tmp_path / "run"
    with pytest.raises(PipelineError) as caught:
        run_notebooks(run, RunSettings(), notebooks=[notebook])
    message = str(caught.value)
    assert "01_bad.ipynb failed in cell 3" in message
    assert "1 / 0" in message
    assert "ZeroDivisionError: division by zero" in message
    assert f"fer-utils run --from 01 --output {run}" in message
    assert "hello" in outputs_of(run / "01_bad.ipynb")


def test_ctrl_c_says_how_to_continue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(papermill, "execute_notebook", interrupted)
    notebook = small_notebook(tmp_path / "01_slow.ipynb", "seed = 0")
    with pytest.raises(PipelineError, match=r"01_slow.ipynb was stopped. Continue .* --from 01"):
        run_notebooks(tmp_path / "run", RunSettings(), notebooks=[notebook])


def test_an_unknown_parameter_is_refused_before_anything_runs(tmp_path: Path) -> None:
    notebook = small_notebook(tmp_path / "01_any.ipynb", "seed = 0")
    settings = RunSettings(parameters={"sead": 1})
    with pytest.raises(PipelineError, match="unknown parameter sead: expected one of seed"):
        run_notebooks(tmp_path / "run", settings, notebooks=[notebook])
    assert not (tmp_path / "run").exists()


def test_a_parameter_reaches_the_notebook(tmp_path: Path) -> None:
    notebook = small_notebook(tmp_path / "01_any.ipynb", "k_neighbors = 5", "print(k_neighbors)")
    settings = RunSettings(parameters={"k_neighbors": 42})
    run = run_notebooks(tmp_path / "run", settings, notebooks=[notebook])
    assert "42" in outputs_of(run.folder / "01_any.ipynb")


@pytest.mark.parametrize(
    ("settings", "strategy"),
    [
        (RunSettings(profile="quick"), "smote"),
        (RunSettings(profile="full"), "log_class_weight"),
        (RunSettings(profile="full", strategy="none"), "none"),
        (RunSettings(profile="full", target="votes"), "none"),
        (RunSettings(profile="quick", target="votes"), "smote"),
        (RunSettings(profile="full", target="votes", strategy="random"), "random"),
    ],
)
def test_a_recipe_has_its_own_way_of_balancing(
    settings: RunSettings, strategy: str, tmp_path: Path
) -> None:
    assert NotebookRun(tmp_path).parameters(settings)["strategy"] == strategy


@pytest.mark.parametrize("target", ["labels", "votes"])
def test_what_to_learn_from_reaches_the_notebooks(target: Target, tmp_path: Path) -> None:
    notebook = small_notebook(tmp_path / "02_any.ipynb", 'target = "labels"', "print([target])")
    settings = RunSettings(target=target)
    run = run_notebooks(tmp_path / "run", settings, start="02", notebooks=[notebook])
    assert f"['{target}']" in outputs_of(run.folder / "02_any.ipynb")
    assert pipeline.load_settings(run.folder) == settings


def test_notebooks_2_and_3_ask_what_to_learn_from() -> None:
    asking = [
        path.stem
        for path in pipeline.notebooks_in_order()
        if "target" in pipeline.parameter_names(path)
    ]
    assert asking == ["02_balance_smote", "03_train_cnn"]


def test_a_run_from_before_there_were_votes_continues_with_labels(tmp_path: Path) -> None:
    stored = {"source": "a.zip", "strategy": None, "profile": "full", "seed": 7}
    further = {"show_faces": True, "parameters": {"k_neighbors": 3}}
    (tmp_path / "run.json").write_text(json.dumps(stored | further))
    found = pipeline.load_settings(tmp_path)
    assert found == RunSettings("a.zip", None, "full", 7, True, {"k_neighbors": 3}, "labels")


def test_votes_that_are_missing_stop_a_run_before_the_training(tmp_path: Path) -> None:
    draw_faces(200).save(tmp_path / "run" / "faces.npz")
    with pytest.raises(PipelineError) as caught:
        run_notebooks(tmp_path / "run", RunSettings(target="votes"), start="02")
    assert "02_balance_smote.ipynb failed" in str(caught.value)
    assert "synthetic has no votes: run `fer-utils data --get-votes`" in str(caught.value)
    assert not (tmp_path / "run" / "03_train_cnn.ipynb").exists()


def test_the_live_notebook_replays_a_clip_in_a_run(tmp_path: Path) -> None:
    notebook = small_notebook(tmp_path / "06_live_webcam.ipynb", 'source = "camera"', "source")
    run = run_notebooks(
        tmp_path / "run", RunSettings(source="a.zip"), start="06", notebooks=[notebook]
    )
    assert "'file'" in outputs_of(run.folder / "06_live_webcam.ipynb")


def test_the_kernel_is_this_python_whatever_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["no_such_python"], "display_name": "", "language": ""}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    notebook = small_notebook(tmp_path / "01_any.ipynb", "seed = 0", "import sys; sys.executable")
    run = run_notebooks(tmp_path / "run", RunSettings(), notebooks=[notebook])
    assert sys.executable in outputs_of(run.folder / "01_any.ipynb")


def test_an_unknown_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="'09': expected one of 01, 02, 03, 04, 05, 06, 07"):
        run_notebooks(tmp_path / "run", RunSettings(), start="09")


def test_a_folder_without_a_run_cannot_continue(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="has no run"):
        pipeline.load_settings(tmp_path)


def test_the_latest_run_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "RUNS", tmp_path)
    with pytest.raises(PipelineError, match="no run"):
        pipeline.latest_run_folder()
    for name in ("2026-01-01_10-00-00", "2026-01-02_09-00-00"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    assert pipeline.latest_run_folder().name == "2026-01-02_09-00-00"


@pytest.fixture
def candidate(finished_run: NotebookRun, tmp_path: Path) -> Path:
    return shutil.copytree(finished_run.model, tmp_path / "candidate")


def set_public_accuracy(model: Path, value: float, *, votes: float | None = None) -> None:
    metrics = json.loads((model / "metrics.json").read_text(encoding="utf-8"))
    scores = metrics["sets"]["PublicTest"]
    scores["accuracy"]["value"] = value
    if votes is not None:
        accuracy = scores["accuracy"] | {"value": votes}
        metrics["sets"]["PublicTest, votes"] = scores | {"accuracy": accuracy}
    (model / "metrics.json").write_text(json.dumps(metrics))


def learn_from_votes(model: Path) -> None:
    card = json.loads((model / "card.json").read_text(encoding="utf-8"))
    card["training"]["recipe"]["target"] = "votes"
    (model / "card.json").write_text(json.dumps(card))


def test_the_first_model_is_promoted(candidate: Path, tmp_path: Path) -> None:
    set_public_accuracy(candidate, 0.5)
    said = promote(candidate, tmp_path / "models" / "best")
    assert said == "promoted: 50.00% on PublicTest, best is the first model there"
    assert open_model(tmp_path / "models" / "best").classifier is not None


def test_a_better_model_takes_the_place_and_a_worse_one_does_not(
    candidate: Path, tmp_path: Path
) -> None:
    target = shutil.copytree(candidate, tmp_path / "best")
    set_public_accuracy(target, 0.6)
    set_public_accuracy(candidate, 0.6)
    assert promote(candidate, target) == "not promoted: 60.00% on PublicTest, best has 60.00%"
    set_public_accuracy(candidate, 0.7)
    assert promote(candidate, target) == "promoted: 70.00% on PublicTest, best had 60.00%"
    assert open_model(target).metrics()["PublicTest"].accuracy.value == 0.7


def test_a_model_is_promoted_to_the_place_of_what_it_learned_from(
    candidate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "MODELS", tmp_path / "models")
    set_public_accuracy(candidate, 0.5, votes=0.8)
    assert promote(candidate) == "promoted: 50.00% on PublicTest, fer2013 is the first model there"
    learn_from_votes(candidate)
    said = promote(candidate)
    assert said == "promoted: 80.00% on the votes of PublicTest, people is the first model there"
    places = {path.name for path in (tmp_path / "models").iterdir()}
    assert places == {"fer2013", "people"}
    recipe = open_model(tmp_path / "models" / "people").card["training"]["recipe"]
    assert recipe["target"] == "votes"


def test_models_that_learned_from_votes_are_compared_by_votes(
    candidate: Path, tmp_path: Path
) -> None:
    learn_from_votes(candidate)
    set_public_accuracy(candidate, 0.6, votes=0.8)
    place = shutil.copytree(candidate, tmp_path / "people")
    set_public_accuracy(candidate, 0.7, votes=0.8)
    said = promote(candidate, place)
    assert said == "not promoted: 80.00% on the votes of PublicTest, people has 80.00%"
    set_public_accuracy(candidate, 0.5, votes=0.9)
    said = promote(candidate, place)
    assert said == "promoted: 90.00% on the votes of PublicTest, people had 80.00%"


def test_a_model_without_scores_on_votes_is_not_promoted(candidate: Path, tmp_path: Path) -> None:
    learn_from_votes(candidate)
    with pytest.raises(PipelineError, match=r"no metrics.json on PublicTest, votes: run notebook"):
        promote(candidate, tmp_path / "best")


def test_models_chosen_on_different_faces_are_not_compared(candidate: Path, tmp_path: Path) -> None:
    target = shutil.copytree(candidate, tmp_path / "best")
    card = json.loads((target / "card.json").read_text(encoding="utf-8"))
    card["data"]["public_test_fingerprint"] = "other faces"
    (target / "card.json").write_text(json.dumps(card))
    with pytest.raises(PipelineError, match="cannot be compared"):
        promote(candidate, target)


def test_a_model_without_scores_is_not_promoted(candidate: Path, tmp_path: Path) -> None:
    (candidate / "metrics.json").unlink()
    with pytest.raises(PipelineError, match=r"no metrics.json on PublicTest: run notebook 04"):
        promote(candidate, tmp_path / "best")
