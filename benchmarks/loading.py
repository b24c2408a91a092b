"""Measure how fast FER-2013 loads from its CSV, from its zip, and from a processed file."""

import argparse
import tempfile
import time
from pathlib import Path

from fer_utils import Faces, load_faces
from fer_utils.model.timing import median_milliseconds

REPEATS = 3


def parse_arguments() -> argparse.Namespace:
    """Return the command-line arguments."""
    parser = argparse.ArgumentParser(
        description=f"{__doc__} The CSV and the processed file are made from the zip in a "
        "temporary folder (about 400 MB), which is removed afterward."
    )
    parser.add_argument("zip", type=Path, help="FER-2013 from Kaggle, such as fer2013.zip")
    return parser.parse_args()


def write_csv(faces: Faces, path: Path) -> None:
    """Write faces with the columns of fer2013.csv."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("emotion,pixels,Usage\n")
        for image, label, split in zip(faces.images, faces.labels, faces.splits, strict=True):
            stream.write(f"{label},{' '.join(map(str, image.ravel().tolist()))},{split}\n")


def time_naive_parsing(path: Path) -> float:
    """Return the seconds of the usual one-liner, with the lines of the file in memory."""
    with path.open(encoding="utf-8") as stream:
        next(stream)
        pixels = [line.split(",")[1] for line in stream]
    start = time.perf_counter()
    _ = [[int(value) for value in row.split()] for row in pixels]
    return time.perf_counter() - start


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

        calls = {
            "CSV, load_faces": lambda: load_faces(csv),
            "zip, load_faces": lambda: load_faces(source),
            "npz, Faces.load": lambda: Faces.load(processed),
        }
        seconds = {"CSV, naive parsing of the pixels alone": time_naive_parsing(csv)} | {
            name: median_milliseconds(call, repeats=REPEATS) / 1000 for name, call in calls.items()
        }
    print(f"\n{len(faces):,} faces, median of {REPEATS} (naive parsing once), in seconds")
    for name, took in seconds.items():
        print(f"{name:40}{took:8.2f}")


if __name__ == "__main__":
    main()
