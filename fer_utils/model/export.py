"""Export models to LiteRT: in float32, and with 8-bit weights if that is as accurate."""

import logging
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.model.classifier import Classifier, ModelError
from fer_utils.model.model_folder import EXPORT, QUANTIZED, ModelFolder, open_model, sha256
from fer_utils.model.saving import change_folder, write_card
from fer_utils.model.timing import median_milliseconds

# Largest loss of PublicTest accuracy, 0 to 1, at which the 8-bit export is kept.
MOST_LOST = 0.003


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
        `MOST_LOST` of the accuracy on their PublicTest.

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
    if (model.path / EXPORT).is_file() and faces is None:
        return model
    with change_folder(model) as folder:
        card = dict(model.card)
        if not (folder / EXPORT).is_file():
            card |= _export_float32(model.network, folder)
        if faces is not None:
            card |= _export_int8(model.network, folder, faces.of_split("PublicTest"))
        exports = (EXPORT, QUANTIZED)
        sums = {name: value for name, value in card["sha256"].items() if name not in exports}
        sums |= {name: sha256(folder / name) for name in exports if (folder / name).is_file()}
        write_card(folder, card | {"sha256": sums})
    return open_model(path)


def _export_float32(network: keras.Model, folder: Path) -> dict[str, Any]:
    """Write the export; return what the card records about it."""
    _convert(network, folder / EXPORT)
    return {"inference": _size_and_time(folder / EXPORT)}


def _export_int8(network: keras.Model, folder: Path, public_test: Faces) -> dict[str, Any]:
    """Write the export, or remove it if it is not accurate; return what the card records."""
    from tensorflow import lite  # takes seconds

    path = folder / QUANTIZED
    _convert(network, path, optimizations=[lite.Optimize.DEFAULT])
    exact, quantized = (
        Classifier(file).predict(public_test.images).argmax(axis=1)
        for file in (folder / EXPORT, path)
    )
    exact_accuracy, accuracy = (
        float(np.mean(predicted == public_test.labels)) for predicted in (exact, quantized)
    )
    is_kept = accuracy >= exact_accuracy - MOST_LOST
    found = {
        "kept": is_kept,
        "public_test_accuracy": accuracy,
        "float32_public_test_accuracy": exact_accuracy,
        "same_answers": float(np.mean(exact == quantized)),
        **_size_and_time(path),
        "float32_milliseconds": _milliseconds_per_face(folder / EXPORT),
    }
    if not is_kept:
        path.unlink()
    return {"int8": found}


def _convert(network: keras.Model, path: Path, **options: Any) -> None:
    # TensorFlow logs every step of an export to a notebook, and prints it, too.
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    with redirect_stdout(StringIO()):
        network.export(path, format="litert", verbose=False, **options)


def _size_and_time(path: Path) -> dict[str, float]:
    return {
        "kilobytes": round(path.stat().st_size / 1024),
        "milliseconds": _milliseconds_per_face(path),
    }


def _milliseconds_per_face(path: Path) -> float:
    classifier = Classifier(path)
    face = np.zeros((1, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    return round(median_milliseconds(lambda: classifier.predict(face)), 2)
