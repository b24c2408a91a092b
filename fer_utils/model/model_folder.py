"""Open a model folder: the network, its exports, and a card that describes them."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_utils.data.faces import Faces
from fer_utils.litert import ModelError
from fer_utils.model.calibration import Calibration
from fer_utils.model.card_file import NETWORK, damage_reported, read_card
from fer_utils.model.classifier import Classifier
from fer_utils.model.face_size import FaceSizes
from fer_utils.model.metrics import Metrics, load_metrics
from fer_utils.model.model_card import describe_model
from fer_utils.model.model_files import check_files
from fer_utils.model.prior import DEFAULT_PRIOR, Prior, PriorName, require_prior
from fer_utils.paths import SHIPPED_MODEL, is_own, recover_folder, write_text

if TYPE_CHECKING:
    import keras
    import pandas as pd

EXPORT = "model.tflite"
# The export with 8-bit weights, for models that it does not make less accurate.
QUANTIZED = "model_int8.tflite"


@dataclass(frozen=True)
class ModelFolder:
    """A model folder whose files match its card.

    A folder may lack files: an installed wheel carries the 8-bit export only. A missing file is an
    error once it is needed.

    Attributes
    ----------
    path : Path
        The folder.
    card : dict
        Content of ``card.json``: labels, input contract, recipe, data, versions, checksums.
    prior_name : {"crowd", "balanced", "even"}
        How frequent each emotion is expected to be; see `prior`.
    """

    path: Path
    card: dict[str, Any]
    prior_name: PriorName = DEFAULT_PRIOR

    @cached_property
    def classifier(self) -> Classifier:
        """The float32 export, ready to predict on one thread."""
        return self.open_classifier()

    def open_classifier(self, *, threads: int = 1, fastest: bool = False) -> Classifier:
        """Open an export for prediction.

        Parameters
        ----------
        threads : int
            Number of threads that LiteRT may use.
        fastest : bool
            Whether to prefer the 8-bit export. The scores in ``metrics.json`` are those of the
            float32 export.

        Raises
        ------
        ModelError
            If the model has not been exported yet.
        FileNotFoundError
            If the export is not in the folder.
        """
        name = self.fastest_export if fastest else EXPORT
        if name not in self.card["sha256"]:
            raise ModelError(
                f"{self.path} has no {EXPORT} yet: run fer-utils export {self.path} "
                "on a machine with TensorFlow"
            )
        divisors = None if self.prior is None else self.prior.divisors(wanted=self.prior_name)
        return Classifier(self._file(name), threads=threads, divisors=divisors)

    @property
    def fastest_export(self) -> str:
        """Name of the 8-bit export if the folder has one, else of the float32 export."""
        has_quantized = QUANTIZED in self.card["sha256"] and (self.path / QUANTIZED).is_file()
        return QUANTIZED if has_quantized else EXPORT

    @property
    def has_network(self) -> bool:
        """Whether the folder has the Keras network; an installed wheel leaves it out."""
        return (self.path / NETWORK).is_file()

    @property
    def scored_export(self) -> str:
        """Name of the export to score: the 8-bit one only if the folder has no float32 network."""
        has_float32 = self.has_network or (self.path / EXPORT).is_file()
        return EXPORT if has_float32 else self.fastest_export

    @cached_property
    def network(self) -> "keras.Model":
        """The Keras network, for further training or for a look inside; imports Keras."""
        import keras

        path = self._file(NETWORK)
        with damage_reported(path, because="is damaged, or contains code, which is never run"):
            return keras.saving.load_model(path, compile=False, safe_mode=True)

    @property
    def history(self) -> "pd.DataFrame":
        """Training history, one row per epoch."""
        import pandas as pd

        return pd.read_csv(self._file("history.csv"))

    @property
    def calibration(self) -> Calibration:
        """Temperature and certainty threshold.

        Raises
        ------
        ModelError
            If the model was not calibrated.
        """
        if "calibration" not in self.card:
            raise ModelError(f"{self.path} is not calibrated: train the model again")
        return Calibration(**self.card["calibration"])

    @cached_property
    def prior(self) -> Prior | None:
        """How frequent people see each emotion; None if the model learned from labels.

        The network and its exports predict under the prior ``crowd``; `open_classifier` converts
        that to `prior_name`.
        """
        return Prior.from_dict(self.card["prior"]) if "prior" in self.card else None

    @property
    def face_sizes(self) -> FaceSizes | None:
        """Agreement with people by the size of the face; None if the model learned from labels."""
        return FaceSizes.from_dict(self.card["face_sizes"]) if "face_sizes" in self.card else None

    def under_prior(self, name: PriorName) -> "ModelFolder":
        """Return the same model under another prior; one that learned from labels stays the same.

        Parameters
        ----------
        name : {"crowd", "balanced", "even"}
            See `open_model`. The Keras network itself always predicts under ``crowd``.
        """
        return replace(self, prior_name=name)

    @property
    def uncertain_below(self) -> float:
        """A face whose top probability is lower counts as uncertain; 0 without calibration."""
        return self.calibration.uncertain_below if "calibration" in self.card else 0.0

    def metrics(self) -> dict[str, Metrics]:
        """Read ``metrics.json``: the scores by set of faces; empty before an evaluation."""
        path = self.path / "metrics.json"
        with damage_reported(path):
            return load_metrics(path) if path.is_file() else {}

    @property
    def private_test_scored(self) -> int:
        """Number of times PrivateTest was scored with this model."""
        return int(self._stored_metrics().get("private_test_scored", 0))

    def people(self) -> "pd.DataFrame":
        """Read agreement with people from ``metrics.json``; empty if it was not measured."""
        import pandas as pd

        return pd.DataFrame(self._stored_metrics().get("people", []))

    def was_chosen_on(self, faces: Faces) -> bool:
        """Whether these faces have the PublicTest that the model was chosen on."""
        public_test = self.card["data"]["public_test_fingerprint"]
        return bool(self.relabel(faces).of_split("PublicTest").fingerprint() == public_test)

    def relabel(self, faces: Faces) -> Faces:
        """Return faces labeled as the model learned them: by their votes if it learned from votes.

        Faces without votes stay the same.
        """
        learned_votes = self.prior is not None and faces.votes.any()
        if learned_votes and not faces.provenance.follows_votes:
            return faces.follow_votes()
        return faces

    def write_metrics(
        self, metrics: dict[str, Metrics], people: "pd.DataFrame | None" = None
    ) -> None:
        """Write ``metrics.json`` and update ``MODEL_CARD.md``.

        Parameters
        ----------
        metrics : dict of str to Metrics
            The scores by set of faces; "PrivateTest" counts as one more scoring of it, unless the
            network predicted the same before, and only the yardstick is new.
        people : DataFrame, optional
            Agreement with people; see `fer_utils.evaluation.evaluation.Evaluation`.
        """
        before, now = self.metrics().get("PrivateTest"), metrics.get("PrivateTest")
        is_same = before and now and np.array_equal(before.confusion, now.confusion)
        stored: dict[str, Any] = {
            "private_test_scored": self.private_test_scored + (now is not None and not is_same),
            "sets": {name: scores.to_dict() for name, scores in metrics.items()},
        }
        if people is not None:
            stored["people"] = people.to_dict(orient="records")
        write_text(self.path / "metrics.json", json.dumps(stored, indent=2))
        self.write_model_card()

    def write_model_card(self) -> None:
        """Write ``MODEL_CARD.md`` from ``card.json`` and ``metrics.json``."""
        with damage_reported(self.path / "card.json"):
            text = describe_model(
                self.card,
                self.metrics(),
                self._stored_metrics().get("people", []),
                private_test_scored=self.private_test_scored,
            )
        write_text(self.path / "MODEL_CARD.md", text)

    def _stored_metrics(self) -> dict[str, Any]:
        path = self.path / "metrics.json"
        with damage_reported(path):
            return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def _file(self, name: str) -> Path:
        path = self.path / name
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} is missing: copy the whole model folder from where it was made "
                "(an installed package carries the 8-bit export only), or train the model again"
            )
        return path


def open_model(
    path: str | Path = SHIPPED_MODEL,
    *,
    prior: PriorName = DEFAULT_PRIOR,
    trust: bool | None = None,
) -> ModelFolder:
    """Open a model folder and check its files against its card.

    Parameters
    ----------
    path : str or Path
        The folder; the model that comes with the package by default.
    prior : {"crowd", "balanced", "even"}
        How frequent each emotion is expected to be: as people see them in FER-2013's
        photographs, mostly neutral and happy; balanced, so that rare emotions are found, too; or
        all equally frequent, as in acting practice. A model that learned from labels has none.
    trust : bool, optional
        If False, its exports are first run in a process of their own, which takes a fraction of a
        second, once: some damaged networks end the process that opens them. By default, folders in
        the clone and those that came with the package are trusted.

    Returns
    -------
    ModelFolder
        The folder; its networks are loaded when first used.

    Raises
    ------
    FileNotFoundError
        If it is not a model folder, or contains neither the network nor an export.
    ModelError
        If a file was changed or damaged after it was written, the card has odd values, an export
        cannot be run, the labels are not the seven emotions in order, or another prior is asked
        for than the default, but the model has none.
    ValueError
        If the prior is unknown.

    Examples
    --------
    >>> open_model().card["labels"][3]
    'happy'
    """
    path = Path(path)
    require_prior(prior)
    recover_folder(path)
    card = read_card(path)
    check_files(path, card, trust=is_own(path) if trust is None else trust)
    if prior != DEFAULT_PRIOR and "prior" not in card:
        raise ModelError(
            f"{path} learned from labels and has no prior, got prior={prior!r}: leave it out, or "
            "open a model that learned from votes"
        )
    return ModelFolder(path, card, prior)
