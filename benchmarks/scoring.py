"""Measure the scoring of many pictures and videos, and estimate it for more machines.

Scores 5,000 pictures of 640x480 in this process, on one worker, and on two, then two videos on two
workers. The measurements feed a simulation of 1, 10, and 100 such machines.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from scale import CORES, HEIGHT, RATE, WIDTH, page

from fer_utils.paths import write_text
from fer_utils.scoring.plan import list_files
from fer_utils.scoring.scoring_run import ScoringSummary, score


def frames(count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield RGB frames with the same face at changing positions."""
    photograph = cv2.resize(skimage.data.astronaut(), (HEIGHT, HEIGHT))
    margin = (WIDTH - HEIGHT) // 2
    wide = cv2.copyMakeBorder(photograph, 0, 0, margin, margin, cv2.BORDER_REPLICATE)
    for number in range(count):
        yield np.roll(wide, (number // 100 % 50, number % 100 - 50), axis=(0, 1))


def write_pictures(folder: Path, count: int) -> None:
    """Write JPEG pictures to a new folder."""
    folder.mkdir()
    for number, frame in enumerate(frames(count)):
        cv2.imwrite(str(folder / f"{number:06d}.jpg"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))


def write_video(path: Path, count: int) -> None:
    """Write an MP4 video."""
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in frames(count):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        file.mux(stream.encode(None))


def run(folder: Path, workers: int) -> tuple[ScoringSummary, list[float]]:
    """Score a folder; return the summary, and the seconds after which each part was finished."""
    started, times = time.perf_counter(), []
    with tempfile.TemporaryDirectory() as out:
        summary = score(
            folder,
            Path(out, "results.parquet"),
            workers=workers,
            on_progress=lambda done, files: times.append(time.perf_counter() - started),
        )
    if summary.errors:
        raise RuntimeError(f"{summary.errors} files could not be scored")
    return summary, times


def mean_megabytes(folder: Path) -> float:
    """Return the mean size of the files in a folder."""
    return statistics.mean(path.stat().st_size for path in folder.iterdir()) / 1e6


def measure(pictures: int, video_seconds: int) -> dict[str, float | list[float]]:
    """Score pictures and videos with all numbers of workers, and print the speeds."""
    measured: dict[str, float | list[float]] = {"load": os.getloadavg()[0], "pictures": pictures}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "pictures")
        write_pictures(folder, pictures)
        started = time.perf_counter()
        for _ in list_files(folder, folder):
            pass
        measured["listing"] = (time.perf_counter() - started) / pictures
        measured["megabytes"] = mean_megabytes(folder)
        for workers in (0, 1, 2):
            summary, times = run(folder, workers)
            busy = summary.worker_seconds / max(1, workers)
            measured[f"rate {workers}"] = pictures / summary.seconds
            measured[f"overhead {workers}"] = summary.seconds - busy
            measured[f"worker seconds {workers}"] = summary.worker_seconds
            print(
                f"{workers} worker{'s' * (workers != 1)}: "
                f"{pictures / summary.seconds:.0f} pictures/s, "
                f"{summary.seconds - busy:.1f} s of overhead"
            )
            if workers == 0:
                measured["partitions"] = np.diff(times).tolist()
        videos = Path(name, "videos")
        for number in range(CORES):
            write_video(videos / f"{number}.mp4", video_seconds * RATE)
        summary, _ = run(videos, CORES)
        measured["frame"] = summary.worker_seconds / (CORES * video_seconds * RATE)
        measured["video megabytes"] = mean_megabytes(videos) / video_seconds
        print(f"videos: {1 / measured['frame']:.0f} frames/s on each of {CORES} workers")
    return measured


def main() -> None:
    """Measure, simulate, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--video-seconds", type=int, default=40, help="length of each video")
    parser.add_argument(
        "--write", type=Path, metavar="docs/scale.md", help="file to write the page to"
    )
    options = parser.parse_args()
    text = page(measure(options.pictures, options.video_seconds))
    if options.write:
        write_text(options.write, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
