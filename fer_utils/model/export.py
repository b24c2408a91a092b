"""A smaller and faster export of a model, kept only where it is as accurate.

Apart from `fer_utils.model`, which runs on any backend: the converter is TensorFlow's.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_utils.data.faces import Faces
from fer_utils.model.classifier import Classifier, ModelError
from fer_utils.model.model_folder import EXPORT, QUANTIZED, ModelFolder, open_model, sha256
from fer_utils.model.saving import (
    change_folder,
    milliseconds_per_face,
    size_and_time,
    write_card,
    write_export,
)

# Points of PublicTest accuracy, 0 to 1, that it may lose.
MOST_LOST = 0.003


def add_int8_export(path: str | Path, faces: Faces) -> ModelFolder:
    """Add an export with weights of 8 bits to a model folder, if it is accurate enough.

    Activations are brought to 8 bits for each face as it comes (LiteRT's dynamic range
    quantization). It is kept if it loses no more than `MOST_LOST` on PublicTest. Where Keras runs
    on another backend than TensorFlow, the folder stays as it is.

    Parameters
    ----------
    path : str or Path
        A model folder; its scores are kept.
    faces : Faces
        Those that the model was chosen on, cleaned.

    Returns
    -------
    ModelFolder
        The folder, loaded again and checked.

    Raises
    ------
    ModelError
        If the model was chosen on other faces, or has no float32 export to compare with.
    """
    model = open_model(path)
    if keras.backend.backend() != "tensorflow":
        return model
    if not model.was_chosen_on(faces):
        raise ModelError(
            f"{path} was not chosen on the PublicTest of {faces.provenance.source}: give the data "
            f"that it learned from ({model.card['data']['source']})"
        )
    with change_folder(model) as folder:
        found = _export(model, folder / QUANTIZED, faces.of_split("PublicTest"))
        sums = {name: value for name, value in model.card["sha256"].items() if name != QUANTIZED}
        if found["kept"]:
            sums[QUANTIZED] = sha256(folder / QUANTIZED)
        else:
            (folder / QUANTIZED).unlink()
        write_card(folder, model.card | {"int8": found, "sha256": sums}, model)
    return open_model(path)


def _export(model: ModelFolder, path: Path, public_test: Faces) -> dict[str, Any]:
    """Write the export; return what the card says of it."""
    from tensorflow import lite  # Loading it takes seconds.

    write_export(model.network, path, optimizations=[lite.Optimize.DEFAULT])
    before, after = (
        classifier.predict(public_test.images).argmax(axis=1)
        for classifier in (model.classifier, Classifier(path))
    )
    float_accuracy, accuracy = (
        float(np.mean(said == public_test.labels)) for said in (before, after)
    )
    return {
        "kept": accuracy >= float_accuracy - MOST_LOST,
        "public_test_accuracy": accuracy,
        "float32_public_test_accuracy": float_accuracy,
        "same_answers": float(np.mean(before == after)),
        **size_and_time(path),
        "float32_milliseconds": milliseconds_per_face(model.path / EXPORT),
    }
