"""Write tiny data sets in every format."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_utils.data.faces import DataError

SPLITS = ("Training", "PublicTest", "PrivateTest")
CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
CKPLUS_CLASSES = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
HEADER = "emotion,pixels,Usage"
SKIP = "skip"


def png(value: int = 100, *, shape: tuple[int, ...] = (48, 48)) -> bytes:
    """Return a PNG of a uniform image."""
    return cv2.imencode(".png", np.full(shape, value, dtype=np.uint8))[1].tobytes()


def pixels(value: int = 100, count: int = 2304) -> str:
    """Return the pixels cell of a uniform image."""
    return " ".join([str(value)] * count)


def row(emotion: int | str, usage: str = "Training", value: int = 100) -> str:
    """Return a good line with the columns of FER-2013."""
    return f"{emotion},{pixels(value)},{usage}"


def full_rows(classes: int = 7) -> list[str]:
    """Return a row of each emotion in each split, with values 0, 1, 2, ... 20."""
    return [
        row(emotion, usage, value=3 * emotion + place)
        for emotion in range(classes)
        for place, usage in enumerate(SPLITS)
    ]


def write_csv(path: Path, rows: list[str], *, header: str = HEADER, end: str = "\n") -> Path:
    """Write a CSV."""
    path.write_bytes("".join(line + end for line in [header, *rows]).encode())
    return path


def write_folder(path: Path, files: dict[str, bytes]) -> Path:
    """Write files to a folder; a name that ends with a slash is an empty folder."""
    for name, data in files.items():
        target = path / name
        if name.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return path


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    """Write files to a zip; a name that ends with a slash is an empty folder."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def fer2013_files() -> dict[str, bytes]:
    """Return an image of each emotion in each split, named as in FER-2013."""
    return {
        f"{'train' if split == 'Training' else 'test'}/{name}/{split}_{number}.png": png(
            10 * number + place
        )
        for number, name in enumerate(CLASSES)
        for place, split in enumerate(SPLITS)
    }


def ckplus_files(subjects: int = 20) -> dict[str, bytes]:
    """Return two frames of each class of CK+48 per subject, whose pixels are its number."""
    return {
        f"CK+48/{name}/S{subject:03}_{place:03}_{frame:08}.png": png(subject)
        for place, name in enumerate(CKPLUS_CLASSES)
        for subject in range(subjects)
        for frame in (1, 2)
    }


def assert_data_error(caught: pytest.ExceptionInfo[DataError], *expected: str) -> None:
    """Check that the message of an error contains all the expected parts."""
    message = str(caught.value)
    for part in expected:
        assert part in message, f"{part!r} is not in {message!r}"
