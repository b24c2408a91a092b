"""Train and score one run of a study; as a program, in a process with only the run in memory."""

import os
import shutil
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers

from fer_utils.data.balancing import STRATEGIES, balance
from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import metrics_of_probabilities
from fer_utils.model.network import for_inference
from fer_utils.model.trained import Trained
from fer_utils.model.training import fit
from fer_utils.paths import atomic_file
from fer_utils.studies import protocols, study_plan
from fer_utils.studies.epoch_predictions import EpochPredictions
from fer_utils.studies.published_networks import build_network_a, build_network_b, fit_published
from fer_utils.studies.study_folder import PREDICTIONS, StudyFolder
from fer_utils.studies.study_plan import BASE, NEEDS, StudyRun

_NETWORK = "network.keras"
# Settings of `retrain_head`.
_EPOCHS, _UPDATES_PER_EPOCH, _BATCH_SIZE = 10, 100, 512
_LEARNING_RATE, _DROPOUT = 3e-3, 0.2
_PUBLISHED = {
    study_plan.A_PUBLISHED: (build_network_a, protocols.a_as_published),
    study_plan.A_HONEST: (build_network_a, protocols.a_honest),
    study_plan.B_PUBLISHED: (build_network_b, protocols.b_as_published),
    study_plan.B_HONEST: (build_network_b, protocols.b_honest),
}


def perform_run(path: Path, run: StudyRun) -> None:
    """Train, score, and write the metrics of a run, unless it is complete.

    After a kill, the same call resumes the training.

    Parameters
    ----------
    path : Path
        The folder of a prepared study.
    run : StudyRun
        A run of the study; any run that it builds on is complete.
    """
    study = StudyFolder(path)
    checkpoints = study.of_run(run) / "checkpoints"
    if not study.is_done(run):
        checkpoints.parent.mkdir(parents=True, exist_ok=True)
        measure = _MEASURES[study.settings.study]
        study.write_metrics(run, asdict(run) | measure(study, run, checkpoints))
    shutil.rmtree(checkpoints, ignore_errors=True)


def retrain_head(network: keras.Model, faces: Faces, *, seed: int = 0) -> Trained:
    """Balance the features of Training with SMOTE and train a new last layer on them.

    All other layers stay the same (classifier re-training, Kang et al. 2020, "Decoupling
    representation and classifier for long-tailed recognition").

    Parameters
    ----------
    network : keras.Model
        Output of `fer_utils.model.network.build_network`, trained without balancing.
    faces : Faces
        Features are computed from Training without augmentation; the epoch is chosen on
        PublicTest.
    seed : int
        Seed of SMOTE, weights, and order.

    Returns
    -------
    Trained
        The network in float32 with the last layer of the best epoch. Its history has ``epoch``,
        ``val_accuracy`` and ``seconds``, only of the new layer.

    Raises
    ------
    ValueError
        If an emotion has too few faces for SMOTE.
    """
    from imblearn.over_sampling import SMOTE

    began = time.monotonic()
    training, validation = faces.of_split("Training"), faces.of_split("PublicTest")
    keras.utils.set_random_seed(seed)
    retrained = for_inference(network)
    body = keras.Model(retrained.input, retrained.get_layer("features").output)
    original, unseen = (
        body.predict(part.images[..., None], batch_size=_BATCH_SIZE, verbose=0)
        for part in (training, validation)
    )
    features, labels = SMOTE(random_state=seed).fit_resample(original, training.labels)
    scores = layers.Dense(len(EMOTIONS))
    head = keras.Sequential(
        [keras.Input(features.shape[1:]), layers.Dropout(_DROPOUT), scores, layers.Softmax()]
    )
    head.compile(keras.optimizers.Adam(_LEARNING_RATE), "sparse_categorical_crossentropy")
    accuracies: list[float] = []
    random = np.random.default_rng(seed)
    for _ in range(_EPOCHS):
        # The same number of updates for any amount of data: few features are repeated.
        shown = np.resize(random.permutation(len(features)), _UPDATES_PER_EPOCH * _BATCH_SIZE)
        head.fit(features[shown], labels[shown], batch_size=_BATCH_SIZE, verbose=0)
        predicted = head.predict(unseen, batch_size=_BATCH_SIZE, verbose=0).argmax(axis=1)
        accuracy = float((predicted == validation.labels).mean())
        if accuracy > max(accuracies, default=-1.0):
            retrained.get_layer("scores").set_weights(scores.get_weights())
        accuracies.append(accuracy)
    history = pd.DataFrame({"epoch": range(1, _EPOCHS + 1), "val_accuracy": accuracies})
    seconds = (time.monotonic() - began) / _EPOCHS
    return Trained(retrained, history.assign(seconds=seconds), "float32")


def _reproduce(study: StudyFolder, run: StudyRun, checkpoints: Path) -> dict[str, Any]:
    """Reproduce a published result, or measure the leak of the official split."""
    settings, faces = study.settings, study.faces()
    if run.method in _PUBLISHED:
        build, protocol_of = _PUBLISHED[run.method]
        protocol = protocol_of(faces, seed=run.seed)
        recipe = settings.a if build is build_network_a else settings.b
        trained = fit_published(build, protocol, recipe, checkpoints=checkpoints, seed=run.seed)
    else:
        protocol = protocols.honest(
            faces,
            strategy=settings.recipe.balancing,
            seed=run.seed,
            keep_evaluation_copies=run.method == study_plan.WITH_COPIES,
        )
        trained = fit(protocol.faces, settings.recipe, checkpoints=checkpoints, seed=run.seed)
    return {
        **_describe(trained),
        "faces_learned": len(protocol.learned),
        "leaks": protocol.leaks(),
        "scores": {name: _score(trained, scored) for name, scored in protocol.scored.items()},
    }


