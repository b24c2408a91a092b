"""Measure the PyPI package `fer` on the inputs of `peers.py`, which runs this in its environment.

Prints one line of JSON. Does not import this project.
"""

import json
import resource
import sys
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from fer.classes import Video
from fer.fer import FER

REPEATS = 30


def milliseconds(detector: FER, picture: Path) -> float:
    """Return the median time for a picture file."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        faces = detector.detect_emotions(cv2.imread(str(picture)))
        times.append(time.perf_counter() - started)
    print(f"{len(faces)} faces", file=sys.stderr)
    return 1000 * median(times)


def watch(detector: FER, video: Path, *, every: int) -> float:
    """Return the time to analyze every n-th frame of a video, in seconds."""
    started = time.perf_counter()
    quiet = {"save_frames": False, "save_video": False, "annotate_frames": False}
    Video(str(video)).analyze(detector, display=False, frequency=every, **quiet)
    return time.perf_counter() - started


def accuracy(detector: FER, faces: Path) -> float:
    """Return the accuracy on original faces, resized to the network's input."""
    stored = np.load(faces)
    resized = [cv2.resize(image, (64, 64)) for image in stored["images"]]
    scaled = (np.array(resized, dtype=np.float32) / 255 - 0.5) * 2
    predicted = detector._classify_emotions(scaled).argmax(axis=1)
    return float((predicted == stored["labels"]).mean())


def main() -> None:
    """Measure and print the figures."""
    folder = Path(sys.argv[1])
    detector = FER()
    detector.detect_emotions(cv2.imread(str(folder / "one.jpg")))
    figures = {}
    for name in ("one", "ten"):
        figures[f"{name} ms"] = milliseconds(detector, folder / f"{name}.jpg")
    frames = int((folder / "short_frames.txt").read_text(encoding="utf-8"))
    figures["video frames/s"] = frames / watch(detector, folder / "short.mp4", every=1)
    watch(detector, folder / "long.mp4", every=10)
    figures["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if (folder / "faces.npz").exists():
        figures["accuracy"] = accuracy(detector, folder / "faces.npz")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
