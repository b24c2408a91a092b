"""Write numbered versions of every kind of artifact, and read back which one it is."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sample_videos import Always, face, write_video

from fer_utils.cli.prediction_files import open_results
from fer_utils.data.faces import Faces
from fer_utils.data.provenance import Provenance
from fer_utils.paths import atomic_folder, recover_folder
from fer_utils.scoring.job import Partition, Piece, PlannedFile
from fer_utils.scoring.parts import write_part
from fer_utils.scoring.plan import ERRORS
from fer_utils.video.clip import Clip
from fer_utils.video.processing import process_video
from fer_utils.vision.face_table import NO_FACE
from fer_utils.vision.observation import Observation

_COUNT = 2000
# More than the encoder keeps before it writes.
_FRAMES = 80


class Writer(NamedTuple):
    """How to write version 0, 1, ... of an artifact in a folder, and how to read its version.

    `read` raises an error unless the artifact is whole.
    """

    write: Callable[[Path, int], object]
    read: Callable[[Path], int]


def only(values: object) -> int:
    """Return the value that all values are equal to."""
    (value,) = np.unique(np.asarray(values)).tolist()
    return int(value)


def write_model(folder: Path, version: int) -> None:
    with atomic_folder(folder / "model") as model:
        for name in ("model.keras", "model.tflite", "card.json"):
            (model / name).write_text(f"{version}\n" * _COUNT)


def read_model(folder: Path) -> int:
    if sys.platform != "linux":  # which needs no recovery
        recover_folder(folder / "model")
    texts = [path.read_text().split() for path in sorted((folder / "model").iterdir())]
    assert [len(text) for text in texts] == [_COUNT] * 3
    return only(texts)


def write_npz(folder: Path, version: int) -> None:
    names = np.full(_COUNT // 10, str(version))
    Faces(
        images=np.full((len(names), 48, 48), version % 256, dtype=np.uint8),
        labels=np.zeros(len(names), dtype=np.uint8),
        splits=np.full(len(names), "Training"),
        names=names,
        origins=names,
        provenance=Provenance("made up", "for tests"),
    ).save(folder / "faces.npz")


def read_npz(folder: Path) -> int:
    faces = Faces.load(folder / "faces.npz")
    assert len(faces) == _COUNT // 10
    assert only(faces.images) == only(faces.names) % 256
    return only(faces.names)


def write_csv(folder: Path, version: int) -> None:
    with open_results(csv=folder / "faces.csv") as (table,), table.file(str(version)):
        for number in range(_COUNT // 4):
            table.add(Observation(number, number / 25, 64, 48, (face().numbered(1),)))


def read_csv(folder: Path) -> int:
    table = pd.read_csv(folder / "faces.csv")
    assert table["frame"].tolist() == list(range(_COUNT // 4))
    return only(table["file"])


def write_parquet(folder: Path, version: int) -> None:
    (folder / ERRORS).mkdir(exist_ok=True)
    files = tuple(PlannedFile(str(version)) for _ in range(_COUNT))
    pieces = (
        Piece(place=place, rows=[NO_FACE], ended=True, problem=str(version))
        for place in range(_COUNT)
    )
    write_part(folder, Partition(0, False, files), pieces)


def read_parquet(folder: Path) -> int:
    name = "part-000000.parquet"
    table, errors = pd.read_parquet(folder / name), pd.read_parquet(folder / ERRORS / name)
    assert (len(table), len(errors)) == (_COUNT, _COUNT)
    assert only(errors["file"]) in (only(table["file"]), only(table["file"]) + 1)
    return only(table["file"])


def write_annotated(folder: Path, version: int) -> None:
    sources = [folder / f"{shade}.mp4" for shade in range(2)]
    for shade, path in enumerate(sources):
        if not path.exists():
            write_video(path, [np.full((48, 64, 3), 200 * shade, dtype=np.uint8)] * _FRAMES)
    process_video(sources[version % 2], Always(), annotated=folder / "annotated.mp4")


def read_annotated(folder: Path) -> int:
    """Return whether the version is odd."""
    with Clip(folder / "annotated.mp4") as clip:
        shades = [round(frame.image.mean() / 200) for frame in clip.decode()]
    assert len(shades) == _FRAMES
    return only(shades)


WRITERS = {
    "model": Writer(write_model, read_model),
    "npz": Writer(write_npz, read_npz),
    "csv": Writer(write_csv, read_csv),
    "parquet": Writer(write_parquet, read_parquet),
    "annotated": Writer(write_annotated, read_annotated),
}
