"""Check the networks in a model folder before they are used."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fer_utils.litert import ModelError, try_networks
from fer_utils.model.card_file import NETWORK

# Checksums of what this process has run in another one.
_tried: set[str] = set()


def check_files(folder: Path, card: Mapping[str, Any], *, trust: bool) -> None:
    """Check the networks in a model folder against its card, and that the exports run.

    Parameters
    ----------
    folder : Path
        The model folder.
    card : mapping
        Output of `fer_utils.model.card_file.read_card`.
    trust : bool
        If False, exports are run in another process, unless this process has done so before.

    Raises
    ------
    FileNotFoundError
        If there is neither the Keras network nor an export.
    ModelError
        If a file was changed or damaged after it was written, or an export cannot be run.
    """
    checksums = card["sha256"]
    present = [name for name in checksums if (folder / name).is_file()]
    if not present:
        raise FileNotFoundError(
            f"{folder} has none of {', '.join(checksums)}: copy the whole folder from where it was "
            "made, or train the model again"
        )
    for name in present:
        if sha256(folder / name) != checksums[name]:
            raise ModelError(
                f"{folder / name} is not the file that card.json describes (its checksum differs): "
                "copy the folder again from where it was made, or train the model again"
            )
    new = [name for name in present if name != NETWORK and checksums[name] not in _tried]
    if new and not trust:
        try_networks([folder / name for name in new])
        _tried.update(checksums[name] for name in new)


def sha256(path: Path) -> str:
    """Return the SHA-256 checksum of a file as hexadecimal text."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
