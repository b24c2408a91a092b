"""Measure the speed of processing a video, and the memory for short and long ones.

The videos show scikit-image's photograph of an astronaut in motion, with a tone. Speed is measured
at 640x480 with one face; memory at 160x120 with few frames examined, so that half an hour of video
takes about a minute.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data

from fer_utils.video.frames import read_frames
from fer_utils.video.processing import VideoSummary, process_video
from fer_utils.vision.recognizer import Recognizer

RATE, SECONDS, SOUND_RATE = 25, 10, 48_000


def write_clip(path: Path, width: int, height: int) -> Path:
    """Write ten seconds of the astronaut in motion, with a tone."""
    side = min(width, height)
    photograph = cv2.resize(skimage.data.astronaut(), (side, side), interpolation=cv2.INTER_AREA)
    file = av.open(str(path), "w")
    video = file.add_stream("libx264", rate=RATE)
    video.width, video.height, video.pix_fmt = width, height, "yuv420p"
    audio = file.add_stream("aac", rate=SOUND_RATE, layout="mono")
    for number in range(RATE * SECONDS):
        image = np.full((height, width, 3), 127, dtype=np.uint8)
        left = round((width - side) * (0.5 + 0.5 * np.sin(number / 20)))
        image[:side, left : left + side] = photograph
        file.mux(video.encode(av.VideoFrame.from_ndarray(image)))
        places = np.arange(SOUND_RATE // RATE) + number * (SOUND_RATE // RATE)
        wave = (8000 * np.sin(2 * np.pi * 440 * places / SOUND_RATE)).astype(np.int16)
        tone = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        tone.sample_rate, tone.pts = SOUND_RATE, int(places[0])
        tone.time_base = Fraction(1, SOUND_RATE)
        file.mux(audio.encode(tone))
    for stream in (video, audio):
        file.mux(stream.encode(None))
    file.close()
    return path


def repeat(clip: Path, path: Path, turns: int) -> Path:
    """Write a clip several times in a row, without encoding it again."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as file:
        streams = {one.index: file.add_stream_from_template(one) for one in source.streams}
        for turn in range(turns):
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None or packet.pts is None:
                    continue
                # The sound is slightly longer than the frames.
                shift = round(turn * (SECONDS + 0.1) / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = streams[packet.stream_index]
                file.mux(packet)
    return path


def measure_speed(folder: Path) -> None:
    """Print the frames per second of each step."""
    clip = write_clip(folder / "large.mp4", 640, 480)
    recognizer = Recognizer()

    def process(**options: Path) -> int:
        return process_video(clip, recognizer, **options).frames

    steps = {
        "reading only": lambda: sum(1 for _ in read_frames(clip)),
        "table": lambda: process(table=folder / "faces.csv"),
        "table and annotated copy": lambda: process(
            table=folder / "faces.csv", annotated=folder / "faces.mp4"
        ),
    }
    for name, step in steps.items():
        started, worked = time.perf_counter(), time.process_time()
        frames = step()
        clock, processor = time.perf_counter() - started, time.process_time() - worked
        print(
            f"{name:26}{frames / clock:8.0f} frames/s"
            f"{1e3 * processor / frames:8.2f} ms of CPU time per frame"
        )


def measure_memory(folder: Path, minutes: list[int], every: int) -> None:
    """Print the peak memory of a separate process for each length."""
    clip = write_clip(folder / "small.mp4", 160, 120)
    for length in minutes:
        video = repeat(clip, folder / f"{length}.mp4", length * 60 // SECONDS)
        for outputs in ("table", "all"):
            command = [sys.executable, __file__, "--video", str(video), "--every", str(every)]
            done = subprocess.run([*command, "--outputs", outputs], capture_output=True, text=True)
            print(f"{length:3} minutes, {outputs:6}{done.stdout.strip()}{done.stderr.strip()}")


def process_once(video: Path, every: int, outputs: str) -> VideoSummary:
    """Process a video in this process, and print the number of frames and the peak memory."""
    paths = {"table": video.with_suffix(".csv")}
    if outputs == "all":
        paths |= {"wide_table": video.with_suffix(".wide.csv"), "annotated": video.parent / "a.mp4"}
    summary = process_video(video, Recognizer(), every=every, **paths)
    # getrusage would include the parent process.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    most = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(f"{summary.frames:7} frames examined{most:8.1f} MB")
    return summary


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--minutes", type=int, nargs="+", default=[1, 30], help="lengths to compare"
    )
    parser.add_argument("--every", type=int, default=50, help="examine every Nth frame for memory")
    parser.add_argument("--video", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--outputs", default="all", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.video:
        process_once(options.video, options.every, options.outputs)
        return
    with tempfile.TemporaryDirectory() as folder:
        print(f"load before: {os.getloadavg()[0]:.1f}")
        measure_speed(Path(folder))
        measure_memory(Path(folder), options.minutes, options.every)


if __name__ == "__main__":
    main()
