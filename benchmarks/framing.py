"""Measure how much accuracy a model loses to face detection and cropping.

PublicTest faces are pasted at random positions, scales, and rotations into gray frames of the size
that the live page sends. They are detected, cropped in several ways, and classified. A second table
shows how sensitive the model is to small errors in the framing of the original images.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.audit import clean
from fer_utils.data.faces import IMAGE_SIZE, Faces
from fer_utils.data.sources import load_faces
from fer_utils.model.classifier import Classifier
from fer_utils.model.model_folder import open_model
from fer_utils.paths import PROJECT_ROOT, write_text
from fer_utils.vision.alignment import KEYPOINTS, fit_similarity, framing, warp
from fer_utils.vision.blazeface import BlazeFace
from fer_utils.vision.detector import Haar
from fer_utils.vision.observation import DetectedFace

FIGURES = PROJECT_ROOT / "docs" / "framing.json"
WIDTH, HEIGHT = 320, 240
SIDES = (100, 200)
MAX_ROTATION = 10
# Medians of BlazeFace's box over PublicTest faces, as fractions of the image's side.
BOX_CENTER, BOX_WIDTH = np.array([0.498, 0.584]), 0.865

SHIFTS = (0.025, 0.05, 0.1, 0.15)
SCALES = (0.8, 0.9, 0.95, 1.05, 1.1, 1.2)
ROTATIONS = (5, 10, 20)

Matrix = NDArray[np.float64]


def similarity(rotation: float, scale: float, shift: tuple[float, float]) -> Matrix:
    """Return the matrix that rotates (degrees) and scales around the center, then shifts."""
    factor = scale * np.exp(1j * np.radians(rotation))
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([linear, np.array([0.5, 0.5]) + shift - linear @ (0.5, 0.5)])


def place_at_random(generator: np.random.Generator) -> Matrix:
    """Return a matrix that maps an image of side 1 to a random place in the frame, in pixels."""
    side = generator.uniform(*SIDES)
    rotation = generator.uniform(-MAX_ROTATION, MAX_ROTATION)
    room = np.array([WIDTH, HEIGHT]) - side
    center = side / 2 + generator.uniform(0.1, 0.9, 2) * room
    return similarity(rotation, side, tuple(center - 0.5))


def paste(image: NDArray[np.uint8], place: Matrix) -> NDArray[np.uint8]:
    """Return a gray frame with an image pasted at a place."""
    frame = np.full((HEIGHT, WIDTH), 127, dtype=np.uint8)
    to_frame = place.copy()
    to_frame[:, :2] /= IMAGE_SIZE
    to_frame[:, 2] += to_frame[:, :2] @ (0.5, 0.5) - 0.5
    cv2.warpAffine(
        image,
        to_frame,
        (WIDTH, HEIGHT),
        dst=frame,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return frame


def frame_by_points(*points: int) -> Callable[[DetectedFace], Matrix]:
    """Return a framing that uses some of the keypoints."""
    chosen = list(points)

    def matrix(face: DetectedFace) -> Matrix:
        return fit_similarity(face.keypoints[chosen].astype(float), KEYPOINTS[chosen])

    return matrix


def frame_by_box(face: DetectedFace) -> Matrix:
    """Return the framing by BlazeFace's upright box."""
    x, y, width, height = face.box
    scale = BOX_WIDTH / width
    center = np.array([x + width / 2, y + height / 2])
    return np.column_stack([scale * np.eye(2), BOX_CENTER - scale * center])


METHODS: dict[str, tuple[str, Callable[[DetectedFace], Matrix]]] = {
    "eyes": ("near", frame_by_points(0, 1)),
    "eyes, nose, mouth": ("near", frame_by_points(0, 1, 2, 3)),
    "all keypoints": ("near", framing),
    "BlazeFace box": ("near", frame_by_box),
    "far: all keypoints": ("far", framing),
    "Haar box": ("haar", framing),
}


