"""Read and check ``card.json``, which describes the files of a model folder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fer_utils.emotions import EMOTIONS
from fer_utils.litert import ModelError
from fer_utils.model.calibration import Calibration
from fer_utils.model.face_size import FaceSizes
from fer_utils.model.prior import Prior

NETWORK = "model.keras"

# What the commands read of every card, apart from what is checked below.
_TYPES: dict[str, dict[str, type]] = {
    "data": {"source": str, "public_test_fingerprint": str},
    "training": {"recipe": dict},
}


@contextmanager
def damage_reported(path: Path, *, because: str = "is damaged") -> Iterator[None]:
    """Turn the errors of a block that reads a file, which are of many classes, into `ModelError`.

    Parameters
    ----------
    path : Path
        The file.
    because : str
        What is probably wrong with it.
    """
    try:
        yield
    except (ModelError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:
        raise ModelError(f"{path} {because}: {error!r}") from error


def read_card(folder: Path) -> dict[str, Any]:
    """Return the content of ``card.json`` in a model folder.

    Parameters
    ----------
    folder : Path
        The model folder.

    Returns
    -------
    dict
        The card; its ``sha256`` has the checksums by file name, that of the Keras network first.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ModelError
        If it is damaged, or the labels are not the seven emotions in order.
    """
    path = folder / "card.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} is not a model folder (it has no card.json): train one with fer-utils train"
        )
    with damage_reported(path):
        card = json.loads(path.read_text(encoding="utf-8"))
        labels = card["labels"]
        card["sha256"] = {NETWORK: card["sha256"][NETWORK], **card["sha256"]}
        _check_values(card)
    if labels != list(EMOTIONS):
        raise ModelError(f"{folder} predicts {labels}, expected {list(EMOTIONS)}")
    return dict(card)


def _check_values(card: dict[str, Any]) -> None:
    """Raise an error of any kind if a card names files elsewhere, or its values are odd."""
    for name in card["sha256"]:
        if Path(name).name != name or len(name) > 100:
            raise ValueError(f"not the name of a file in the folder: {name[:100]!r}")
    for section, values in _TYPES.items():
        for name, kind in values.items():
            if not isinstance(card[section][name], kind):
                raise TypeError(f"{section}.{name} is not a {kind.__name__}")
    if "face_sizes" in card:
        _ = FaceSizes.from_dict(card["face_sizes"]).smallest
    if "prior" in card:
        Prior.from_dict(card["prior"])
    if "calibration" in card:
        for value in vars(Calibration(**card["calibration"])).values():
            if not isinstance(value, int | float):
                raise TypeError(f"not a number: {value!r}")
