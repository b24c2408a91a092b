"""Measure time and memory of one model in LiteRT and Keras, and the speed of training.

Each way of predicting runs in a process of its own, one after the other, so that the ratios hold.
Training is measured on request, on random images, in float32 and in bfloat16.
"""

import argparse
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fer_utils.model.recipes import PROFILES
from fer_utils.model.timing import median_milliseconds
from fer_utils.paths import PROJECT_ROOT, SHIPPED_MODEL

PICTURE = PROJECT_ROOT / "docs" / "images" / "inference.png"
WAYS = ("LiteRT, int8", "LiteRT", "Keras, compiled", "model.predict")
BATCHES = (1, 8, 256)


def predictor(way: str, model: Path) -> Callable[[np.ndarray], Any]:
    """Return a function that predicts uint8 images (n, 48, 48) in one of `WAYS`."""
    from fer_utils.model.model_folder import open_model

    if way.startswith("LiteRT"):
        classifier = open_model(model).open_classifier(fastest=way.endswith("int8"))
        return lambda images: classifier.predict(images, batch_size=len(images))
    network = open_model(model).network
    if way == "model.predict":
        return lambda images: network.predict(images[..., None], batch_size=len(images), verbose=0)
    return lambda images: network.predict_on_batch(images[..., None])


def measure(way: str, model: Path, results: multiprocessing.Queue) -> None:
    """Report load time, median times, and how much memory the process needs for it at most."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    predict = predictor(way, model)
    row: dict[str, float] = {"load s": time.perf_counter() - started}
    images = np.random.default_rng(0).integers(0, 256, (max(BATCHES), 48, 48), dtype=np.uint8)
    predict(images[:1])
    row["memory MB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    for batch in BATCHES:
        milliseconds = median_milliseconds(
            lambda batch=batch: predict(images[:batch]), repeats=20, at_least_seconds=1
        )
        row[f"batch {batch} ms"] = milliseconds
    row["faces/s"] = 1000 * max(BATCHES) / milliseconds
    results.put((way, row))


def measure_training(precision: str, profile: str, results: multiprocessing.Queue) -> None:
    """Report how many faces per second the network of a profile learns from."""
    import keras

    from fer_utils.model.network import build_network

    recipe = PROFILES[profile]
    keras.config.set_dtype_policy(precision)
    network = build_network(recipe)
    network.compile("sgd", "sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (recipe.batch_size, 48, 48, 1), dtype=np.uint8)
    labels = random.integers(0, 7, recipe.batch_size)
    network.train_on_batch(images, labels)
    milliseconds = median_milliseconds(
        lambda: network.train_on_batch(images, labels), repeats=10, at_least_seconds=1
    )
    results.put((precision, {"training images/s": 1000 * recipe.batch_size / milliseconds}))


def in_fresh_process(target: Callable[..., None], *arguments: Any) -> tuple[str, dict[str, float]]:
    """Run `target` in a new process; return what it puts into the queue, its last argument."""
    fresh = multiprocessing.get_context("spawn")
    results = fresh.Queue()
    process = fresh.Process(target=target, args=(*arguments, results))
    process.start()
    row: tuple[str, dict[str, float]] = results.get()
    process.join()
    return row


def draw(table: Any, path: Path) -> None:
    """Save a bar chart of the time for one face, the load time, and the memory."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(10, 2.6), layout="constrained", sharey=True)
    for ax, column in zip(axes, ("batch 1 ms", "load s", "memory MB"), strict=True):
        colors = ["#0173b2" if way.startswith("LiteRT") else "#949494" for way in table.index]
        bars = ax.barh(table.index, table[column], color=colors)
        ax.bar_label(bars, fmt="{:.3g}", padding=3)
        ax.margins(x=0.2)
        ax.set_title({"batch 1 ms": "one face, ms"}.get(column, column.replace(" s", ", s")))
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def main() -> None:
    """Print the tables and save the chart."""
    import pandas as pd  # not at the top, where every measured process would import it

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED_MODEL)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--training", choices=PROFILES, help="measure the training of this profile")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    rows = dict(in_fresh_process(measure, way, options.model) for way in WAYS)
    table = pd.DataFrame.from_dict(rows, orient="index")
    print(table.round(2).to_string())
    draw(table, options.picture)
    if options.training:
        speeds = dict(
            in_fresh_process(measure_training, precision, options.training)
            for precision in ("float32", "mixed_bfloat16")
        )
        print("\n" + pd.DataFrame.from_dict(speeds, orient="index").round().to_string())


if __name__ == "__main__":
    main()
