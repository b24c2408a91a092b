"""Write model folders and their cards."""

import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras

from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.calibration import Calibration
from fer_utils.model.model_folder import NETWORK, ModelFolder, open_model, sha256
from fer_utils.model.network import for_inference
from fer_utils.model.recipes import Recipe, profile_of
from fer_utils.model.trained import Trained
from fer_utils.paths import atomic_folder, write_text

_PACKAGES = ("keras", "tensorflow", "jax", "imbalanced-learn", "numpy", "opencv-python")


def save_model(path: str | Path, trained: Trained, card: dict[str, Any]) -> ModelFolder:
    """Write a model folder without exports, completely or not at all.

    Parameters
    ----------
    path : str or Path
        The folder; an older one is replaced.
    trained : Trained
        Output of `fer_utils.model.training.fit`.
    card : dict
        Output of `make_card`; its temperature is built into the network.

    Returns
    -------
    ModelFolder
        The folder, opened again and checked.

    See Also
    --------
    fer_utils.model.export.add_exports : Add the LiteRT exports.
    """
    temperature = card["calibration"]["temperature"]
    with atomic_folder(path) as folder:
        for_inference(trained.network, temperature=temperature).save(folder / NETWORK)
        trained.history.to_csv(folder / "history.csv", index=False)
        write_card(folder, card | {"sha256": {NETWORK: sha256(folder / NETWORK)}})
    return open_model(path)


def make_card(
    trained: Trained,
    *,
    calibration: Calibration,
    recipe: Recipe,
    faces: Faces,
    seed: int,
    teachers: Sequence[ModelFolder] = (),
) -> dict[str, Any]:
    """Describe a model: the content of ``card.json``, without checksums.

    Parameters
    ----------
    trained : Trained
        Output of `fer_utils.model.training.fit`.
    calibration : Calibration
        Output of `fer_utils.model.calibration.calibrate`.
    recipe, faces, seed
        What the training was called with.
    teachers : sequence of ModelFolder
        Models that the network learned from, if any.

    Returns
    -------
    dict
        Values that JSON has.
    """
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "labels": list(EMOTIONS),
        "input": {
            "shape": [IMAGE_SIZE, IMAGE_SIZE, 1],
            "range": [0, 255],
            "meaning": "gray face framed as in FER-2013",
        },
        "parameters": int(trained.network.count_params()),
        "calibration": asdict(calibration),
        "data": _describe_data(faces.select(~faces.is_synthetic)),
        "balancing": {
            "strategy": faces.provenance.balancing,
            "images": len(faces.of_split("Training")),
        },
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
    }


@contextmanager
def change_folder(model: ModelFolder) -> Iterator[Path]:
    """Yield a copy of a model folder, which replaces it on success."""
    with atomic_folder(model.path) as folder:
        for file in model.path.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        yield folder


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write ``card.json`` and, from it and the scores in the folder, ``MODEL_CARD.md``."""
    text = json.dumps(card, indent=2)
    write_text(folder / "card.json", text)
    ModelFolder(folder, json.loads(text)).write_model_card()


def _describe_data(originals: Faces) -> dict[str, Any]:
    provenance = originals.provenance
    return {
        "source": provenance.source,
        "kind": provenance.kind,
        "notes": list(provenance.notes),
        "left_out": provenance.left_out,
        "fingerprint": originals.fingerprint(),
        "public_test_fingerprint": originals.of_split("PublicTest").fingerprint(),
        "counts": originals.counts().to_dict(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # TensorFlow and JAX do not need each other
    return found
