"""A model folder: the network, its LiteRT export, and a card that says what they are.

`fer_utils.model.saving` writes one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from fer_utils.data.faces import Faces
from fer_utils.emotions import EMOTIONS
from fer_utils.model.classifier import Classifier, ModelError
from fer_utils.model.metrics import Evaluation
from fer_utils.model.model_card import describe_model
from fer_utils.paths import atomic_file

if TYPE_CHECKING:
    import keras

NETWORK, EXPORT = "model.keras", "model.tflite"
# The export with weights of 8 bits, where it is as accurate.
QUANTIZED = "model_int8.tflite"


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
        """The LiteRT export, ready to predict on one thread."""
        return self.open_classifier()

    def open_classifier(self, *, threads: int = 1, fastest: bool = False) -> Classifier:
        """Return the LiteRT export, ready to predict.

        Parameters
        ----------
        threads : int
            Threads that LiteRT may use.
        fastest : bool
            Whether the int8 export is taken where there is one. The scores in ``metrics.json``
            are those of the float32 export.

        Raises
        ------
        ModelError
            If the folder has no export yet.
        """
        name = self.fastest_export if fastest else EXPORT
        if name not in self.card["sha256"]:
            raise ModelError(
                f"{self.path} holds no {EXPORT} yet: run fer-utils export {self.path} "
                "where TensorFlow is installed"
            )
        return Classifier(self.path / name, threads=threads)

    @property
    def fastest_export(self) -> str:
        """Name of the int8 export where there is one, else of the float32 export."""
        return QUANTIZED if QUANTIZED in self.card["sha256"] else EXPORT

    @cached_property
    def network(self) -> "keras.Model":
        """The Keras network, for training on or for looking inside; imports Keras."""
        import keras

        return keras.saving.load_model(self.path / NETWORK, compile=False, safe_mode=True)

    @property
    def history(self) -> pd.DataFrame:
        """One row per epoch of the training."""
        return pd.read_csv(self.path / "history.csv")

    def evaluations(self) -> dict[str, Evaluation]:
        """Return the scores in ``metrics.json`` by set of faces; empty before an evaluation."""
        path = self.path / "metrics.json"
        return load_evaluations(path) if path.is_file() else {}

    def was_chosen_on(self, faces: Faces) -> bool:
        """Return whether the PublicTest of these faces is the one that the model was chosen on."""
        public_test = self.card["data"]["public_test_fingerprint"]
        return bool(faces.of_split("PublicTest").fingerprint() == public_test)

    @property
    def private_test_scored(self) -> int:
        """How often PrivateTest was scored with this model."""
        path = self.path / "metrics.json"
        return json.loads(path.read_text())["private_test_scored"] if path.is_file() else 0


def save_metrics(model: ModelFolder, evaluations: dict[str, Evaluation]) -> None:
    """Write ``metrics.json`` and bring ``MODEL_CARD.md`` up to date.

    Parameters
    ----------
    model : ModelFolder
        Where to write.
    evaluations : dict of str to Evaluation
        What `fer_utils.model.metrics.evaluate_splits` returned.
    """
    scored = model.private_test_scored + ("PrivateTest" in evaluations)
    stored = {
        "private_test_scored": scored,
        "sets": {name: evaluation.to_dict() for name, evaluation in evaluations.items()},
    }
    with atomic_file(model.path / "metrics.json") as temporary:
        temporary.write_text(json.dumps(stored, indent=2))
    with atomic_file(model.path / "MODEL_CARD.md") as temporary:
        temporary.write_text(describe_model(model.card, evaluations, private_test_scored=scored))


def save_results(
    path: str | Path, evaluations: dict[str, Evaluation], tables: Mapping[str, pd.DataFrame]
) -> None:
    """Write what was measured into a folder of its own, where figures can be drawn from it.

    Parameters
    ----------
    path : str or Path
        The folder; made if missing.
    evaluations : dict of str to Evaluation
        Become ``metrics.json``.
    tables : mapping of str to DataFrame
        Each becomes a ``.csv`` of its name.
    """
    folder = Path(path)
    sets = {name: evaluation.to_dict() for name, evaluation in evaluations.items()}
    with atomic_file(folder / "metrics.json") as temporary:
        temporary.write_text(json.dumps({"sets": sets}, indent=2))
    for name, table in tables.items():
        with atomic_file(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary)


def load_evaluations(path: str | Path) -> dict[str, Evaluation]:
    """Return the scores of a ``metrics.json`` by set of faces."""
    stored = json.loads(Path(path).read_text())["sets"]
    return {name: Evaluation.from_dict(values) for name, values in stored.items()}


def open_model(path: str | Path) -> ModelFolder:
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
        checksums = {NETWORK: card["sha256"][NETWORK], **card["sha256"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path / 'card.json'} is damaged: {error!r}") from error
    if labels != list(EMOTIONS):
        raise ModelError(f"{path} predicts {labels}, expected {list(EMOTIONS)}")
    for name, checksum in checksums.items():
        if not (path / name).is_file():
            raise FileNotFoundError(f"{path / name} is missing: train the model again")
        if sha256(path / name) != checksum:
            raise ModelError(
                f"{path / name} is not the file that card.json describes (its checksum differs): "
                "take the folder again from where it came, or train the model again"
            )
    return ModelFolder(path, card)


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
