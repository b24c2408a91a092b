"""Training."""

import ast
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import fer_utils.model
from fer_utils.data.balancing import Balanced
from fer_utils.data.faces import DataError, Faces
from fer_utils.model import training
from fer_utils.model.network import build_cnn
from fer_utils.model.recipes import PROFILES, Augmentation, Recipe, profile_of
from fer_utils.model.training import Trained, best_precision, train

EVERYTHING = Augmentation(shift=0.1, turn=10, zoom=0.1, light=0.2, erase=0.5)


class KilledError(Exception):
    """Stands for a kill."""


def kill_after(epoch: int, patch: pytest.MonkeyPatch) -> None:
    """Make training break off when an epoch, counted from 1, and its backup are done."""

    def end_epoch(self: training.UpdateProgress, number: int, logs: dict | None = None) -> None:
        if number + 1 == epoch:
            raise KilledError

    patch.setattr(training.UpdateProgress, "on_epoch_end", end_epoch)


def spy_on_epochs(patch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that fills with the epochs that begin, counted from 1."""
    begun: list[int] = []
    begin = training.UpdateProgress.on_epoch_begin

    def begin_epoch(self: training.UpdateProgress, number: int, logs: dict | None = None) -> None:
        begun.append(number + 1)
        begin(self, number, logs)

    patch.setattr(training.UpdateProgress, "on_epoch_begin", begin_epoch)
    return begun


def train_tiny(
    balanced: Balanced, validation: Faces, recipe: Recipe, checkpoints: Path, *, seed: int = 1
) -> Trained:
    return train(
        balanced, validation, recipe, checkpoints=checkpoints, seed=seed, precision="float32"
    )


@pytest.fixture
def eagerly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare a short training the seconds that drawing up its graph takes."""
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


def test_the_precision_and_the_time_are_told(trained: Trained) -> None:
    assert trained.precision == "float32"
    assert trained.seconds == trained.history["seconds"].sum() > 0


def test_the_same_seed_gives_the_same_history_also_with_augmentation_and_dropout(
    balanced: Balanced, validation: Faces, recipe: Recipe, tmp_path: Path, eagerly: None
) -> None:
    random = replace(recipe, epochs=2, updates=4, augmentation=EVERYTHING, dropout=0.5)
    first, second = (
        train_tiny(balanced, validation, random, tmp_path / name) for name in ("first", "second")
    )
    one, other = (run.history.drop(columns="seconds") for run in (first, second))
    assert one.to_dict() == other.to_dict()


def test_training_leaves_no_checkpoints_and_no_policy_behind(
    balanced: Balanced, validation: Faces, recipe: Recipe, tmp_path: Path, eagerly: None
) -> None:
    short = replace(recipe, epochs=1, updates=1)
    checkpoints = tmp_path / "checkpoints"
    train(balanced, validation, short, checkpoints=checkpoints, precision="mixed_bfloat16")
    assert not checkpoints.exists()
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(
    ("faces", "passes", "updates"),
    [(84, 100, 10), (84, 4, 6), (8, 4, 1), (1, 1, 1)],
)
def test_a_small_source_gets_fewer_updates(
    recipe: Recipe, faces: int, passes: int, updates: int
) -> None:
    assert training._updates_per_epoch(replace(recipe, passes=passes), faces) == updates


def test_training_goes_on_after_a_kill_as_if_there_had_been_none(
    balanced: Balanced,
    validation: Faces,
    recipe: Recipe,
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        kill_after(2, patch)
        with pytest.raises(KilledError):
            train_tiny(balanced, validation, recipe, tmp_path)
    begun = spy_on_epochs(monkeypatch)
    resumed = train_tiny(balanced, validation, recipe, tmp_path)
    assert begun == [3, 4]
    assert resumed.history["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(resumed.history["loss"], trained.history["loss"], rtol=1e-4)
    assert accuracy_of(resumed.network, validation) == accuracy_of(trained.network, validation)


def memory_of(
    balanced: Balanced, validation: Faces, recipe: Recipe, *, seed: int = 1, **options: Any
) -> Path:
    """Return the folder that a training would go on from."""

    def keep_best(folder: Path, *, patience: int) -> None:
        raise KilledError(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "KeepBest", keep_best)
        with pytest.raises(KilledError) as killed:
            train(balanced, validation, recipe, checkpoints="memory", seed=seed, **options)
    return killed.value.args[0]


def test_nothing_goes_on_from_another_tasks_weights(
    balanced: Balanced, validation: Faces, recipe: Recipe
) -> None:
    inverted = replace(balanced, images=255 - balanced.images)
    weighted = replace(balanced, class_weights=2 * balanced.class_weights)
    relabelled = replace(balanced, labels=balanced.labels[::-1])
    slower = replace(recipe, learning_rate=1e-3)
    opinions = np.full((len(balanced), 7), 1 / 7, dtype=np.float32)
    folders = [
        memory_of(balanced, validation, recipe, precision="float32"),
        memory_of(balanced, validation, slower, precision="float32"),
        memory_of(balanced, validation, recipe, precision="float32", seed=2),
        memory_of(balanced, validation, recipe, precision="mixed_bfloat16"),
        memory_of(balanced, validation.select(np.arange(20)), recipe, precision="float32"),
        memory_of(balanced, validation, recipe, precision="float32", opinions=opinions),
        *(
            memory_of(other, validation, recipe, precision="float32")
            for other in (inverted, weighted, relabelled)
        ),
    ]
    assert len(set(folders)) == 9


def test_a_student_learns_what_its_teachers_say(
    balanced: Balanced, validation: Faces, recipe: Recipe, tmp_path: Path
) -> None:
    """Teachers that take every emotion for the next one make the student do so."""
    opinions = np.eye(7, dtype=np.float32)[(balanced.labels + 1) % 7]
    taken_for_the_next = ((validation.labels + 1) % 7).astype(np.uint8)
    student = train(
        balanced,
        replace(validation, labels=taken_for_the_next),
        replace(recipe, teacher_weight=1.0),
        checkpoints=tmp_path,
        seed=1,
        precision="float32",
        opinions=opinions,
    )
    predicted = student.probabilities(balanced.images).argmax(axis=1)
    assert (predicted == (balanced.labels + 1) % 7).mean() > 5 / 7


def test_nothing_to_train_on_is_an_error(
    balanced: Balanced, validation: Faces, recipe: Recipe, tmp_path: Path
) -> None:
    empty = replace(balanced, images=balanced.images[:0], labels=balanced.labels[:0])
    with pytest.raises(DataError, match="got 0 and 21"):
        train_tiny(empty, validation, recipe, tmp_path)


def test_nothing_to_validate_on_is_an_error(
    balanced: Balanced, validation: Faces, recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="got 84 and 0"):
        train_tiny(balanced, validation.select(np.arange(0)), recipe, tmp_path)


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("flags : fpu avx512_bf16 sse", "mixed_bfloat16"),
        ("flags : fpu amx_bf16 sse", "mixed_bfloat16"),
        ("flags : fpu avx512f sse", "float32"),
        ("flags : fpu not_avx512_bf16 sse", "float32"),
    ],
)
def test_the_best_precision_is_what_the_processor_can(
    monkeypatch: pytest.MonkeyPatch, flags: str, precision: str
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda path: {"/proc/cpuinfo": flags}[str(path)])
    assert best_precision() == precision


def test_the_best_precision_is_float32_where_the_processor_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_text(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", read_text)
    assert best_precision() == "float32"


def test_each_profile_takes_longer_than_the_one_before() -> None:
    assert list(PROFILES) == ["quick", "full", "gpu"]
    updates = [recipe.updates for recipe in PROFILES.values()]
    assert updates == sorted(updates)


@pytest.mark.parametrize("name", PROFILES)
def test_the_network_of_a_profile_stays_compact(name: str) -> None:
    network = build_cnn(**PROFILES[name].architecture)
    assert network.count_params() <= 4_000_000
    assert network.layers[-3].rate == PROFILES[name].dropout


def test_a_recipe_knows_its_profile() -> None:
    assert profile_of(PROFILES["full"]) == "full"
    assert profile_of(replace(PROFILES["full"], updates=1)) is None


@pytest.mark.parametrize(
    ("name", "kind"), [("adamw", keras.optimizers.AdamW), ("sgd", keras.optimizers.SGD)]
)
def test_a_recipe_names_its_optimizer(recipe: Recipe, name: str, kind: type) -> None:
    optimizer = training._optimizer(replace(recipe, optimizer=name, weight_decay=0.25), 100)
    assert isinstance(optimizer, kind)
    assert optimizer.weight_decay == 0.25


def test_a_recipe_adjusts_the_loss_by_the_shares_it_learns_from(recipe: Recipe) -> None:
    labels = np.arange(8, dtype=np.uint8) % 7
    adjusted = training._loss(replace(recipe, logit_adjustment=1.0), labels)
    even = np.full((1, 7), 1 / 7)
    assert float(adjusted(np.eye(7)[:1], even)) == pytest.approx(-np.log(2 / 8), rel=1e-5)
    plain = training._loss(recipe, labels)
    assert float(plain(np.eye(7)[:1], even)) == pytest.approx(np.log(7), rel=1e-5)


def test_adjusting_smoothed_labels_is_refused(recipe: Recipe) -> None:
    both = replace(recipe, logit_adjustment=1.0, label_smoothing=0.1)
    with pytest.raises(ValueError, match=r"goes with label_smoothing 0 only, got 0\.1"):
        training._loss(both, np.arange(7, dtype=np.uint8))


def test_an_unknown_optimizer_is_refused(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match="unknown optimizer 'adam': expected adamw or sgd"):
        training._optimizer(replace(recipe, optimizer="adam"), 100)


def test_the_learning_rate_rises_and_then_falls_to_nothing(recipe: Recipe) -> None:
    schedule = training._optimizer(replace(recipe, learning_rate=0.5), 100)._learning_rate
    rates = [float(schedule(step)) for step in (0, 5, 52, 100)]
    assert rates[1] == pytest.approx(0.5)
    assert rates[0] < rates[2] < rates[1]
    assert rates[3] == pytest.approx(0, abs=1e-6)


def test_probabilities_are_those_of_the_network(trained: Trained, validation: Faces) -> None:
    probabilities = trained.probabilities(validation.images)
    assert probabilities.shape == (21, 7)
    right = probabilities.argmax(axis=1) == validation.labels
    assert right.mean() == pytest.approx(accuracy_of(trained.network, validation))


def test_no_module_of_the_model_imports_tensorflow() -> None:
    (folder,) = fer_utils.model.__path__
    for path in sorted(Path(folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "tensorflow"], path.name
