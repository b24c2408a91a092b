"""Time the steps from a frame to recognized faces, for one face and for ten, on two threads.

The frames are 640x480 and show scikit-image's photograph of an astronaut.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from fer_utils.model.timing import median_milliseconds
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision.detector import FACES
from fer_utils.vision.recognizer import Recognizer

WIDTH, HEIGHT = 640, 480
REPEATS = 100
# Position of the face in the photograph, with some background.
TOP, LEFT, SIDE = 55, 155, 140


def frame_with(rows: int, columns: int) -> NDArray[np.uint8]:
    """Return a gray frame with a grid of the same face."""
    face = skimage.data.astronaut()[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    height, width = HEIGHT // rows, WIDTH // columns
    side = min(height, width)
    tile = np.full((height, width, 3), 127, dtype=np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    tile[top : top + side, left : left + side] = small
    return np.tile(tile, (rows, columns, 1))


def print_times(recognizer: Recognizer, frame: NDArray[np.uint8]) -> None:
    """Measure and print the time of each step for one frame."""
    faces = recognizer.detect(frame)
    crops = recognizer.crop(frame, faces)
    steps = {
        "detect": lambda: recognizer.detect(frame),
        "crop": lambda: recognizer.crop(frame, faces),
        "classify": lambda: recognizer.classify(crops),
        "recognize": lambda: recognizer.recognize(frame),
    }
    print(f"  {len(faces)} faces found")
    for name, step in steps.items():
        print(f"    {name:12}{median_milliseconds(step, repeats=REPEATS):8.2f} ms")


def main() -> None:
    """Measure and print the median times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED_MODEL, help="model folder")
    options = parser.parse_args()
    frames = {"one face": frame_with(1, 1), "ten faces": frame_with(2, 5)}
    for faces in FACES:
        recognizer = Recognizer(options.model, faces=faces)
        for name, frame in frames.items():
            print(f"{faces}, {name}")
            print_times(recognizer, frame)


if __name__ == "__main__":
    main()
