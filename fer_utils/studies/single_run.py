"""Train and score one run of a study; as a program, in a process with only the run in memory."""

import os
import shutil
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_utils.data.balancing import STRATEGIES, balance
from fer_utils.data.faces import Faces
from fer_utils.model.metrics import metrics_of_probabilities
from fer_utils.model.trained import Trained
from fer_utils.model.training import fit
from fer_utils.paths import atomic_file
from fer_utils.studies.feature_smote import retrain_head
from fer_utils.studies.fitting import fit_published
from fer_utils.studies.protocols import (
    PRIVATE_CLEAN,
    a_as_published,
    a_honest,
    b_as_published,
    b_honest,
    honest,
)
from fer_utils.studies.published_networks import build_network_a, build_network_b
from fer_utils.studies.study_folder import PROBABILITIES, StudyFolder
from fer_utils.studies.study_plan import (
    A_HONEST,
    A_PUBLISHED,
    B_HONEST,
    B_PUBLISHED,
    BASE,
    EMBEDDING_SMOTE,
    LOGIT_ADJUSTMENT,
    NEEDS,
    REPRODUCE,
    WITH_COPIES,
    StudyRun,
)

_NETWORK = "network.keras"
_PUBLISHED = {
    A_PUBLISHED: (build_network_a, a_as_published),
    A_HONEST: (build_network_a, a_honest),
    B_PUBLISHED: (build_network_b, b_as_published),
    B_HONEST: (build_network_b, b_honest),
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
        measure = _reproduce if study.settings.study == REPRODUCE else _balance_and_train
        metrics = measure(study, run, checkpoints)
        study.write_metrics(run, {"method": run.method, "seed": run.seed, **metrics})
    shutil.rmtree(checkpoints, ignore_errors=True)


def _reproduce(study: StudyFolder, run: StudyRun, checkpoints: Path) -> dict[str, Any]:
    """Reproduce a published result, or measure the leak of the official split."""
    settings, faces = study.settings, study.faces()
    if run.method in _PUBLISHED:
        build, protocol_of = _PUBLISHED[run.method]
        protocol = protocol_of(faces, seed=run.seed)
        recipe = settings.a if build is build_network_a else settings.b
        trained = fit_published(build, protocol, recipe, checkpoints=checkpoints, seed=run.seed)
    else:
        protocol = honest(
            faces,
            strategy=settings.recipe.balancing,
            seed=run.seed,
            keep_evaluation_copies=run.method == WITH_COPIES,
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
    trained, more = _train_balanced(study, run, faces, checkpoints)
    worked = time.process_time() - began
    public, private = faces.of_split("PublicTest"), faces.of_split("PrivateTest")
    probabilities = trained.probabilities(public.images)
    with atomic_file(folder / PROBABILITIES) as temporary:
        np.savez_compressed(temporary, probabilities=probabilities, labels=public.labels)
    if run.method == BASE:
        with atomic_file(folder / _NETWORK) as temporary:
            trained.network.save(temporary)
    scores = {
        "PublicTest": metrics_of_probabilities(probabilities, public.labels).to_dict(),
        PRIVATE_CLEAN: _score(trained, private.select(~private.has_training_copy)),
    }
    seconds = {"processor_seconds": round(worked, 1)}
    return {**_describe(trained), **seconds, **more, "scores": scores}


def _train_balanced(
    study: StudyFolder, run: StudyRun, faces: Faces, checkpoints: Path
) -> tuple[Trained, dict[str, Any]]:
    if run.method == EMBEDDING_SMOTE:
        base = study.of_run(StudyRun(method=NEEDS[run.method], seed=run.seed))
        network = keras.saving.load_model(base / _NETWORK, compile=False, safe_mode=True)
        return retrain_head(network, faces, seed=run.seed), {}
    recipe = study.settings.recipe
    if run.method == LOGIT_ADJUSTMENT:
        recipe = replace(recipe, logit_adjustment=1.0)
    strategy = run.method if run.method in STRATEGIES else BASE
    balanced = balance(faces, strategy, seed=run.seed)
    trained = fit(balanced, recipe, checkpoints=checkpoints, seed=run.seed)
    return trained, {"faces_learned": len(balanced.of_split("Training"))}


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
