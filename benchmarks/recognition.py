"""Time the way from a frame to faces with emotions, for one face and for ten, on two threads.

The frames are 640x480 and made of scikit-image's photograph of an astronaut.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from fer_utils.model.model_folder import open_model
from fer_utils.paths import SHIPPED_MODEL
from fer_utils.vision.alignment import crop_faces
from fer_utils.vision.blazeface import BlazeFace, Reach
from fer_utils.vision.detector import Detector, Haar
from fer_utils.vision.recognizer import Recognizer

WIDTH, HEIGHT = 640, 480
WARM_UP, REPEATS = 5, 100
# Where the face is in the photograph, with some of what is around it.
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


def milliseconds(action: Callable[[], object]) -> tuple[float, float]:
    """Return the median time by the clock, and that of the processor, which load hardly changes."""
    clock, processor = [], []
    for turn in range(WARM_UP + REPEATS):
        started = time.perf_counter(), time.process_time()
        action()
        if turn >= WARM_UP:
            clock.append(time.perf_counter() - started[0])
            processor.append(time.process_time() - started[1])
    return 1e3 * statistics.median(clock), 1e3 * statistics.median(processor)


def measure(model: Path, detector: Detector, frame: NDArray[np.uint8]) -> None:
    """Print the times of one frame."""
    recognizer = Recognizer(model, detector=detector)
    classifier = open_model(model).open_classifier(threads=2)
    faces = detector.detect(frame)
    crops = crop_faces(frame, faces)
    parts = {
        "detection": lambda: detector.detect(frame),
        "crop": lambda: crop_faces(frame, faces),
        "classification": lambda: classifier.predict(crops),
        "all together": lambda: recognizer.recognize(frame),
    }
    print(f"  {len(faces)} faces found")
    for name, action in parts.items():
        clock, processor = milliseconds(action)
        print(f"    {name:16}{clock:8.2f} ms{processor:8.2f} ms of processor time")


def main() -> None:
    """Measure and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED_MODEL, help="a model folder")
    options = parser.parse_args()
    frames = {"one face": frame_with(1, 1), "ten faces": frame_with(2, 5)}
    reaches: tuple[Reach, ...] = ("near", "far")
    detectors = {f"BlazeFace {reach}": BlazeFace(reach, threads=2) for reach in reaches}
    for detector_name, detector in (*detectors.items(), ("Haar", Haar())):
        for frame_name, frame in frames.items():
            print(f"{detector_name}, {frame_name}")
            measure(options.model, detector, frame)


if __name__ == "__main__":
    main()