def _balance_and_train(study: StudyFolder, run: StudyRun, checkpoints: Path) -> dict[str, Any]:
    """Train a network with one balancing method and store its PublicTest probabilities.

    Every choice depends on PublicTest: the epoch within a run, and the method among the runs. Each
    run scores PrivateTest once, for the table only.
    """
    folder, faces = study.of_run(run), study.faces()
    # Unlike wall time, processor time does not depend on other programs.
    began = time.process_time()
    if run.method == study_plan.EMBEDDING_SMOTE:
        base = study.of_run(StudyRun(method=NEEDS[run.method], seed=run.seed))
        network = keras.saving.load_model(base / _NETWORK, compile=False, safe_mode=True)
        trained, learned = retrain_head(network, faces, seed=run.seed), {}
    else:
        adjustment = 1.0 if run.method == study_plan.LOGIT_ADJUSTMENT else 0.0
        recipe = replace(study.settings.recipe, logit_adjustment=adjustment)
        strategy = run.method if run.method in STRATEGIES else BASE
        balanced = balance(faces, strategy, seed=run.seed)
        trained = fit(balanced, recipe, checkpoints=checkpoints, seed=run.seed)
        learned = {"faces_learned": len(balanced.of_split("Training"))}
    worked = time.process_time() - began
    public, private = faces.of_split("PublicTest"), faces.of_split("PrivateTest")
    probabilities = trained.probabilities(public.images)
    with atomic_file(folder / PREDICTIONS) as temporary:
        np.savez_compressed(temporary, probabilities=probabilities, labels=public.labels)
    if run.method == BASE:
        with atomic_file(folder / _NETWORK) as temporary:
            trained.network.save(temporary)
    return {
        **_describe(trained),
        "processor_seconds": round(worked, 1),
        **learned,
        "scores": {
            "PublicTest": metrics_of_probabilities(probabilities, public.labels).to_dict(),
            protocols.PRIVATE_CLEAN: _score(trained, private.select(~private.has_training_copy)),
        },
    }


def _keep_every_epoch(study: StudyFolder, run: StudyRun, checkpoints: Path) -> dict[str, Any]:
    """Train a network and store what it predicts for both evaluation splits after every epoch.

    The network itself is thrown away: it only shows what choices on PrivateTest do to a score.
    """
    recipe = study.settings.recipe
    protocol = protocols.honest(
        study.faces(),
        strategy=recipe.balancing,
        seed=run.seed,
        learn_public_test=run.method == study_plan.WITH_PUBLIC_TEST,
    )
    public, private = protocol.chosen_on, protocol.scored[protocols.PRIVATE_WHOLE]
    images = np.concatenate([public.images, private.images])
    watch = EpochPredictions(checkpoints / "predictions", images)
    trained = fit(protocol.faces, recipe, checkpoints=checkpoints, seed=run.seed, callbacks=[watch])
    on_public, on_private = np.split(watch.predictions(), [len(public)], axis=1)
    with atomic_file(study.of_run(run) / PREDICTIONS) as temporary:
        np.savez_compressed(
            temporary,
            public=on_public,
            public_labels=public.labels,
            private=on_private,
            private_labels=private.labels,
            private_copies=protocols.find_copies(private.images, protocol.learned.images),
        )
    accuracy = (on_private == private.labels).mean(axis=1)
    return {
        **_describe(replace(trained, history=trained.history.assign(private_accuracy=accuracy))),
        "faces_learned": len(protocol.learned),
        "leaks": protocol.leaks(),
    }


_MEASURES = {
    study_plan.REPRODUCE: _reproduce,
    study_plan.BALANCING: _balance_and_train,
    study_plan.SHORTCUTS: _keep_every_epoch,
}


def _score(trained: Trained, faces: Faces) -> dict[str, Any]:
    return metrics_of_probabilities(trained.probabilities(faces.images), faces.labels).to_dict()


def _describe(trained: Trained) -> dict[str, Any]:
    """Describe a training as values for JSON."""
    return {
        "parameters": trained.network.count_params(),
        "epochs": len(trained.history),
        "best_epoch": trained.best_epoch,
        "precision": trained.precision,
        "seconds": round(trained.seconds, 1),
        "peak_memory_mib": _peak_memory(),
        "history": trained.history.round(4).to_dict(orient="list"),
    }


def _peak_memory() -> int | None:
    """Return the peak memory of this process in MiB, or None if the system does not report it."""
    try:
        import resource  # missing on Windows
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 2**20 if sys.platform == "darwin" else peak // 2**10


def _end_with_parent() -> None:
    """Wait until the parent process ends, then end this one."""
    # Not sys.stdin, whose lock would still be held when this process ends by itself.
    while os.read(0, 1):
        pass
    os._exit(1)


def _main() -> None:
    path, method, seed = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    perform_run(Path(path), StudyRun(method=method, seed=int(seed)))


if __name__ == "__main__":
    _main()
