"""Measure this project against the PyPI package `fer` on the same pictures and videos.

`fer` needs an environment of its own: `python -m venv PEER`, `PEER/bin/pip install fer==25.10.3`.
Each system runs in a process of its own, one after the other. Pictures are JPEG files of 640x480,
decoding included, after the first one; videos have one face; the long one takes five minutes, and
each tenth frame of it is looked at.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from fer_utils.paths import SHIPPED_MODEL, atomic_file

REPEATS = 100
RATE = 25
SHORT_SECONDS, LONG_SECONDS = 12, 300
SIZE = (640, 480)
HERE = Path(__file__).resolve()
PEER = HERE.with_name("peer_fer.py")


def write_inputs(folder: Path, source: str | None) -> None:
    """Write the pictures, the videos and, where FER-2013 is at hand, the faces of PrivateTest."""
    import cv2
    import numpy as np
    from recognition import frame_with

    for name, grid in {"one": (1, 1), "ten": (2, 5)}.items():
        bgr = cv2.cvtColor(frame_with(*grid), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.jpg"), bgr)
    write_video(folder / "short.mp4", SHORT_SECONDS)
    write_video(folder / "long.mp4", LONG_SECONDS)
    (folder / "short_frames.txt").write_text(str(RATE * SHORT_SECONDS))
    if source:
        from fer_utils.data.sources import load_faces

        faces = load_faces(source).of_split("PrivateTest")
        np.savez(folder / "faces.npz", images=faces.images, labels=faces.labels)


def write_video(path: Path, seconds: int) -> None:
    """Write a video of one face that moves from side to side."""
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
    """Return the figures of this project, measured in this process."""
    from fer_utils.model.model_folder import open_model
    from fer_utils.video.processing import observe_video
    from fer_utils.vision.recognizer import Recognizer

    recognizer = Recognizer()
    recognizer.recognize(folder / "one.jpg")
    figures = {}
    for name in ("one", "ten"):
        figures[f"{name} ms"] = milliseconds(recognizer.recognize, folder / f"{name}.jpg")
    started = time.perf_counter()
    frames = sum(1 for _ in observe_video(folder / "short.mp4", recognizer))
    figures["video frames/s"] = frames / (time.perf_counter() - started)
    for _ in observe_video(folder / "long.mp4", recognizer, every=10):
        pass
    figures["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # PrivateTest is scored once for each model: the figure is the stored one.
    figures["accuracy"] = open_model(SHIPPED_MODEL).evaluations()["PrivateTest"].accuracy.value
    return figures


def milliseconds(action: Callable[[Path], object], picture: Path) -> float:
    """Return the median time of a picture that is read from a file."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        action(picture)
        times.append(time.perf_counter() - started)
    return 1000 * median(times)


def measured(*command: str | Path, folder: Path) -> dict[str, float]:
    """Return what another process measures and prints as its last line.

    It runs in the folder of the inputs, for `fer` writes files of its own where it stands.
    """
    arguments = [*map(str, command), str(folder)]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, check=True, text=True, cwd=folder)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path, nargs="?", help="the Python that has fer")
    parser.add_argument("--source", help="FER-2013, for the peer's accuracy on PrivateTest")
    parser.add_argument("--write", type=Path, help="a JSON file that keeps the figures")
    parser.add_argument("--own", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.own:
        print(json.dumps(own_figures(options.own)))
        return
    if options.peer is None:
        parser.error("name the Python of an environment with fer: " + str(__doc__).split("\n")[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, options.source)
        found = {
            "this project": measured(sys.executable, HERE, "--own", folder=folder),
            "fer": measured(options.peer.absolute(), PEER, folder=folder),
        }
    print(f"{'':16}{'this project':>14}{'fer':>12}{'ratio':>10}")
    for figure, value in found["this project"].items():
        other = found["fer"].get(figure, float("nan"))
        print(f"{figure:16}{value:14.3g}{other:12.3g}{other / value:10.3g}")
    if options.write:
        with atomic_file(options.write) as temporary:
            temporary.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
