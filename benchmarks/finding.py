"""Measure which faces are found, how often something else is, and how long it takes.

Faces of known place and size are pasted into photographs without people: faces of FER-2013's
PrivateTest with ``--source``, else drawn ones. With ``--votes``, what anybody called no face is
left out: pictures of text and of road signs, among others. `fer` looks at the same pictures (see
`peers.py` for its environment). ``--fit`` prints the weights of the second look instead, from other
scenes, with faces of Training.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scenes import CONDITIONS, Picture, Scene, empty_scenes, make_clip, make_scenes, paste
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.sources import load_faces
from fer_utils.data.votes import VOTE_CLASSES
from fer_utils.model.timing import median_milliseconds
from fer_utils.paths import PROJECT_ROOT, write_text
from fer_utils.video.frames import observe_video, read_frames
from fer_utils.vision.annotation import annotate
from fer_utils.vision.detector import Detector, find_detector
from fer_utils.vision.face_search import FaceSearch
from fer_utils.vision.landmarks import Landmarks
from fer_utils.vision.observation import DetectedFace, edges_of, overlaps
from fer_utils.vision.recognizer import Recognizer
from fer_utils.vision.second_look import MOST_LOGIT, SecondLook

FIGURES = PROJECT_ROOT / "docs" / "finding.json"
PEER = Path(__file__).with_name("peer_finding.py")
FINDERS = ("near", "far", "all", "haar")
# Sides of faces in pixels: the lower end of each range.
RANGES = (16, 24, 40, 100)
SCENES, EMPTY, FRAMES, CLIPS, REPEATS = 100, 100, 250, 5, 11
# Of a box with the face's own; a box between the two is neither right nor wrong.
UNCLEAR, LEAST_OVERLAP = 0.1, 0.3
LARGE = (1632, 1224)
# The scene that is drawn for the documentation.
PICTURE = 19

Boxes = NDArray[np.float64]


class Recall:
    """Counts the faces that are found, by their sides, and the boxes that show none."""

    def __init__(self) -> None:
        self.found: dict[int, list[bool]] = {low: [] for low in RANGES}
        self.false = 0

    def add(self, scene: Scene, boxes: Boxes) -> None:
        """Compare the boxes found in a scene, edges of shape (m, 4), with its faces."""
        shared = overlaps(scene.boxes, boxes)
        matched = 0
        hits = np.zeros(len(scene.boxes), dtype=bool)
        while shared.size and shared.max() >= LEAST_OVERLAP:
            face, box = np.unravel_index(shared.argmax(), shared.shape)
            hits[face] = True
            shared[face, :] = shared[:, box] = 0
            matched += 1
        self.false += len(boxes) - matched
        for hit, side in zip(hits, scene.sides, strict=True):
            self.found[max(low for low in RANGES if low <= side)].append(bool(hit))

    def shares(self) -> dict[str, float]:
        """Return the share of the faces found, by the lower end of their range of sides."""
        return {str(low): float(np.mean(hits)) for low, hits in self.found.items() if hits}


def compare(scenes: Iterable[Scene], found: Iterable[Boxes]) -> Recall:
    """Return the recall of boxes found in scenes."""
    recall = Recall()
    for scene, boxes in zip(scenes, found, strict=True):
        recall.add(scene, boxes)
    return recall


def measure_recall(faces: Picture, peer: Path | None) -> dict[str, dict]:
    """Return the shares of faces found under each condition, and false ones in ten pictures."""
    scenes = {
        name: list(make_scenes(faces, SCENES, seed=number, condition=condition))
        for number, (name, condition) in enumerate(CONDITIONS.items())
    }
    scenes["no face"] = list(empty_scenes(EMPTY, 640, 480, seed=len(CONDITIONS)))
    pictures = [scene for part in scenes.values() for scene in part]
    found = {who: find_all(find_detector(who), pictures) for who in FINDERS}
    if peer is not None:
        found["fer"] = [as_edges(boxes) for boxes in ask_peer(peer, pictures)["boxes"]]
    figures: dict[str, dict] = {name: {} for name in scenes}
    for who, boxes in found.items():
        rest = iter(boxes)
        for name, part in scenes.items():
            recall = compare(part, [next(rest) for _ in part])
            per_ten = 10 * recall.false / len(part)
            figures[name][who] = {**recall.shares(), "false in ten": per_ten}
    return figures


def find_all(detector: Detector, scenes: list[Scene]) -> list[Boxes]:
    """Return the boxes that a detector finds in each scene, as edges."""
    return [edges_of(detector.detect(scene.picture)) for scene in scenes]


def as_edges(boxes: list[list[int]]) -> Boxes:
    """Return boxes (left, top, width, height) as edges."""
    return edges_of([DetectedFace(box=tuple(box), score=1.0) for box in boxes])


def ask_peer(peer: Path, scenes: list[Scene]) -> dict:
    """Return the boxes and the milliseconds of `fer` for each scene."""
    with tempfile.TemporaryDirectory() as folder:
        for number, scene in enumerate(scenes):
            bgr = cv2.cvtColor(scene.picture, cv2.COLOR_RGB2BGR)
            cv2.imwrite(f"{folder}/{number:04}.png", bgr)
        command = [str(peer.absolute()), str(PEER), folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, cwd=folder)
    return json.loads(done.stdout.splitlines()[-1])


def measure_times(faces: Picture, peer: Path | None) -> dict[str, dict]:
    """Return the milliseconds to recognize the faces of decoded pictures, and how many."""
    one = next(empty_scenes(1, 640, 480, seed=5))
    one = Scene(
        one.picture,
        np.array([paste(one.picture, faces[0], (320, 240), 200, roll=0, tone=1)]),
        np.array([200.0]),
    )
    large = next(make_scenes(faces, 1, seed=6, size=LARGE, per_scene=16))
    scenes = {"640x480, one face": one, "2 megapixels": large}
    asked = (
        ask_peer(peer, [scene for scene in scenes.values() for _ in range(REPEATS)])
        if peer
        else None
    )
    figures: dict[str, dict] = {}
    for number, (name, scene) in enumerate(scenes.items()):
        figures[name] = {"faces": len(scene.boxes)}
        for who in ("near", "all"):
            recognizer = Recognizer(faces=who)
            recognize = partial(recognizer.recognize, scene.picture)
            times = median_milliseconds(recognize, repeats=REPEATS)
            figures[name][who] = {"ms": times, "found": len(recognize())}
        if asked is not None:
            turns = slice(number * REPEATS, (number + 1) * REPEATS)
            boxes, times = asked["boxes"][turns], float(np.median(asked["ms"][turns]))
            figures[name]["fer"] = {"ms": times, "found": len(boxes[0])}
    return figures


def measure_clips(faces: Picture, folder: Path) -> dict[str, dict]:
    """Return the share of faces found in clips of twelve and of one, and the frames per second."""
    clips = {
        "twelve faces": [list(make_clip(faces, FRAMES, seed=seed)) for seed in range(7, 7 + CLIPS)],
        "one face": [one_face_clip(faces)],
    }
    figures: dict[str, dict] = {}
    for name, group in clips.items():
        paths = [
            write_clip(folder / f"{name} {number}.avi", [scene.picture for scene in scenes])
            for number, scenes in enumerate(group)
        ]
        figures[name] = {"reading": rate(lambda path=paths[0]: sum(1 for _ in read_frames(path)))}
        for who in ("near", "all"):
            observe = partial(observe_video, recognizer=Recognizer(faces=who))
            seen = [edges_of(frame.faces) for path in paths for frame in observe(path)]
            found = compare(chain(*group), seen)
            hits = np.concatenate([hits for hits in found.found.values() if hits])
            figures[name][who] = {
                "found": float(hits.mean()),
                "false": found.false,
                "frames/s": rate(
                    lambda path=paths[0], observe=observe: sum(1 for _ in observe(path))
                ),
            }
    return figures


def one_face_clip(faces: Picture) -> list[Scene]:
    """Return the frames of a clip of one face, 180 pixels wide, that moves from side to side."""
    background = next(empty_scenes(1, 640, 480, seed=5)).picture
    scenes = []
    for number in range(FRAMES):
        picture = background.copy()
        place = (320 + 120 * np.sin(number / 20), 240)
        box = paste(picture, faces[1], place, 180, roll=0, tone=1)
        scenes.append(Scene(picture, box[None], np.array([180.0])))
    return scenes


def write_clip(path: Path, pictures: list[Picture]) -> Path:
    """Write a clip of 25 frames per second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (640, 480))
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def rate(run: Callable[[], int]) -> float:
    """Return the median frames per second of three runs."""
    speeds = []
    for _ in range(3):
        started = time.perf_counter()
        frames = run()
        speeds.append(frames / (time.perf_counter() - started))
    return float(np.median(speeds))


