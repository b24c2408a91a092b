"""Compare this project with the PyPI package `fer` on the same pictures and videos.

`fer` needs its own environment: `python -m venv PEER`, `PEER/bin/pip install fer==25.10.3`.
Both systems run in their own process, one after the other. Pictures are JPEG files of 640x480; the
times include decoding but not the first picture. Videos show one face; the long one lasts five
minutes, and every tenth frame of it is used.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from fer_utils.data.sources import load_faces
from fer_utils.model.model_folder import open_model
from fer_utils.model.timing import median_milliseconds
from fer_utils.paths import SHIPPED_MODEL, write_text
from fer_utils.video.frames import observe_video
from fer_utils.vision.recognizer import Recognizer

REPEATS = 100
RATE = 25
SHORT_SECONDS, LONG_SECONDS = 12, 300
SIZE = (640, 480)
HERE = Path(__file__).resolve()
PEER = HERE.with_name("peer_fer.py")


def write_inputs(folder: Path, source: str | None) -> None:
    """Write the pictures, the videos, and the faces of PrivateTest if FER-2013 is available."""
    # Imported here to keep scikit-image out of the memory that `own_figures` measures.
    import cv2
    import numpy as np
    from recognition import frame_with

    for name, grid in {"one": (1, 1), "ten": (2, 5)}.items():
        bgr = cv2.cvtColor(frame_with(*grid), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.jpg"), bgr)
    write_video(folder / "short.mp4", SHORT_SECONDS)
    write_video(folder / "long.mp4", LONG_SECONDS)
    write_text(folder / "short_frames.txt", str(RATE * SHORT_SECONDS))
    if source:
        faces = load_faces(source).of_split("PrivateTest")
        np.savez(folder / "faces.npz", images=faces.images, labels=faces.labels)


def write_video(path: Path, seconds: int) -> None:
    """Write a video of a face that moves from side to side."""
    import av
    import numpy as np
    from recognition import frame_with

    frame = frame_with(1, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for index in range(RATE * seconds):
            shift = round(60 * np.sin(2 * np.pi * index / RATE / 4))
            moved = np.roll(frame, shift, axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
        container.mux(stream.encode(None))


def own_figures(folder: Path) -> dict[str, float]:
    """Measure this project in this process."""
    # All faces are near the camera; finding.py compares the search for faces of all sizes.
    recognizer = Recognizer(faces="near")
    figures = {}
    for name in ("one", "ten"):
        recognize = partial(recognizer.recognize, folder / f"{name}.jpg")
        figures[f"{name} ms"] = median_milliseconds(recognize, repeats=REPEATS)
    started = time.perf_counter()
    frames = sum(1 for _ in observe_video(folder / "short.mp4", recognizer))
    figures["video frames/s"] = frames / (time.perf_counter() - started)
    for _ in observe_video(folder / "long.mp4", recognizer, every=10):
        pass
    figures["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # PrivateTest is scored only once per model, so use the stored figure.
    figures["accuracy"] = open_model(SHIPPED_MODEL).metrics()["PrivateTest"].accuracy.value
    return figures


def measure(*command: str | Path, folder: Path) -> dict[str, float]:
    """Return the figures that another process prints as its last line.

    It runs in the folder of the inputs, because `fer` writes files to its current folder.
    """
    arguments = [*map(str, command), str(folder)]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, check=True, text=True, cwd=folder)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure both systems and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path, nargs="?", help="Python interpreter with fer installed")
    parser.add_argument("--source", help="FER-2013, to measure the accuracy of fer on PrivateTest")
    parser.add_argument("--write", type=Path, help="JSON file to write the figures to")
    parser.add_argument("--own", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.own:
        print(json.dumps(own_figures(options.own)))
        return
    if options.peer is None:
        parser.error("expected the Python of an environment with fer: see --help")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, options.source)
        found = {
            "this project": measure(sys.executable, HERE, "--own", folder=folder),
            "fer": measure(options.peer.absolute(), PEER, folder=folder),
        }
    print(f"{'':16}{'this project':>14}{'fer':>12}{'ratio':>10}")
    for figure, value in found["this project"].items():
        other = found["fer"].get(figure, float("nan"))
        print(f"{figure:16}{value:14.3g}{other:12.3g}{other / value:10.3g}")
    if options.write:
        write_text(options.write, json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
