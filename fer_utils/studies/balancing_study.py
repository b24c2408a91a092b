"""One run of the second study: the same network, balanced in one of many ways."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_utils.data.balancing import STRATEGIES, balance
from fer_utils.data.faces import Faces
from fer_utils.model.metrics import evaluate_probabilities
from fer_utils.model.training import Trained, train
from fer_utils.paths import atomic_file
from fer_utils.studies.feature_smote import retrain_head
from fer_utils.studies.protocols import CLEAN
from fer_utils.studies.study_folder import PROBABILITIES
from fer_utils.studies.study_plan import (
    BASE,
    EMBEDDING_SMOTE,
    LOGIT_ADJUSTMENT,
    StudyRun,
    StudySettings,
)
from fer_utils.studies.training_summary import describe_training

NETWORK = "network.keras"


def perform(
    run: StudyRun, faces: Faces, settings: StudySettings, *, folder: Path, base: Path
) -> dict[str, Any]:
    """Balance, train and score.

    Every choice is made on PublicTest: the epoch within a run, and the method among the runs.
    PrivateTest is scored once by each run, for the table, and decides nothing.

    Parameters
    ----------
    run : StudyRun
        Which method, and the seed.
    faces : Faces
        Cleaned.
    settings : StudySettings
        Of the study.
    folder : Path
        The run's, where the probabilities on PublicTest are written, and the network of the run
        without balancing.
    base : Path
        The folder of the run without balancing of the same seed.

    Returns
    -------
    dict
        How the training went and the scores of each set of faces, ready for JSON.
    """
    # Wall clocks tell of other runs on the machine too.
    began = time.process_time()
    if run.method == EMBEDDING_SMOTE:
        network = keras.saving.load_model(base / NETWORK, compile=False, safe_mode=True)
        parts = faces.of_split("Training"), faces.of_split("PublicTest")
        trained = retrain_head(network, *parts, seed=run.seed)
        more: dict[str, Any] = {}
    else:
        trained, more = _train(run, faces, settings, checkpoints=folder / "checkpoints")
    worked = time.process_time() - began
    public, private = faces.of_split("PublicTest"), faces.of_split("PrivateTest")
    private = private.select(~private.has_training_copy)
    said = trained.probabilities(public.images)
    with atomic_file(folder / PROBABILITIES) as temporary:
        np.savez_compressed(temporary, probabilities=said, labels=public.labels)
    if run.method == BASE:
        with atomic_file(folder / NETWORK) as temporary:
            trained.network.save(temporary)
    scores = {
        "PublicTest": evaluate_probabilities(said, public.labels),
        CLEAN: evaluate_probabilities(trained.probabilities(private.images), private.labels),
    }
    figures = {name: evaluation.to_dict() for name, evaluation in scores.items()}
    seconds = {"processor_seconds": round(worked, 1)}
    return {**describe_training(trained), **seconds, **more, "scores": figures}


def _train(
    run: StudyRun, faces: Faces, settings: StudySettings, *, checkpoints: Path
) -> tuple[Trained, dict[str, Any]]:
    """Train a network on balanced faces, or with an adjusted loss."""
    training, recipe = faces.of_split("Training"), settings.recipe
    strategy = run.method if run.method in STRATEGIES else BASE
    if run.method == LOGIT_ADJUSTMENT:
        recipe = replace(recipe, logit_adjustment=1.0)
    balanced = balance(training.images, training.labels, strategy=strategy, seed=run.seed)
    trained = train(
        balanced, faces.of_split("PublicTest"), recipe, checkpoints=checkpoints, seed=run.seed
    )
    return trained, {"faces_learned": len(balanced)}
