"""Measure the live camera in a real browser: both engines, every front end, two older methods."""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from fer_utils.paths import PROJECT_ROOT, write_text
from fer_utils.runs.static_page import write_static_page
from fer_utils.vision.picture import SAMPLE_PICTURE, as_picture
from fer_utils.widgets.frame_handler import write_sample_clip

sys.path.insert(0, str(PROJECT_ROOT / "tests" / "samples"))
from servers import lab, new_page, open_in_lab, served_folder, voila, write_notebook

WARM_UP_SECONDS = 3
FRONTS = ("static", "voila", "lab")

Figures = dict[str, float | str]

SETUP = """
import json, time
from pathlib import Path
import ipywidgets
from fer_utils import LiveCamera, Recognizer
from fer_utils.widgets.frame_handler import FrameHandler

class Timed(Recognizer):
    def recognize(self, frame):
        began = time.perf_counter()
        faces = super().recognize(frame)
        whole = 1000 * (time.perf_counter() - began)
        line = [time.time(), whole - self.classification, self.classification, len(faces)]
        log.write(json.dumps(line) + "\\n")
        log.flush()
        return faces

    def recognize_faces(self, frame, faces):
        began = time.perf_counter()
        recognized = super().recognize_faces(frame, faces)
        self.classification = 1000 * (time.perf_counter() - began)
        return recognized

log = Path(folder, "kernel.jsonl").open("w")
timed = Timed(faces="near")
"""

PAGE = """
LiveCamera(frame_rate={rate})
"""

KERNEL = """
LiveCamera(timed, engine="kernel", frame_rate={rate})
"""

# As in ipywebrtc's documentation: request the next picture when one has arrived.
RECORDER = """
from ipywebrtc import CameraStream, ImageRecorder
handler = FrameHandler(timed)
stream = CameraStream(constraints={{"audio": False, "video": {{"width": 640, "height": 480}}}})
recorder = ImageRecorder(stream=stream, format="jpeg")

def recognize(change):
    if not change["new"]:
        handler.observe(recorder.image.value, number=1, time=time.monotonic())
        recorder.recording = True

recorder.observe(recognize, "recording")
button = ipywidgets.Button(description="Start")
button.add_class("fer-go")
button.on_click(lambda _: setattr(recorder, "recording", True))
ipywidgets.VBox([button, stream, recorder])
"""

# As on the site that this project replaces: one picture every half second.
TIMER = """
import anywidget

class Timer(anywidget.AnyWidget):
    _esm = '''
    export default {{ async render({{ model, el }}) {{
      const go = Object.assign(document.createElement("button"), {{ className: "fer-go" }});
      go.textContent = "Start";
      el.append(go);
      go.onclick = async () => {{
        const video = document.createElement("video");
        video.srcObject = await navigator.mediaDevices.getUserMedia({{ video: true }});
        await video.play();
        const canvas = new OffscreenCanvas(320, 240);
        setInterval(async () => {{
          canvas.getContext("2d").drawImage(video, 0, 0, 320, 240);
          const blob = await canvas.convertToBlob({{ type: "image/jpeg", quality: 0.8 }});
          model.send({{}}, undefined, [await blob.arrayBuffer()]);
        }}, 500);
      }};
    }} }};
    '''

handler = FrameHandler(timed)
timer = Timer()
timer.on_msg(lambda _, __, buffers: handler.observe(buffers[0], number=1, time=time.monotonic()))
timer
"""

# What each method runs in a notebook; the static page has the first one only.
NAMES = {
    "page": PAGE,
    "live": KERNEL,
    "live, not prompt": KERNEL,
    "ImageRecorder loop": RECORDER,
    "half-second timer": TIMER,
}


def parse_arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15, help="time to measure each method")
    parser.add_argument("--rate", type=int, default=30, help="frames per second of the fake camera")
    parser.add_argument("--faces", type=int, default=1, help="number of faces in each frame")
    parser.add_argument("--front", choices=FRONTS, nargs="*", default=FRONTS)
    parser.add_argument("--way", choices=NAMES, nargs="*", default=list(NAMES))
    parser.add_argument("--write", type=Path, help="a JSON file to add the figures to, by camera")
    return parser.parse_args()


def write_camera(path: Path, rate: int, *, faces: int = 1) -> Path:
    """Write a clip as raw video, which the browser's fake camera plays at any rate."""
    frames = sample_frames(path.with_suffix(".avi")) if faces == 1 else crowded_frames(faces)
    with path.open("wb") as stream:
        stream.write(f"YUV4MPEG2 W640 H480 F{rate}:1 Ip A1:1 C420\n".encode())
        for frame in frames:
            stream.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
    return path


def sample_frames(path: Path) -> Iterator[np.ndarray]:
    """Yield the frames of the sample clip, BGR."""
    clip = cv2.VideoCapture(str(write_sample_clip(path)))
    while True:
        found, frame = clip.read()
        if not found:
            return
        yield frame


