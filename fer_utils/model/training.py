"""Train a network by a recipe, from labels and from teachers, and write its model folder."""

import hashlib
import math
import os
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import DataError, Faces
from fer_utils.data.votes import vote_shares
from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import Calibration, at_temperature, calibrate
from fer_utils.model.classifier import AnyClassifier
from fer_utils.model.distribution import join_processes
from fer_utils.model.learner import FaceBatches, best_precision, build_learner, fit_learner
from fer_utils.model.model_folder import ModelFolder, open_model
from fer_utils.model.prior import Prior, calibrate_to_people, learned_prior
from fer_utils.model.recipes import PROFILES, Recipe
from fer_utils.model.saving import add_exports, can_export, make_card, save_model
from fer_utils.model.trained import KeepBest, Trained
from fer_utils.paths import MODELS, atomic_folder


def train_model(
    faces: Faces,
    recipe: Recipe = PROFILES["quick"],
    *,
    path: str | Path = MODELS / "my_model",
    seed: int = 0,
    teachers: Sequence[ModelFolder] = (),
) -> ModelFolder:
    """Train, calibrate, and export a model, and write its folder.

    The network learns from Training; PublicTest decides which epoch is kept and calibrates it.
    PrivateTest is not used. If the process is killed, the same call resumes after the last
    finished epoch: checkpoints in ``<path>.checkpoints`` are removed once the folder is complete.

    Parameters
    ----------
    faces : Faces
        Cleaned faces, usually balanced by `fer_utils.balance`.
    recipe : Recipe
        How to train; `fer_utils.PROFILES` has named recipes.
    path : str or Path
        The folder to write; an older one is replaced.
    seed : int
        Seed of weights, order, and augmentation.
    teachers : sequence of ModelFolder
        Models whose predictions the network learns from, in addition to the labels.

    Returns
    -------
    ModelFolder
        The folder. If several processes train together, the first one writes it, and the others
        get only its card.

    Raises
    ------
    DataError
        If there is nothing to train or validate on.

    See Also
    --------
    fer_utils.model.distribution.join_processes : Train on several devices or machines.
    """
    path = Path(path)
    opinions = None
    if teachers:
        classifiers = [teacher.open_classifier(threads=os.cpu_count() or 1) for teacher in teachers]
        images = faces.of_split("Training").images
        opinions = ask_teachers(classifiers, images, temperature=recipe.teacher_temperature)
    checkpoints = path.with_name(f"{path.name}.checkpoints")
    trained = fit(faces, recipe, checkpoints=checkpoints, seed=seed, opinions=opinions)
    calibration, prior = _calibrate(trained, faces, recipe)
    card = make_card(
        trained,
        calibration=calibration,
        prior=prior,
        recipe=recipe,
        faces=faces,
        seed=seed,
        teachers=teachers,
    )
    share = join_processes()
    if share.leads:
        with atomic_folder(path) as folder:
            save_model(folder, trained, card)
            if can_export():
                add_exports(folder, faces)
    # Every process keeps its checkpoints until the folder is complete: all of them resume, or none.
    share.wait_for_others()
    trained.remove_checkpoints()
    return open_model(path) if share.leads else ModelFolder(path, card)


