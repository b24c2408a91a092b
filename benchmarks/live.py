"""Measure the live camera in a real browser, in Voilà and JupyterLab, and two older methods."""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from fer_utils.paths import PROJECT_ROOT, write_text
from fer_utils.widgets.frame_handler import write_sample_clip

sys.path.insert(0, str(PROJECT_ROOT / "tests" / "samples"))
from servers import lab, new_page, open_in_lab, voila, write_notebook

WARM_UP_SECONDS = 3

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
timed = Timed()
"""

LIVE = """
LiveCamera(timed, frame_rate={rate})
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

NAMES = {
    "live": LIVE,
    "live, not prompt": LIVE,
    "ImageRecorder loop": RECORDER,
    "half-second timer": TIMER,
}


def parse_arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15, help="time to measure each method")
    parser.add_argument("--rate", type=int, default=30, help="frames per second of the fake camera")
    parser.add_argument("--front", choices=("voila", "lab"), nargs="*", default=["voila", "lab"])
    parser.add_argument("--write", type=Path, help="a JSON file to add the figures to, by rate")
    return parser.parse_args()


def write_camera(path: Path, rate: int) -> Path:
    """Write the sample clip as raw video, which the browser's fake camera plays at any rate."""
    clip = cv2.VideoCapture(str(write_sample_clip(path.with_suffix(".avi"))))
    with path.open("wb") as stream:
        stream.write(f"YUV4MPEG2 W640 H480 F{rate}:1 Ip A1:1 C420\n".encode())
        while True:
            found, frame = clip.read()
            if not found:
                return path
            stream.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())


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
        prompt = way != "live, not prompt"
        server = lab(folder, prompt=prompt) if front == "lab" else voila(notebook, prompt=prompt)
        with server as address, new_page(browser) as page:
            if front == "lab":
                open_in_lab(page, address, notebook.name)
            else:
                page.goto(address)
            page.locator(".fer-go").click()
            page.wait_for_timeout(1000 * WARM_UP_SECONDS)
            page.evaluate("window.answers = []")
            before = len(kernel_times(folder))
            page.wait_for_timeout(1000 * seconds)
            kernel = kernel_times(folder)[before:]
            return row(front, way, page, kernel, seconds)


def kernel_times(folder: Path) -> list[list[float]]:
    """Return what the kernel measured: time, detection and classification in ms, faces."""
    lines = (folder / "kernel.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("]")]


def row(front: str, way: str, page: Page, kernel: list[list[float]], seconds: int) -> Figures:
    """Return the figures of one run, medians in milliseconds."""
    answers = page.evaluate("window.answers")
    found: Figures = {"front": front, "way": way, "frames/s": len(kernel) / seconds}
    if answers:
        times = {
            "round trip": [answer["roundTrip"] for answer in answers],
            "capture": [answer["encoded"] for answer in answers],
            "transfer": [
                answer["roundTrip"] - answer["encoded"] - answer["milliseconds"]
                for answer in answers
            ],
        }
        found |= {name: float(np.median(values)) for name, values in times.items()}
        found["p95"] = float(np.percentile(times["round trip"], 95))
    if kernel:
        _, detection, classification, faces = zip(*kernel, strict=True)
        found["detection"] = float(np.median(detection))
        found["classification"] = float(np.median(classification))
        found["faces"] = float(np.mean(faces))
    return {
        name: value if isinstance(value, str) else round(value, 2) for name, value in found.items()
    }


def keep(path: Path, rate: int, rows: list[Figures]) -> None:
    """Store the rows of one camera rate next to those of the others."""
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    write_text(path, json.dumps(stored | {str(rate): rows}, indent=2) + "\n")


def main() -> None:
    """Measure and print a table."""
    arguments = parse_arguments()
    columns = ["front", "way", "frames/s", "round trip", "p95", "capture", "transfer"]
    columns += ["detection", "classification", "faces"]
    print(f"a {arguments.rate} frames/s camera, {arguments.seconds} s each; times in ms, medians")
    print("  ".join(f"{column:>14}" for column in columns))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        camera = write_camera(Path(name, "camera.y4m"), arguments.rate)
        with browser_with(camera) as browser:
            for front in arguments.front:
                for way in NAMES:
                    figures = measure(
                        browser, front, way, rate=arguments.rate, seconds=arguments.seconds
                    )
                    rows.append(figures)
                    print(
                        "  ".join(f"{figures.get(key, '')!s:>14.14}" for key in columns), flush=True
                    )
    if arguments.write:
        keep(arguments.write, arguments.rate, rows)


if __name__ == "__main__":
    main()
