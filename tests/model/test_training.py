import ast
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import fer_utils.model
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.votes import VOTE_CLASSES
from fer_utils.model import training
from fer_utils.model.calibration import at_temperature, calibration_error
from fer_utils.model.model_folder import ModelFolder
from fer_utils.model.recipes import Augmentation, Recipe
from fer_utils.model.trained import KeepBest, Trained
from fer_utils.model.training import ask_teachers, fit, mix_targets, train_model

EVERYTHING = Augmentation(shift=0.1, turn=10, zoom=0.1, light=0.2, erase=0.5)


class KilledError(Exception):
    """Represents a kill."""


def kill_after(epoch: int, patch: pytest.MonkeyPatch) -> None:
    """Make training break off when an epoch, counted from 1, and its backup are done."""
    back_up = keras.callbacks.BackupAndRestore.on_epoch_end

    def end_epoch(
        self: keras.callbacks.BackupAndRestore, number: int, logs: dict | None = None
    ) -> None:
        back_up(self, number, logs)
        if number + 1 == epoch:
            raise KilledError

    patch.setattr(keras.callbacks.BackupAndRestore, "on_epoch_end", end_epoch)


def spy_on_epochs(patch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that fills with the epochs that begin, counted from 1."""
    begun: list[int] = []
    begin = KeepBest.on_epoch_begin

    def begin_epoch(self: KeepBest, number: int, logs: dict | None = None) -> None:
        begun.append(number + 1)
        begin(self, number, logs)

    patch.setattr(KeepBest, "on_epoch_begin", begin_epoch)
    return begun


def fit_tiny(faces: Faces, recipe: Recipe, checkpoints: Path) -> Trained:
    return fit(faces, recipe, checkpoints=checkpoints, seed=1, precision="float32")


@pytest.fixture
def eagerly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare a short training the seconds that tracing its graph takes."""
    eager = partialmethod(keras.Sequential.compile, run_eagerly=True)
    monkeypatch.setattr(keras.Sequential, "compile", eager)


def accuracy_of(network: keras.Model, faces: Faces) -> float:
    predicted = keras.ops.convert_to_numpy(network(faces.images[..., None].astype("float32")))
    return float((predicted.argmax(axis=1) == faces.labels).mean())


def test_a_network_learns_to_tell_classes_apart(trained: Trained) -> None:
    assert trained.history["val_accuracy"].max() > 5 / 7
    assert trained.history["loss"].iloc[-1] < 0.8 * trained.history["loss"].iloc[0]


def test_the_history_has_a_row_for_each_epoch(trained: Trained) -> None:
    assert trained.history["epoch"].tolist() == [1, 2, 3, 4]
    scores = {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert set(trained.history) == {"epoch", "seconds"} | scores


def test_the_network_has_the_weights_of_the_best_epoch(trained: Trained, validation: Faces) -> None:
    best = trained.history["val_accuracy"].iloc[trained.best_epoch - 1]
    assert best == trained.history["val_accuracy"].max()
    assert accuracy_of(trained.network, validation) == pytest.approx(best)


def test_the_precision_and_the_time_are_recorded(trained: Trained) -> None:
    assert trained.precision == "float32"
    assert trained.seconds == trained.history["seconds"].sum() > 0


def test_the_same_seed_gives_the_same_history_also_with_augmentation_and_dropout(
    faces: Faces, recipe: Recipe, tmp_path: Path, eagerly: None
) -> None:
    random = replace(recipe, epochs=2, updates=4, augmentation=EVERYTHING, dropout=0.5)
    first, second = (fit_tiny(faces, random, tmp_path / name) for name in ("first", "second"))
    one, other = (run.history.drop(columns="seconds") for run in (first, second))
    assert one.to_dict() == other.to_dict()


def test_training_leaves_the_precision_policy_as_it_was(
    faces: Faces, recipe: Recipe, tmp_path: Path, eagerly: None
) -> None:
    short = replace(recipe, epochs=1, updates=1)
    fit(faces, short, checkpoints=tmp_path, precision="mixed_bfloat16")
    assert keras.config.dtype_policy().name == "float32"


def test_checkpoints_stay_until_they_are_removed(
    faces: Faces, recipe: Recipe, tmp_path: Path, eagerly: None
) -> None:
    short = replace(recipe, epochs=1, updates=1)
    one, other = (
        fit_tiny(faces, replace(short, learning_rate=rate), tmp_path / "checkpoints")
        for rate in (1e-2, 1e-3)
    )
    one.remove_checkpoints()
    assert list((tmp_path / "checkpoints").iterdir()) == [other.checkpoints]
    other.remove_checkpoints()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("faces", "passes", "updates"),
    [(84, 100, 10), (84, 4, 6), (8, 4, 1), (1, 1, 1)],
)
def test_a_small_source_gets_fewer_updates(
    recipe: Recipe, faces: int, passes: int, updates: int
) -> None:
    assert training._updates_per_epoch(replace(recipe, passes=passes), faces) == updates


def test_training_resumes_after_a_kill(
    faces: Faces,
    validation: Faces,
    recipe: Recipe,
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        kill_after(2, patch)
        with pytest.raises(KilledError):
            fit_tiny(faces, recipe, tmp_path)
    begun = spy_on_epochs(monkeypatch)
    resumed = fit_tiny(faces, recipe, tmp_path)
    assert begun == [3, 4]
    assert resumed.history["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(resumed.history["loss"], trained.history["loss"], rtol=1e-4)
    assert accuracy_of(resumed.network, validation) == accuracy_of(trained.network, validation)


def test_no_epoch_is_trained_again_after_training_ran_out_of_patience(
    faces: Faces, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eagerly: None
) -> None:
    hopeless = replace(recipe, learning_rate=0.0, updates=4, epochs=4, patience=1)
    begun = spy_on_epochs(monkeypatch)
    first, second = (fit_tiny(faces, hopeless, tmp_path) for _ in range(2))
    assert begun == first.history["epoch"].tolist() == second.history["epoch"].tolist()
    assert len(begun) < 4
    for one, other in zip(first.network.get_weights(), second.network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def memory_of(faces: Faces, recipe: Recipe, *, seed: int = 1, **options: Any) -> Path:
    """Return the folder that a training would resume from."""

    def keep_best(folder: Path, *, patience: int) -> None:
        raise KilledError(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "KeepBest", keep_best)
        with pytest.raises(KilledError) as killed:
            fit(faces, recipe, checkpoints="memory", seed=seed, **options)
    return killed.value.args[0]


def test_nothing_resumes_from_the_weights_of_another_task(faces: Faces, recipe: Recipe) -> None:
    is_training = faces.splits == "Training"
    inverted = np.where(is_training[:, None, None], 255 - faces.images, faces.images)
    relabeled = np.where(is_training, (faces.labels + 1) % 7, faces.labels).astype(np.uint8)
    opinions = np.full((is_training.sum(), 7), 1 / 7, dtype=np.float32)
    slower = replace(recipe, learning_rate=1e-3)
    folders = [
        memory_of(faces, recipe, precision="float32"),
        memory_of(faces, slower, precision="float32"),
        memory_of(faces, recipe, precision="float32", seed=2),
        memory_of(faces, recipe, precision="mixed_bfloat16"),
        memory_of(faces.select(np.arange(len(faces)) != 12), recipe, precision="float32"),
        memory_of(faces, recipe, precision="float32", opinions=opinions),
        *(
            memory_of(other, recipe, precision="float32")
            for other in (
                replace(faces, images=inverted),
                replace(faces, weights=2 * faces.weights),
                replace(faces, labels=relabeled),
            )
        ),
    ]
    assert len(set(folders)) == 9


def test_a_student_learns_what_its_teachers_predict(
    faces: Faces, recipe: Recipe, tmp_path: Path
) -> None:
    """Teachers that take every emotion for the next one make the student do the same."""
    learned = faces.of_split("Training")
    opinions = np.eye(7, dtype=np.float32)[(learned.labels + 1) % 7]
    is_validation = faces.splits == "PublicTest"
    labels = np.where(is_validation, (faces.labels + 1) % 7, faces.labels).astype(np.uint8)
    student = fit(
        replace(faces, labels=labels),
        replace(recipe, teacher_weight=1.0),
        checkpoints=tmp_path,
        seed=1,
        precision="float32",
        opinions=opinions,
    )
    predicted = student.probabilities(learned.images).argmax(axis=1)
    assert (predicted == (learned.labels + 1) % 7).mean() > 5 / 7


@pytest.mark.parametrize(
    ("split", "counts"), [("Training", "0 and 21"), ("PublicTest", "84 and 0")]
)
def test_an_empty_split_is_an_error(
    faces: Faces, recipe: Recipe, tmp_path: Path, split: str, counts: str
) -> None:
    with pytest.raises(DataError, match=f"got {counts}: load data with both splits"):
        fit_tiny(faces.select(faces.splits != split), recipe, tmp_path)


def test_probabilities_are_those_of_the_network(trained: Trained, validation: Faces) -> None:
    probabilities = trained.probabilities(validation.images)
    assert probabilities.shape == (21, 7)
    right = probabilities.argmax(axis=1) == validation.labels
    assert right.mean() == pytest.approx(accuracy_of(trained.network, validation))


TINY = {"updates": 4, "epochs": 2}


def test_a_trained_model_is_calibrated_and_exported(
    faces: Faces, validation: Faces, recipe: Recipe, tmp_path: Path, eagerly: None
) -> None:
    model = train_model(faces, replace(recipe, **TINY), path=tmp_path / "model", seed=3)
    assert model.path == tmp_path / "model"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert {"model.keras", "model.tflite"} <= {path.name for path in model.path.iterdir()}
    assert model.card["training"]["seed"] == 3
    assert "int8" in model.card
    assert model.was_chosen_on(faces)
    probabilities = model.classifier.predict(validation.images)
    error = calibration_error(probabilities, validation.labels)
    assert model.calibration.error_after == pytest.approx(error, abs=0.02)


@pytest.mark.parametrize("broken", ["save_model", "add_exports", "make_card"])
def test_a_kill_between_the_last_epoch_and_the_complete_folder_costs_no_epoch(
    faces: Faces,
    recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    eagerly: None,
    broken: str,
) -> None:
    def kill(*arguments: object, **options: object) -> None:
        raise KilledError

    short, begun = replace(recipe, **TINY), spy_on_epochs(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(training, broken, kill)
        with pytest.raises(KilledError):
            train_model(faces, short, path=tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model.checkpoints"]
    assert begun == [1, 2]
    history = pd.read_csv(next(tmp_path.rglob("history.csv")))
    model = train_model(faces, short, path=tmp_path / "model")
    assert begun == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    pd.testing.assert_frame_equal(model.history, history)
    assert "int8" in model.card


def test_an_older_model_stays_until_the_new_one_is_complete(
    folder: Path,
    faces: Faces,
    recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
    eagerly: None,
) -> None:
    def kill(*arguments: object, **options: object) -> None:
        raise KilledError

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(training, "add_exports", kill)
    with pytest.raises(KilledError):
        train_model(faces, replace(recipe, **TINY), path=folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_teachers_are_asked_about_the_training_faces(
    saved_run: ModelFolder, faces: Faces, recipe: Recipe, tmp_path: Path, eagerly: None
) -> None:
    short = replace(recipe, **TINY)
    student = train_model(faces, short, path=tmp_path / "student", teachers=[saved_run])
    assert student.card["training"]["teachers"] == [saved_run.card["sha256"]["model.keras"]]
    assert student.card["training"]["profile"] is None
    alone = train_model(faces, short, path=tmp_path / "alone")
    assert student.history["loss"].tolist() != alone.history["loss"].tolist()


def test_no_module_of_the_model_imports_tensorflow() -> None:
    """The converter alone needs it: see `test_jax_trains_and_saves_without_tensorflow`."""
    (folder,) = fer_utils.model.__path__
    for path in sorted(Path(folder).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = {
            node
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for node in set(ast.walk(tree)) - (inner if path.stem == "saving" else set()):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "tensorflow"], path.name


ONE_HOT = np.eye(7, dtype=np.float32)[[0, 3]]
LEFT = np.zeros((2, 48, 48), dtype=np.uint8)
LEFT[:, :, 0] = 255


class Teacher:
    """Predicts one emotion, more or less surely depending on which side of a face is light."""

    def __init__(self, left: float, right: float) -> None:
        self.left, self.right = left, right

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        sure = np.where(images[:, 0, 0] > 0, self.left, self.right)
        return np.stack([sure, *[(1 - sure) / 6] * 6], axis=1).astype(np.float32)


def asked(*teachers: Teacher, temperature: float = 1.0) -> NDArray[np.float32]:
    return ask_teachers(teachers, LEFT, temperature=temperature)


def test_opinions_on_faces_and_their_mirror_images_are_averaged() -> None:
    opinions = asked(Teacher(0.9, 0.7), Teacher(0.5, 0.1))
    np.testing.assert_allclose(opinions[:, 0], (0.9 + 0.7 + 0.5 + 0.1) / 4, rtol=1e-6)
    np.testing.assert_allclose(opinions.sum(axis=1), 1, rtol=1e-6)


def test_a_temperature_softens_every_opinion() -> None:
    softened = asked(Teacher(0.9, 0.9), temperature=2)
    expected = at_temperature(Teacher(0.9, 0.9).predict(LEFT), 2)
    np.testing.assert_allclose(softened, expected, rtol=1e-6)


def test_a_teacher_is_needed() -> None:
    with pytest.raises(ValueError, match="at least one teacher, got none"):
        asked()


def test_without_teachers_the_targets_stay() -> None:
    np.testing.assert_array_equal(mix_targets(ONE_HOT, None, weight=0.5), ONE_HOT)


def test_opinions_are_mixed_in_by_their_weight() -> None:
    opinions = np.full((2, 7), 1 / 7, dtype=np.float32)
    targets = mix_targets(ONE_HOT, opinions, weight=0.25)
    np.testing.assert_allclose(targets[0], [0.75 + 0.25 / 7, *[0.25 / 7] * 6], rtol=1e-6)


def test_every_face_needs_an_opinion() -> None:
    with pytest.raises(ValueError, match="opinion on each of 2 faces, got 1"):
        mix_targets(ONE_HOT, np.zeros((1, 7), np.float32), weight=0.5)


def test_a_recipe_learns_from_votes(faces: Faces, recipe: Recipe, tmp_path: Path) -> None:
    recipe = replace(recipe, target="votes")
    # Everybody sees the next emotion, so that labels would teach another one.
    seen = (faces.labels + 1) % 7
    votes = np.zeros((len(faces), 10), dtype=np.uint8)
    columns = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    votes[np.arange(len(faces)), [VOTE_CLASSES.index(columns[label]) for label in seen]] = 10
    followed = replace(faces, votes=votes).follow_votes()
    model = train_model(followed, recipe, path=tmp_path / "model")
    predicted = model.classifier.predict(faces.images).argmax(axis=1)
    assert (predicted == seen).mean() > 0.8
    assert model.card["training"]["recipe"]["target"] == "votes"
    assert model.prior is not None
    assert model.prior.shares == model.prior.learned == pytest.approx([1 / 7] * 7)
    assert model.was_chosen_on(replace(faces, votes=votes))
    assert model.was_chosen_on(followed)
    assert not model.was_chosen_on(faces)
    assert model.face_sizes is not None
    with pytest.raises(DataError, match=r'own labels for target="labels".*or set target="votes"'):
        fit(followed, replace(recipe, target="labels"), checkpoints=tmp_path)
    # Brightness, which gives these faces away, is the same at every size.
    assert set(model.face_sizes.accuracies) == {model.face_sizes.accuracies[-1]}


def test_votes_on_every_training_face_are_needed(
    faces: Faces, recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="votes on every Training face, but 84 have none"):
        fit(faces, replace(recipe, target="votes"), checkpoints=tmp_path)
