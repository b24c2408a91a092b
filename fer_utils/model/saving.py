"""Write a model folder from a finished training, and its LiteRT export."""

import json
import logging
import os
import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_utils.data.balancing import Balanced
from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import Calibration
from fer_utils.model.classifier import Classifier, ModelError
from fer_utils.model.model_card import describe_model
from fer_utils.model.model_folder import EXPORT, NETWORK, ModelFolder, open_model, sha256
from fer_utils.model.network import for_inference
from fer_utils.model.recipes import Recipe, profile_of
from fer_utils.model.training import Trained
from fer_utils.paths import atomic_file, atomic_folder

_VERSIONS_OF = ("keras", "tensorflow", "jax", "imbalanced-learn", "numpy", "opencv-python")
_TIMED_RUNS = 50


def save_model(
    path: str | Path,
    trained: Trained,
    *,
    calibration: Calibration,
    recipe: Recipe,
    balanced: Balanced,
    faces: Faces,
    seed: int,
    teachers: Sequence[ModelFolder] = (),
) -> ModelFolder:
    """Write a model folder, whole or not at all.

    The LiteRT export is left out where Keras runs on another backend than TensorFlow; see
    `add_export`.

    Parameters
    ----------
    path : str or Path
        The folder; an older one is replaced.
    trained : Trained
        What `fer_utils.model.training.train` returned.
    calibration : Calibration
        What `fer_utils.model.calibration.calibrate` found; its temperature is built in.
    recipe : Recipe
        How it was trained.
    balanced : Balanced
        What it was trained on.
    faces : Faces
        The cleaned faces that `balanced` was made from.
    seed : int
        As given to the training.
    teachers : sequence of ModelFolder
        Those that it learned from, if any.

    Returns
    -------
    ModelFolder
        The folder, loaded again and checked.
    """
    network = for_inference(trained.network, temperature=calibration.temperature)
    with atomic_folder(path) as folder:
        network.save(folder / NETWORK)
        trained.history.to_csv(folder / "history.csv", index=False)
        card = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "labels": list(EMOTIONS),
            "input": {
                "shape": [IMAGE_SIZE, IMAGE_SIZE, 1],
                "range": [0, 255],
                "meaning": "gray face framed as in FER-2013",
            },
            "parameters": int(network.count_params()),
            "calibration": asdict(calibration),
            "data": _describe_data(faces),
            "balancing": {"strategy": balanced.strategy, "images": len(balanced)},
            "training": {
                "profile": None if teachers else profile_of(recipe),
                "teachers": [teacher.card["sha256"][NETWORK] for teacher in teachers],
                "recipe": asdict(recipe),
                "seed": seed,
                "seconds": round(trained.seconds, 1),
                "precision": trained.precision,
                "best_epoch": trained.best_epoch,
                "epochs": len(trained.history),
                "backend": keras.backend.backend(),
                "processor_cores": os.cpu_count(),
            },
            "versions": {"python": platform.python_version()} | _versions(),
            "sha256": {NETWORK: sha256(folder / NETWORK)},
        }
        if keras.backend.backend() == "tensorflow":
            card |= _export(network, folder, card)
        write_card(folder, card)
    return open_model(path)


def add_export(path: str | Path) -> ModelFolder:
    """Add the LiteRT export to a model folder that was written where it could not be made.

    Parameters
    ----------
    path : str or Path
        The folder; its scores are kept. One that has the export stays as it is.

    Returns
    -------
    ModelFolder
        The folder, loaded again and checked.

    Raises
    ------
    ModelError
        If Keras does not run on TensorFlow, the only backend that can export.
    """
    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"LiteRT export needs Keras on TensorFlow, this is {keras.backend.backend()}: "
            "run it without KERAS_BACKEND where TensorFlow is installed"
        )
    model = open_model(path)
    if EXPORT in model.card["sha256"]:
        return model
    with change_folder(model) as folder:
        card = model.card | _export(model.network, folder, model.card)
        write_card(folder, card, model)
    return open_model(path)


@contextmanager
def change_folder(model: ModelFolder) -> Iterator[Path]:
    """Give a copy of a model folder, which replaces it at the end unless something fails."""
    with atomic_folder(model.path) as folder:
        for file in model.path.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        yield folder


def _export(network: keras.Model, folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Write the export; return what the card says of it."""
    write_export(network, folder / EXPORT)
    return {
        "inference": size_and_time(folder / EXPORT),
        "sha256": card["sha256"] | {EXPORT: sha256(folder / EXPORT)},
    }


def write_export(network: keras.Model, path: Path, **options: Any) -> None:
    """Write a LiteRT export, quietly; options are those of TensorFlow's converter."""
    # In a notebook TensorFlow logs every step of an export, and prints it as well.
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    with redirect_stdout(StringIO()):
        network.export(path, format="litert", verbose=False, **options)


def size_and_time(path: Path) -> dict[str, float]:
    """Return the size of an export, and the time that it takes for a face on one thread."""
    return {
        "kilobytes": round(path.stat().st_size / 1024),
        "milliseconds": milliseconds_per_face(path),
    }


def milliseconds_per_face(path: Path) -> float:
    """Return the median time that an export takes for a face on one thread."""
    classifier = Classifier(path)
    face = np.zeros((1, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    seconds = []
    for _ in range(_TIMED_RUNS):
        started = time.perf_counter()
        classifier.predict(face)
        seconds.append(time.perf_counter() - started)
    return round(1000 * statistics.median(seconds), 2)


def write_card(folder: Path, card: dict[str, Any], before: ModelFolder | None = None) -> None:
    """Write both cards of a model, with the scores that it had before."""
    text = json.dumps(card, indent=2)
    evaluations = before.evaluations() if before else {}
    scored = before.private_test_scored if before else 0
    with atomic_file(folder / "card.json") as temporary:
        temporary.write_text(text)
    with atomic_file(folder / "MODEL_CARD.md") as temporary:
        temporary.write_text(
            describe_model(json.loads(text), evaluations, private_test_scored=scored)
        )


def _describe_data(faces: Faces) -> dict[str, Any]:
    return {
        "source": faces.provenance.source,
        "kind": faces.provenance.kind,
        "notes": list(faces.provenance.notes),
        "left_out": faces.provenance.left_out,
        "fingerprint": faces.fingerprint(),
        "public_test_fingerprint": faces.of_split("PublicTest").fingerprint(),
        "counts": faces.counts().to_dict(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _VERSIONS_OF:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # training on JAX needs no TensorFlow, and the other way round
    return found