def fit(faces: Picture) -> None:
    """Print the weights of the second look, so that a doubtful place counts as it turns out."""
    search, second_look, landmarks = FaceSearch(), SecondLook(), Landmarks()
    rows, labels = [], []
    for number, condition in enumerate(CONDITIONS.values()):
        scenes = [
            *make_scenes(faces, 20, seed=100 + number, condition=condition),
            *empty_scenes(20, 640, 480, seed=200 + number),
        ]
        for scene in scenes:
            for picture, scale, face in search.possible_faces(scene.picture):
                shared = overlaps(edges_of([face.scaled(1 / scale)]), scene.boxes).max(initial=0.0)
                found = second_look.find(picture, face)
                if found is not None and not UNCLEAR < shared < LEAST_OVERLAP:
                    logits = *logit([face.score, found.score]), landmarks.presence(picture, found)
                    rows.append(np.clip(logits, -MOST_LOGIT, MOST_LOGIT))
                    labels.append(shared >= LEAST_OVERLAP)
    model = LogisticRegression(C=10).fit(rows, labels)
    print(f"{sum(labels)} of {len(labels)} places show a face")
    print("bias, first, second, landmarks:", model.intercept_.round(2), model.coef_.round(2))


def draw_picture(path: Path) -> None:
    """Draw which faces of a scene with drawn faces are found near, and which in all."""
    *_, scene = make_scenes(draw_faces(200).images, PICTURE, seed=11, per_scene=14)
    shown = [
        annotate(scene.picture, Recognizer(faces=faces).recognize(scene.picture))
        for faces in ("near", "all")
    ]
    Image.fromarray(np.hstack(shown)).save(path, quality=85)


def load(source: str | None, votes: str | None, split: str) -> Picture:
    """Return the gray faces to paste."""
    faces = load_faces(source, votes=votes) if source else draw_faces(6000)
    faces = faces.of_split(split)
    return faces.images[faces.votes[:, VOTE_CLASSES.index("NF")] == 0]


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path, nargs="?", help="Python interpreter with fer installed")
    parser.add_argument("--source", help="FER-2013; drawn faces by default")
    parser.add_argument("--votes", help="FER+")
    parser.add_argument("--fit", action="store_true", help="print the weights of the second look")
    parser.add_argument("--write", action="store_true", help=f"write {FIGURES.name}")
    options = parser.parse_args()
    if options.fit:
        fit(load(options.source, options.votes, "Training"))
        return
    faces = load(options.source, options.votes, "PrivateTest")
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "faces": "FER-2013" if options.source else "drawn",
            "recall": measure_recall(faces, options.peer),
            "times": measure_times(faces, options.peer),
            "clips": measure_clips(faces, Path(folder)),
        }
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    print(text)
    if options.write:
        write_text(FIGURES, text)
        draw_picture(PROJECT_ROOT / "docs" / "images" / "finding.webp")


if __name__ == "__main__":
    main()
