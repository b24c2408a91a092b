"""Train the network by a recipe, choosing the best epoch on PublicTest; resumable after a kill."""

import hashlib
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_utils.data.balancing import Balanced
from fer_utils.data.faces import DataError, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.augmentation import build_augmentation
from fer_utils.model.batches import FaceBatches, KeepBest, UpdateProgress
from fer_utils.model.distillation import mix_targets
from fer_utils.model.distribution import join_processes
from fer_utils.model.losses import LogitAdjustedCrossentropy
from fer_utils.model.network import build_cnn, for_inference
from fer_utils.model.recipes import Recipe


@dataclass(frozen=True)
class Trained:
    """A trained network and how it got there.

    Attributes
    ----------
    network : keras.Model
        With the weights of the epoch that scored best on PublicTest.
    history : DataFrame
        One row per epoch: loss and accuracy on the training batches (``loss``, ``accuracy``) and
        on PublicTest (``val_loss``, ``val_accuracy``), and ``seconds``.
    seconds : float
        Wall time of all epochs, those before a restart too.
    precision : str
        ``float32`` or ``mixed_bfloat16``.
    """

    network: keras.Model
    history: pd.DataFrame
    seconds: float
    precision: str

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights were kept, counted from 1."""
        return int(self.history["val_accuracy"].argmax()) + 1

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the network says of (n, 48, 48) images, computed in float32: (n, 7)."""
        network = for_inference(self.network)
        said: NDArray[np.float32] = network.predict(images[..., None], batch_size=512, verbose=0)
        return said


def train(
    balanced: Balanced,
    validation: Faces,
    recipe: Recipe,
    *,
    checkpoints: str | Path,
    seed: int = 0,
    precision: str = "auto",
    opinions: NDArray[np.float32] | None = None,
) -> Trained:
    """Train a network on balanced faces, choosing the best epoch on the validation faces.

    Parameters
    ----------
    balanced : Balanced
        The Training split after balancing.
    validation : Faces
        PublicTest. Never PrivateTest: the choice of the epoch would leak it.
    recipe : Recipe
        How; `fer_utils.model.recipes.PROFILES` has named ones.
    checkpoints : str or Path
        A folder for the state after each epoch. After a kill, the same call goes on from there;
        delete it to start afresh. It is removed when training ends.
    seed : int
        What weights, order and augmentation start from.
    precision : str
        ``float32``, ``mixed_bfloat16``, or ``auto``: the latter where the processor has it.
    opinions : ndarray of float32, shape (n, 7), optional
        What teachers say of the balanced faces, from
        `fer_utils.model.distillation.ask_teachers`.

    Returns
    -------
    Trained
        The network and its history.

    Raises
    ------
    DataError
        If there is nothing to train or validate on.
    """
    if not len(balanced) or not len(validation):
        raise DataError(
            f"expected faces to train on and to validate on, "
            f"got {len(balanced)} and {len(validation)}"
        )
    share = join_processes()
    keras.utils.set_random_seed(seed)
    precision = best_precision() if precision == "auto" else precision
    targets = mix_targets(balanced.labels, opinions, weight=recipe.teacher_weight)
    updates_per_epoch = _updates_per_epoch(recipe, len(balanced))
    batches = FaceBatches(
        balanced,
        targets,
        batch_size=recipe.batch_size,
        updates_per_epoch=updates_per_epoch,
        seed=seed,
        part=share.of_batch(recipe.batch_size),
    )
    # One folder for each task: changed data or a changed recipe never go on from other weights.
    memory = Path(checkpoints) / _fingerprint(
        balanced, targets, validation, (recipe, seed, precision, share)
    )
    keep_best = KeepBest(memory, patience=recipe.patience)
    with share.scope():
        network, learner = _build(
            recipe, updates_per_epoch, balanced.labels, seed=seed, precision=precision
        )
        learner.fit(
            batches,
            shuffle=False,  # the batches have their own order, the same after a restart
            epochs=recipe.epochs,
            validation_data=_as_arrays(validation, copies=share.devices),
            validation_batch_size=512,
            callbacks=[
                keras.callbacks.LambdaCallback(on_epoch_begin=batches.start_epoch),
                keep_best,
                keras.callbacks.BackupAndRestore(str(memory / "backup"), double_checkpoint=True),
                UpdateProgress(updates_per_epoch * recipe.epochs),
            ],
            verbose=0,
        )
    network.load_weights(keep_best.weights_path)
    shutil.rmtree(memory)
    with suppress(OSError):  # another task's state may lie there
        memory.parent.rmdir()
    history = keep_best.history
    return Trained(network, history, float(history["seconds"].sum()), precision)


def _build(
    recipe: Recipe,
    updates_per_epoch: int,
    labels: NDArray[np.uint8],
    *,
    seed: int,
    precision: str,
) -> tuple[keras.Model, keras.Model]:
    """Return the network, and the network behind its augmentation, ready to learn."""
    with dtype_policy(precision):
        network = build_cnn(**recipe.architecture, seed=seed)
        augmentation = build_augmentation(recipe.augmentation, seed=seed)
        learner = keras.Sequential([network.input, augmentation, network], name="learner")
    learner.compile(
        optimizer=_optimizer(recipe, updates_per_epoch * recipe.epochs),
        loss=_loss(recipe, labels),
        metrics=["accuracy"],
    )
    return network, learner


def _loss(recipe: Recipe, labels: NDArray[np.uint8]) -> keras.losses.Loss:
    if not recipe.logit_adjustment:
        return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    if recipe.label_smoothing:
        raise ValueError(
            f"logit_adjustment {recipe.logit_adjustment} goes with label_smoothing 0 only, "
            f"got {recipe.label_smoothing}"
        )
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return LogitAdjustedCrossentropy(counts, strength=recipe.logit_adjustment)


def best_precision() -> str:
    """Return ``mixed_bfloat16`` where the processor multiplies bfloat16 natively, else ``float32``.

    Elsewhere bfloat16 is emulated and slower. Processors tell what they can in
    ``/proc/cpuinfo``; where there is no such file, float32 is safe.
    """
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else "float32"


def _fingerprint(
    balanced: Balanced,
    targets: NDArray[np.float32],
    validation: Faces,
    settings: tuple[object, ...],
) -> str:
    digest = hashlib.sha256(repr((*settings, validation.fingerprint())).encode())
    for array in (balanced.images, balanced.labels, balanced.class_weights, targets):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:12]


def _updates_per_epoch(recipe: Recipe, faces: int) -> int:
    updates = min(recipe.updates, recipe.passes * faces // recipe.batch_size)
    return max(1, math.ceil(updates / recipe.epochs))


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build layers under a precision, such as ``mixed_bfloat16``, and go back to the old one."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _optimizer(recipe: Recipe, updates: int) -> keras.optimizers.Optimizer:
    warmup = max(1, updates // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 20,
        decay_steps=max(1, updates - warmup),
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
    )
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(
            schedule, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay
        )
    raise ValueError(f"unknown optimizer {recipe.optimizer!r}: expected adamw or sgd")


def _as_arrays(faces: Faces, *, copies: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return every face as often as there are devices: batches divide evenly, means stay."""
    images = np.repeat(faces.images[..., None], copies, axis=0)
    return images, np.eye(len(EMOTIONS), dtype=np.float32)[np.repeat(faces.labels, copies)]