def crop_pasted(faces: Faces, seed: int) -> dict[str, dict[int, NDArray[np.uint8]]]:
    """Return the crops of each method by index of the face; undetected faces are absent."""
    generator = np.random.default_rng(seed)
    detectors = {"near": BlazeFace("near"), "far": BlazeFace("far"), "haar": Haar()}
    crops: dict[str, dict[int, NDArray[np.uint8]]] = {"true place": {}} | {n: {} for n in METHODS}
    for index, image in enumerate(faces.images):
        place = place_at_random(generator)
        gray = paste(image, place)
        crops["true place"][index] = warp(gray, cv2.invertAffineTransform(place))
        frame = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)
        found = {name: detector.detect(frame) for name, detector in detectors.items()}
        for name, (detector, matrix) in METHODS.items():
            if found[detector]:
                crops[name][index] = warp(gray, matrix(found[detector][0]))
    return crops


def score_faces(
    classifier: Classifier, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> tuple[float, float]:
    """Return accuracy and mean log loss."""
    probabilities = classifier.predict(images)
    of_label = probabilities[np.arange(len(labels)), labels]
    accuracy = (probabilities.argmax(axis=1) == labels).mean()
    return float(accuracy), float(-np.log(of_label.clip(min=1e-7)).mean())


def print_crops(classifier: Classifier, faces: Faces, seed: int) -> dict[str, dict[str, float]]:
    """Print and return the accuracy of each cropping method, next to that on original images."""
    low, high = SIDES
    print(
        f"\n{len(faces)} PublicTest faces, {low}-{high} px, rotated by up to {MAX_ROTATION} "
        f"degrees, in frames of {WIDTH}x{HEIGHT}"
    )
    print(f"{'crop':20}{'found':>8}{'original':>10}{'crop':>8}{'points':>8}{'log loss':>10}")
    figures = {}
    for name, crops in crop_pasted(faces, seed).items():
        same = np.array(list(crops), dtype=int)
        before, _ = score_faces(classifier, faces.images[same], faces.labels[same])
        after, loss = score_faces(classifier, np.stack(list(crops.values())), faces.labels[same])
        points = 100 * (after - before)
        print(
            f"{name:20}{len(same) / len(faces):8.1%}{before:10.2%}{after:8.2%}{points:+8.2f}"
            f"{loss:10.3f}"
        )
        figures[name] = {"found": len(same) / len(faces), "original": before, "crop": after}
    return figures


def print_sensitivity(classifier: Classifier, faces: Faces) -> None:
    """Print how the accuracy on the original images drops as their framing gets worse."""
    changes = {"none": [similarity(0, 1, (0, 0))]}
    for shift in SHIFTS:
        shifts = [(shift, 0.0), (-shift, 0.0), (0.0, shift), (0.0, -shift)]
        changes[f"shift {shift:.1%}"] = [similarity(0, 1, offset) for offset in shifts]
    for scale in SCALES:
        changes[f"scale {scale:g}"] = [similarity(0, scale, (0, 0))]
    for rotation in ROTATIONS:
        both = (rotation, -rotation)
        changes[f"rotation {rotation}"] = [similarity(angle, 1, (0, 0)) for angle in both]
    print(f"\n{'framing error':20}{'accuracy':>10}{'log loss':>10}")
    to_fractions = np.diag([1 / IMAGE_SIZE, 1 / IMAGE_SIZE, 1])
    for name, matrices in changes.items():
        scores = [
            score_faces(
                classifier,
                np.stack([warp(image, matrix @ to_fractions) for image in faces.images]),
                faces.labels,
            )
            for matrix in matrices
        ]
        accuracy, loss = np.mean(scores, axis=0)
        print(f"{name:20}{accuracy:10.2%}{loss:10.3f}")


def main() -> None:
    """Measure and print two tables; save the first for the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder, such as models/fer2013")
    parser.add_argument("source", help="FER-2013, such as data/raw/fer2013.zip")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random places")
    options = parser.parse_args()
    model = open_model(options.model)
    classifier = model.open_classifier(fastest=True)
    faces = model.relabel(clean(load_faces(options.source))).of_split("PublicTest")
    figures = print_crops(classifier, faces, options.seed)
    write_text(FIGURES, json.dumps(figures, indent=2) + "\n")
    print_sensitivity(classifier, faces)


if __name__ == "__main__":
    main()
