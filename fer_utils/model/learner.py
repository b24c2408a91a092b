"""Build what Keras fits: augmentation, network, loss, and optimizer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from fer_utils.emotions import EMOTIONS
from fer_utils.model.augmentation import build_augmentation
from fer_utils.model.losses import LogitAdjustedCrossentropy
from fer_utils.model.network import build_network
from fer_utils.model.recipes import Recipe


def build_learner(
    recipe: Recipe, labels: NDArray[np.uint8], *, updates: int, seed: int, precision: str
) -> tuple[keras.Model, keras.Model]:
    """Build the network, and the compiled model that trains it on augmented faces.

    Parameters
    ----------
    recipe : Recipe
        Architecture, augmentation, loss, and optimizer.
    labels : ndarray of uint8, shape (n,)
        Training labels, 0 to 6.
    updates : int
        Number of updates that the learning rate schedule spans.
    seed : int
        Seed of the weights and the augmentation.
    precision : str
        ``float32`` or ``mixed_bfloat16``.

    Returns
    -------
    tuple of keras.Model
        The network, and the learner whose last layer it is.
    """
    with dtype_policy(precision):
        network = build_network(**recipe.architecture, seed=seed)
        augmentation = build_augmentation(recipe.augmentation, seed=seed)
        learner = keras.Sequential([network.input, augmentation, network], name="learner")
    learner.compile(
        optimizer=_optimizer(recipe, updates), loss=_loss(recipe, labels), metrics=["accuracy"]
    )
    return network, learner


def best_precision() -> str:
    """Return ``mixed_bfloat16`` if the processor multiplies bfloat16 natively, else ``float32``.

    Other processors emulate bfloat16, which is slower. Without ``/proc/cpuinfo`` there is no way
    to know, and float32 is safe.
    """
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else "float32"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build layers in a precision, such as ``mixed_bfloat16``, then restore the previous one."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _loss(recipe: Recipe, labels: NDArray[np.uint8]) -> keras.losses.Loss:
    if not recipe.logit_adjustment:
        return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    if recipe.label_smoothing:
        raise ValueError(
            f"logit_adjustment cannot be combined with label smoothing: expected label_smoothing "
            f"0, got {recipe.label_smoothing}"
        )
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return LogitAdjustedCrossentropy(counts, strength=recipe.logit_adjustment)


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
