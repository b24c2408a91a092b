"""A model folder: the network, its LiteRT export, and a card that says what they are."""

import hashlib
import json
import logging
import os
import platform
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from fer_utils.data.records import IMAGE_SIZE, Faces
from fer_utils.labels import EMOTIONS
from fer_utils.model.classifier import Classifier, ModelError
from fer_utils.model.evaluation import Evaluation
from fer_utils.model.model_card import describe_model
from fer_utils.paths import atomic_file, atomic_folder

if TYPE_CHECKING:
    import keras

    from fer_utils.data.balancing import Balanced
    from fer_utils.model.recipes import Recipe
    from fer_utils.model.training import Trained

_CHECKED_FILES = ("model.keras", "model.tflite")
_VERSIONS_OF = ("keras", "tensorflow", "imbalanced-learn", "numpy", "opencv-python")


@dataclass(frozen=True)
class ModelFolder:
    """A model folder that has been checked.

    Attributes
    ----------
    path : Path
        The folder.
    card : dict
        What ``card.json`` says: labels, input contract, recipe, data, versions, checksums.
    """

    path: Path
    card: dict[str, Any]

    @cached_property
    def classifier(self) -> Classifier:
        """The LiteRT export, ready to predict."""
        return Classifier(self.path / "model.tflite")

    @cached_property
    def network(self) -> "keras.Model":
        """The Keras network, for training on or for looking inside; imports Keras."""
        import keras

        return keras.saving.load_model(self.path / "model.keras", compile=False, safe_mode=True)

    @property
    def history(self) -> pd.DataFrame:
        """One row per epoch of the training."""
        return pd.read_csv(self.path / "history.csv")

    def evaluations(self) -> dict[str, Evaluation]:
        """Return the scores in ``metrics.json`` by set of faces; empty before an evaluation."""
        path = self.path / "metrics.json"
        if not path.is_file():
            return {}
        stored = json.loads(path.read_text())
        return {name: Evaluation.from_dict(values) for name, values in stored.items()}


def save_run(
    path: str | Path,
    trained: "Trained",
    *,
    recipe: "Recipe",
    balanced: "Balanced",
    faces: Faces,
    seed: int,
) -> ModelFolder:
    """Write a model folder, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The folder; an older one is replaced.
    trained : Trained
        What `fer_utils.model.training.train` returned.
    recipe : Recipe
        How it was trained.
    balanced : Balanced
        What it was trained on.
    faces : Faces
        The cleaned faces that `balanced` was made from.
    seed : int
        As given to the training.

    Returns
    -------
    ModelFolder
        The folder, loaded again and checked.
    """
    # Here, so that loading a model imports neither Keras nor TensorFlow.
    from fer_utils.model.architectures import as_float32

    network = as_float32(trained.network)
    with atomic_folder(path) as folder:
        network.save(folder / "model.keras")
        # In a notebook TensorFlow logs every step of an export, and prints it as well.
        logging.getLogger("tensorflow").setLevel(logging.WARNING)
        with redirect_stdout(StringIO()):
            network.export(folder / "model.tflite", format="litert", verbose=False)
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
            "data": {
                "source": faces.provenance.source,
                "kind": faces.provenance.kind,
                "notes": list(faces.provenance.notes),
                "left_out": faces.provenance.left_out,
                "fingerprint": faces.fingerprint(),
                "public_test_fingerprint": faces.of_split("PublicTest").fingerprint(),
                "counts": faces.counts().to_dict(),
            },
            "balancing": {"strategy": balanced.strategy, "images": len(balanced)},
            "training": {
                "recipe": asdict(recipe),
                "seed": seed,
                "seconds": round(trained.seconds, 1),
                "precision": trained.precision,
                "best_epoch": trained.best_epoch,
                "backend": _backend(),
                "processor_cores": os.cpu_count(),
            },
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in _VERSIONS_OF},
            "sha256": {name: _sha256(folder / name) for name in _CHECKED_FILES},
        }
        text = json.dumps(card, indent=2)
        (folder / "card.json").write_text(text)
        (folder / "MODEL_CARD.md").write_text(describe_model(json.loads(text), {}))
    return load_run(path)


def save_metrics(model: ModelFolder, evaluations: dict[str, Evaluation]) -> None:
    """Write ``metrics.json`` and bring ``MODEL_CARD.md`` up to date.

    Parameters
    ----------
    model : ModelFolder
        Where to write.
    evaluations : dict of str to Evaluation
        What `fer_utils.model.evaluation.evaluate_splits` returned.
    """
    stored = {name: evaluation.to_dict() for name, evaluation in evaluations.items()}
    with atomic_file(model.path / "metrics.json") as temporary:
        temporary.write_text(json.dumps(stored, indent=2))
    with atomic_file(model.path / "MODEL_CARD.md") as temporary:
        temporary.write_text(describe_model(model.card, evaluations))


def load_run(path: str | Path) -> ModelFolder:
    """Open a model folder and check that its files are the ones its card describes.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    ModelFolder
        The folder; the networks in it load when first used.

    Raises
    ------
    FileNotFoundError
        If the folder or one of its files is missing.
    ModelError
        If a file was changed or damaged after it was written, or the labels are others.
    """
    path = Path(path)
    if not (path / "card.json").is_file():
        raise FileNotFoundError(
            f"{path} is no model folder (it has no card.json): train one with fer-utils train"
        )
    try:
        card = json.loads((path / "card.json").read_text())
        labels = card["labels"]
        checksums = {name: card["sha256"][name] for name in _CHECKED_FILES}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path / 'card.json'} is damaged: {error!r}") from error
    if labels != list(EMOTIONS):
        raise ModelError(f"{path} predicts {labels}, expected {list(EMOTIONS)}")
    for name, checksum in checksums.items():
        if not (path / name).is_file():
            raise FileNotFoundError(f"{path / name} is missing: train the model again")
        if _sha256(path / name) != checksum:
            raise ModelError(
                f"{path / name} is not the file that card.json describes (its checksum differs): "
                "take the folder again from where it came, or train the model again"
            )
    return ModelFolder(path, card)


def _backend() -> str:
    import keras

    return keras.backend.backend()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
