"""Find faces with the PyPI package `fer` for `finding.py`, which runs this in its environment.

Prints one line of JSON. Does not import this project.
"""

import json
import sys
import time
from pathlib import Path

import cv2
from fer.fer import FER


def main() -> None:
    """Print the boxes and the milliseconds for each picture of a folder."""
    detector = FER()
    boxes, milliseconds = [], []
    pictures = [cv2.imread(str(path)) for path in sorted(Path(sys.argv[1]).glob("*.png"))]
    detector.detect_emotions(pictures[0])
    for picture in pictures:
        started = time.perf_counter()
        faces = detector.detect_emotions(picture)
        milliseconds.append(1000 * (time.perf_counter() - started))
        boxes.append([[int(value) for value in face["box"]] for face in faces])
    print(json.dumps({"boxes": boxes, "ms": milliseconds}))


if __name__ == "__main__":
    main()
