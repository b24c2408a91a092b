"""Measure how fast FER-2013 is read, from its CSV, from its zip and from a processed file."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fer_utils.data.faces import Faces
from fer_utils.data.sources import load_faces

REPEATS = 3


def parse_arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(
        description=f"{__doc__} The CSV and the processed file are made from the zip in a "
        "temporary folder (about 400 MB), which is removed afterwards."
    )
    parser.add_argument("zip", type=Path, help="FER-2013 as Kaggle gives it, such as fer2013.zip")
    return parser.parse_args()


def write_csv(faces: Faces, path: Path) -> None:
    """Write faces in the columns of fer2013.csv."""
    with path.open("w") as stream:
        stream.write("emotion,pixels,Usage\n")
        for image, label, split in zip(faces.images, faces.labels, faces.splits, strict=True):
            stream.write(f"{label},{' '.join(map(str, image.ravel().tolist()))},{split}\n")


def time_naive_parsing(path: Path) -> float:
    """Return the seconds that the usual one-liner takes, once the file's lines are in memory."""
    with path.open() as stream:
        next(stream)
        pixels = [line.split(",")[1] for line in stream]
    start = time.perf_counter()
    _ = [[int(value) for value in row.split()] for row in pixels]
    return time.perf_counter() - start


def median_seconds(action: Callable[[], object]) -> float:
    """Return the median time that an action takes."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Measure and print a small table."""
    source = parse_arguments().zip
    with tempfile.TemporaryDirectory() as folder:
        csv, processed = Path(folder, "fer2013.csv"), Path(folder, "faces.npz")
        faces = load_faces(source)
        write_csv(faces, csv)
        faces.save(processed)
        if load_faces(csv).fingerprint() != faces.fingerprint():
            raise SystemExit(f"{csv.name} and {source.name} give different faces")

        naive = time_naive_parsing(csv)
        measured = {
            "CSV, load_faces in all": median_seconds(lambda: load_faces(csv)),
            "zip, load_faces in all": median_seconds(lambda: load_faces(source)),
            "npz, Faces.load": median_seconds(lambda: Faces.load(processed)),
        }
    print(f"\n{len(faces):,} faces, median of {REPEATS} (the naive parse once), in seconds")
    print(f"{'CSV, naive parse of the pixels alone':38}{naive:8.2f}")
    for name, took in measured.items():
        print(f"{name:38}{took:8.2f}")
    ratio = naive / measured["CSV, load_faces in all"]
    print(f"The CSV is loaded {ratio:.1f} times as fast as the naive parse alone.")


if __name__ == "__main__":
    main()
