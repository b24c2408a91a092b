"""Measure the time and peak memory of each balancing strategy, each in its own process."""

import argparse
import multiprocessing
import resource
import tempfile
import time

from fer_utils import Faces, balance, load_faces
from fer_utils.data.balancing import STRATEGIES


def measure(strategy: str, path: str, results: multiprocessing.Queue) -> None:
    """Balance the faces at `path`; report seconds, images, and the peak memory in GiB."""
    faces = Faces.load(path)
    started = time.perf_counter()
    balanced = balance(faces, strategy)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    results.put((seconds, len(balanced), peak))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="faces, such as data/raw/fer2013.zip")
    parser.add_argument("--strategies", nargs="+", choices=STRATEGIES, default=list(STRATEGIES))
    options = parser.parse_args()
    training = load_faces(options.source).of_split("Training")
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/training.npz"
        training.save(path)
        print(f"{len(training)} images\n{'strategy':18}{'seconds':>8}{'images':>9}{'peak GiB':>10}")
        for strategy in options.strategies:
            results = fresh.Queue()
            process = fresh.Process(target=measure, args=(strategy, path, results))
            process.start()
            seconds, images, peak = results.get()
            process.join()
            print(f"{strategy:18}{seconds:8.1f}{images:9}{peak:10.2f}")


if __name__ == "__main__":
    main()