def fit(
    faces: Faces,
    recipe: Recipe,
    *,
    checkpoints: str | Path,
    seed: int = 0,
    precision: str = "auto",
    opinions: NDArray[np.float32] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Trained:
    """Train a network on Training, choosing the best epoch on PublicTest.

    Parameters
    ----------
    faces : Faces
        The faces, with their loss weights. PrivateTest is not used.
    recipe : Recipe
        How to train; `fer_utils.model.recipes.PROFILES` has named recipes.
    checkpoints : str or Path
        Folder for the state after each epoch. After a kill, the same call resumes from it; after
        the last epoch, it returns the same network. Remove it with `Trained.remove_checkpoints`.
    seed : int
        Seed of weights, order, and augmentation.
    precision : str
        ``float32``, ``mixed_bfloat16``, or ``auto``: the latter if the processor supports it.
    opinions : ndarray of float32, shape (n, 7), optional
        Output of `ask_teachers` for the Training faces.
    callbacks : sequence of keras.callbacks.Callback
        More callbacks, called after every epoch that is trained now, before its state is stored.

    Returns
    -------
    Trained
        The network and its history.

    Raises
    ------
    DataError
        If there is nothing to train or validate on, or the recipe needs votes that are missing.
    """
    training, validation = faces.of_split("Training"), faces.of_split("PublicTest")
    if not len(training) or not len(validation):
        raise DataError(
            f"expected faces in Training and PublicTest, got {len(training)} and "
            f"{len(validation)}: load data with both splits"
        )
    share = join_processes()
    keras.utils.set_random_seed(seed)
    precision = best_precision() if precision == "auto" else precision
    targets = mix_targets(_own_targets(training, recipe), opinions, weight=recipe.teacher_weight)
    updates = _updates_per_epoch(recipe, len(training))
    # One folder for each task: training never resumes from other data or another recipe.
    settings = repr((recipe, seed, precision, share))
    digest = hashlib.sha256((settings + validation.fingerprint()).encode())
    for array in (training.images, training.labels, training.weights, targets):
        digest.update(np.ascontiguousarray(array).data)
    memory = Path(checkpoints) / digest.hexdigest()[:12]
    keep_best = KeepBest(memory, patience=recipe.patience)
    with share.scope():
        network, learner = build_learner(
            recipe, training.labels, updates=updates * recipe.epochs, seed=seed, precision=precision
        )
        if not keep_best.finished:
            batches = FaceBatches(
                training,
                targets,
                batch_size=recipe.batch_size,
                updates_per_epoch=updates,
                seed=seed,
                part=share.of_batch(recipe.batch_size),
            )
            fit_learner(
                learner,
                batches,
                keep_best,
                validation=validation,
                copies=share.devices,
                epochs=recipe.epochs,
                callbacks=callbacks,
            )
    network.load_weights(keep_best.weights_path)
    return Trained(network, keep_best.history, precision, memory)


def ask_teachers(
    teachers: Sequence[AnyClassifier], images: NDArray[np.uint8], *, temperature: float
) -> NDArray[np.float32]:
    """Average the softened predictions of teachers for faces and their mirror images.

    Parameters
    ----------
    teachers : sequence of AnyClassifier
        At least one.
    images : ndarray of uint8, shape (n, 48, 48)
        The faces that the student will learn from.
    temperature : float
        The higher, the more the less likely emotions count (Hinton et al. 2015).

    Returns
    -------
    ndarray of float32, shape (n, 7)
        Each row sums to 1.

    Raises
    ------
    ValueError
        If there is no teacher.
    """
    if not teachers:
        raise ValueError("expected at least one teacher, got none")
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    views = [teacher.predict(view) for teacher in teachers for view in (images, mirrored)]
    softened = [at_temperature(view, temperature) for view in views]
    return np.mean(softened, axis=0).astype(np.float32)


def mix_targets(
    targets: NDArray[np.float32], opinions: NDArray[np.float32] | None, *, weight: float
) -> NDArray[np.float32]:
    """Mix the targets of a student with the opinions of its teachers, if any.

    Parameters
    ----------
    targets : ndarray of float32, shape (n, 7)
        One-hot labels, or shares of votes.
    opinions : ndarray of float32, shape (n, 7), or None
        Output of `ask_teachers`.
    weight : float
        Weight of the opinions, 0 (targets only) to 1 (opinions only).

    Returns
    -------
    ndarray of float32, shape (n, 7)
        Each row sums to 1.

    Raises
    ------
    ValueError
        If there are not as many opinions as targets.
    """
    if opinions is None:
        return targets
    if len(opinions) != len(targets):
        raise ValueError(
            f"expected an opinion on each of {len(targets)} faces, got {len(opinions)}"
        )
    return (1 - weight) * targets + weight * opinions


def _calibrate(trained: Trained, faces: Faces, recipe: Recipe) -> tuple[Calibration, Prior | None]:
    """Return the calibration, and the prior if the network learned from votes."""
    validation = faces.of_split("PublicTest")
    probabilities = trained.probabilities(validation.images)
    if recipe.target == "labels":
        return calibrate(probabilities, validation.labels), None
    prior = learned_prior(faces.of_split("Training"))
    return calibrate_to_people(probabilities, validation, prior)


def _own_targets(training: Faces, recipe: Recipe) -> NDArray[np.float32]:
    """Return what the Training faces themselves say, shape (n, 7)."""
    if recipe.target == "labels":
        if training.provenance.follows_votes:
            raise DataError(
                'expected faces with their own labels for target="labels", got faces labeled with '
                "what most people see: leave out follow_votes (in a run, continue from notebook "
                '02), or set target="votes"'
            )
        return np.eye(len(EMOTIONS), dtype=np.float32)[training.labels]
    shares = vote_shares(training.votes)
    missing = int((shares.sum(axis=1) == 0).sum())
    if missing:
        raise DataError(
            f'target="votes" needs votes on every Training face, but {missing} have none: load '
            "FER-2013 with votes=..., and call follow_votes before you balance"
        )
    return shares


def _updates_per_epoch(recipe: Recipe, faces: int) -> int:
    updates = min(recipe.updates, recipe.passes * faces // recipe.batch_size)
    return max(1, math.ceil(updates / recipe.epochs))
