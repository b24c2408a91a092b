"""Write model folders: the network, its LiteRT exports, and the card."""

import json
import logging
import os
import platform
import shutil
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.litert import ModelError
from fer_utils.model.calibration import Calibration
from fer_utils.model.card_file import NETWORK
from fer_utils.model.classifier import Classifier
from fer_utils.model.face_size import measure_face_sizes
from fer_utils.model.model_files import sha256
from fer_utils.model.model_folder import EXPORT, QUANTIZED, ModelFolder, open_model
from fer_utils.model.network import for_inference
from fer_utils.model.prior import Prior
from fer_utils.model.recipes import Recipe, profile_of
from fer_utils.model.timing import median_milliseconds
from fer_utils.model.trained import Trained
from fer_utils.paths import atomic_folder, write_text

# Largest loss of PublicTest accuracy, 0 to 1, at which the 8-bit export is kept.
MOST_LOST = 0.003


def save_model(path: str | Path, trained: Trained, card: dict[str, Any]) -> ModelFolder:
    """Write a model folder without exports, completely or not at all.

    Parameters
    ----------
    path : str or Path
        The folder; an older one is replaced.
    trained : Trained
        Output of `fer_utils.model.training.fit`.
    card : dict
        Output of `make_card`; its temperature is built into the network, and so is what undoes the
        balancing if it has a prior.

    Returns
    -------
    ModelFolder
        The folder, opened again and checked.

    See Also
    --------
    add_exports : Add the LiteRT exports.
    """
    with atomic_folder(path) as folder:
        network = for_inference(
            trained.network,
            temperature=card["calibration"]["temperature"],
            divisors=Prior.from_dict(card["prior"]).surplus if "prior" in card else None,
        )
        network.save(folder / NETWORK)
        trained.history.to_csv(folder / "history.csv", index=False)
        write_card(folder, card | {"sha256": {NETWORK: sha256(folder / NETWORK)}})
    return open_model(path, trust=True)


def make_card(
    trained: Trained,
    *,
    calibration: Calibration,
    prior: Prior | None = None,
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
    prior : Prior, optional
        The prior, if the network learned from votes.
    recipe, faces, seed
        What the training was called with.
    teachers : sequence of ModelFolder
        Models that the network learned from, if any.

    Returns
    -------
    dict
        JSON-compatible values.
    """
    originals, provenance = faces.select(~faces.is_synthetic), faces.provenance
    versions = {"python": platform.python_version()}
    for name in ("keras", "tensorflow", "jax", "imbalanced-learn", "numpy", "opencv-python"):
        with suppress(PackageNotFoundError):  # TensorFlow and JAX do not need each other
            versions[name] = version(name)
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
        **({} if prior is None else {"prior": asdict(prior)}),
        "data": {
            "source": provenance.source,
            "kind": provenance.kind,
            "notes": list(provenance.notes),
            "left_out": provenance.left_out,
            "fingerprint": originals.fingerprint(),
            "public_test_fingerprint": originals.of_split("PublicTest").fingerprint(),
            "counts": originals.counts().to_dict(),
        },
        "balancing": {"strategy": provenance.balancing, "images": len(faces.of_split("Training"))},
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
        "versions": versions,
    }


def can_export() -> bool:
    """Whether Keras runs on TensorFlow, the only backend that can export."""
    return bool(keras.backend.backend() == "tensorflow")


def add_exports(path: str | Path, faces: Faces | None = None) -> ModelFolder:
    """Add the LiteRT exports that a model folder lacks.

    Parameters
    ----------
    path : str or Path
        The folder; its scores and a float32 export that it already has stay the same.
    faces : Faces, optional
        The faces that the model was chosen on, cleaned. With them, an export with 8-bit weights
        (LiteRT's dynamic range quantization) is made again, and kept if it loses no more than
        `MOST_LOST` of the accuracy on their PublicTest. A model that learned from votes is also
        scored on smaller copies of its faces.

    Returns
    -------
    ModelFolder
        The folder, opened again and checked.

    Raises
    ------
    ModelError
        If Keras does not run on TensorFlow, or the model was chosen on other faces.
    """
    if not can_export():
        raise ModelError(
            f"the LiteRT export needs Keras on TensorFlow, got {keras.backend.backend()}: "
            "unset KERAS_BACKEND on a machine with TensorFlow"
        )
    model = open_model(path)
    if faces is not None and not model.was_chosen_on(faces):
        raise ModelError(
            f"{path} was not chosen on the PublicTest of {faces.provenance.source}: "
            f"pass the data that it was trained on ({model.card['data']['source']})"
        )
    if faces is None and (model.path / EXPORT).is_file():
        return model
    with atomic_folder(path) as folder:
        shutil.copytree(path, folder, dirs_exist_ok=True)
        card = dict(model.card)
        if not (folder / EXPORT).is_file():
            _convert(model.network, folder / EXPORT)
            card["inference"] = _size_and_time(folder / EXPORT)
        if faces is not None:
            public_test = model.relabel(faces).of_split("PublicTest")
            card["int8"] = _export_int8(model.network, folder, public_test)
        exports = [name for name in (EXPORT, QUANTIZED) if (folder / name).is_file()]
        sums = {name: sha256(folder / name) for name in exports}
        card["sha256"] = {NETWORK: card["sha256"][NETWORK]} | sums
        if faces is not None and model.prior is not None:
            classifier = ModelFolder(folder, card).open_classifier(threads=os.cpu_count() or 1)
            card["face_sizes"] = asdict(measure_face_sizes(classifier.predict, public_test))
        write_card(folder, card)
    return open_model(path)


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write ``card.json`` and, from it and the scores in the folder, ``MODEL_CARD.md``."""
    text = json.dumps(card, indent=2)
    write_text(folder / "card.json", text)
    ModelFolder(folder, json.loads(text)).write_model_card()


def _export_int8(network: keras.Model, folder: Path, public_test: Faces) -> dict[str, Any]:
    """Write the export, or remove it if it is not accurate; return what the card records."""
    from tensorflow import lite  # takes seconds

    paths = folder / EXPORT, folder / QUANTIZED
    _convert(network, paths[1], optimizations=[lite.Optimize.DEFAULT])
    exact, rounded = (Classifier(path).predict(public_test.images).argmax(axis=1) for path in paths)
    accuracies = [float((each == public_test.labels).mean()) for each in (exact, rounded)]
    found = {
        "kept": accuracies[1] >= accuracies[0] - MOST_LOST,
        "public_test_accuracy": accuracies[1],
        "float32_public_test_accuracy": accuracies[0],
        "same_answers": float((exact == rounded).mean()),
        **_size_and_time(paths[1]),
        "float32_milliseconds": _size_and_time(paths[0])["milliseconds"],
    }
    if not found["kept"]:
        paths[1].unlink()
    return found


def _convert(network: keras.Model, path: Path, **options: Any) -> None:
    # TensorFlow logs every step of an export to a notebook, and prints it, too.
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    with redirect_stdout(StringIO()):
        network.export(path, format="litert", verbose=False, **options)


def _size_and_time(path: Path) -> dict[str, float]:
    classifier, face = Classifier(path), np.zeros((1, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    milliseconds = median_milliseconds(lambda: classifier.predict(face))
    return {"kilobytes": round(path.stat().st_size / 1024), "milliseconds": round(milliseconds, 2)}
