"""Data files that expand beyond measure, have no end, or the wrong shapes."""

import io
import zipfile
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.sources import load_faces

HEADER = b"emotion,pixels,Usage\n"


def bomb(path: Path, name: str, start: bytes = b"") -> Path:
    """Write a zip of some kilobytes whose only file has 200 MB."""
    block = bytes(1 << 20)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w") as stream,
    ):
        stream.write(start)
        for _ in range(200):
            stream.write(block)
    return path


@pytest.mark.parametrize("name", ["fer2013.csv", "happy/a.png"])
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="but would expand to 210 MB"):
        load_faces(bomb(tmp_path / "a.zip", name, HEADER))


def test_an_npz_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="but would expand to 210 MB"):
        Faces.load(bomb(tmp_path / "a.npz", "images.npy"))


def test_a_row_without_an_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_utils.data.zip_files._MOST_TIMES", 10**6)
    path = bomb(tmp_path / "a.zip", "fer2013.csv", HEADER)
    with pytest.raises(DataError, match=r"fer2013.csv row 1 has 65536 characters or more"):
        load_faces(path, on_error="skip")


drawn = cache(partial(draw_faces, 170, seed=0))


def npz(path: Path, **changed: np.ndarray) -> Path:
    """Write an npz file of drawn faces with some arrays changed."""
    drawn().save(path)
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    np.savez(path, **arrays | changed)
    return path


@pytest.mark.parametrize(
    "changed",
    [
        {"images": np.uint8(1)},
        {"images": np.zeros((170, 48), np.uint8)},
        {"labels": np.zeros((170, 1), np.uint8)},
        {"labels": np.full(170, -1)},
        {"splits": np.zeros(170)},
        {"weights": np.full(170, "heavy")},
        {"is_synthetic": np.uint8(1)},
        {"provenance": np.array("[]")},
        {"provenance": np.array('{"notes": 1}')},
        {"provenance": np.zeros(3)},
        {"more": np.zeros(3)},
    ],
)
def test_an_npz_of_wrong_shapes_is_an_error(tmp_path: Path, changed: dict) -> None:
    with pytest.raises(DataError):
        Faces.load(npz(tmp_path / "a.npz", **changed))


def test_a_shape_of_terabytes_is_an_error(tmp_path: Path) -> None:
    stream = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 48, 48)}
    np.lib.format.write_array_header_1_0(stream, header)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", stream.getvalue())
    with pytest.raises(DataError, match="cannot read"):
        Faces.load(tmp_path / "a.npz")