def crowded_frames(faces: int) -> Iterator[np.ndarray]:
    """Yield frames with up to six faces in a grid that moves up and down, BGR."""
    portrait = cv2.cvtColor(as_picture(SAMPLE_PICTURE), cv2.COLOR_RGB2BGR)
    side = 212
    small = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    for turn in np.linspace(0, 2 * np.pi, 60, endpoint=False):
        frame = np.full((480, 640, 3), 150, dtype=np.uint8)
        for place in range(faces):
            left, top = place % 3 * side, 20 + place // 3 * (side + 10) + round(10 * np.sin(turn))
            frame[top : top + side, left : left + side] = small
        yield frame


@contextmanager
def browser_with(camera: Path) -> Iterator[Browser]:
    """Start a browser whose camera plays a file."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("no Chromium: install it (apt install chromium)")
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def measure(browser: Browser, front: str, way: str, *, rate: int, seconds: int) -> Figures:
    """Run one method in one front end, and return a row of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cells = [f"folder = {name!r}\n{SETUP}", NAMES[way].format(rate=rate)]
        notebook = write_notebook(folder / "live.ipynb", *cells)
        with serve(front, notebook, way) as address, new_page(browser) as page:
            if front == "lab":
                open_in_lab(page, address, notebook.name)
            else:
                page.goto(address)
            page.locator(".fer-go").first.click()
            page.wait_for_timeout(1000 * WARM_UP_SECONDS)
            page.evaluate("window.answers = []")
            before = len(kernel_times(folder))
            page.wait_for_timeout(1000 * seconds)
            kernel = kernel_times(folder)[before:]
            return row(front, way, page, kernel, seconds)


def serve(front: str, notebook: Path, way: str) -> AbstractContextManager[str]:
    """Serve a notebook or the static page, and return its address as a context."""
    if front == "static":
        return served_folder(write_static_page(notebook.parent / "page"))
    prompt = way != "live, not prompt"
    if front == "lab":
        return lab(notebook.parent, prompt=prompt)
    return voila(notebook, prompt=prompt)


def kernel_times(folder: Path) -> list[list[float]]:
    """Return what the kernel measured: time, detection and classification in ms, faces."""
    if not (folder / "kernel.jsonl").exists():
        return []
    lines = (folder / "kernel.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("]")]


def row(front: str, way: str, page: Page, kernel: list[list[float]], seconds: int) -> Figures:
    """Return the figures of one run, medians in milliseconds."""
    answers = page.evaluate("window.answers")
    frames = kernel if way != "page" else answers
    found: Figures = {"front": front, "way": way, "frames/s": len(frames) / seconds}
    if answers:
        trips = [answer["roundTrip"] for answer in answers]
        found |= {"round trip": float(np.median(trips)), "p95": float(np.percentile(trips, 95))}
        found["faces"] = float(np.mean([len(answer["faces"]) for answer in answers]))
    if answers and way != "page":
        capture = np.array([answer["encoded"] for answer in answers])
        recognition = np.array([answer["milliseconds"] for answer in answers])
        found["capture"] = float(np.median(capture))
        found["transfer"] = float(np.median(trips - capture - recognition))
    if kernel:
        _, detection, classification, faces = zip(*kernel, strict=True)
        found["detection"] = float(np.median(detection))
        found["classification"] = float(np.median(classification))
        found["faces"] = float(np.mean(faces))
    return {
        name: value if isinstance(value, str) else round(value, 2) for name, value in found.items()
    }


def keep(path: Path, camera: str, rows: list[Figures]) -> None:
    """Store the rows of one camera next to those of the others; newer rows replace older ones."""
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    both = [*stored.get(camera, []), *rows]
    stored[camera] = list({(row["front"], row["way"]): row for row in both}.values())
    write_text(path, json.dumps(stored, indent=2) + "\n")


def main() -> None:
    """Measure and print a table."""
    arguments = parse_arguments()
    columns = ["front", "way", "frames/s", "round trip", "p95", "capture", "transfer"]
    columns += ["detection", "classification", "faces"]
    print(f"a {arguments.rate} frames/s camera, {arguments.seconds} s each; times in ms, medians")
    print("  ".join(f"{column:>14}" for column in columns))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        camera = write_camera(Path(name, "camera.y4m"), arguments.rate, faces=arguments.faces)
        with browser_with(camera) as browser:
            for front in arguments.front:
                for way in [each for each in arguments.way if front != "static" or each == "page"]:
                    figures = measure(
                        browser, front, way, rate=arguments.rate, seconds=arguments.seconds
                    )
                    rows.append(figures)
                    print(
                        "  ".join(f"{figures.get(key, '')!s:>14.14}" for key in columns), flush=True
                    )
    if arguments.write:
        several = f", {arguments.faces} faces" if arguments.faces > 1 else ""
        keep(arguments.write, f"{arguments.rate}{several}", rows)


if __name__ == "__main__":
    main()
