"""Time and memory of one model through LiteRT, its int8 export and two ways of Keras.

Each way runs in a process of its own, one after the other, so that the ratios hold. The training
speed in float32 and in bfloat16 is measured on request, on random images.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fer_utils.model.recipes import PROFILES
from fer_utils.paths import PROJECT_ROOT, SHIPPED_MODEL

PICTURE = PROJECT_ROOT / "docs" / "images" / "inference.png"
WAYS = ("LiteRT, int8", "LiteRT", "Keras, compiled", "model.predict")
BATCHES = (1, 8, 256)


def predictor(way: str, model: Path) -> Callable[[np.ndarray], Any]:
    """Return a function that takes uint8 images (n, 48, 48) through the model in one of `WAYS`."""
    from fer_utils.model.model_folder import open_model

    if way.startswith("LiteRT"):
        classifier = open_model(model).open_classifier(fastest=way.endswith("int8"))
        return lambda images: classifier.predict(images, batch_size=len(images))
    network = open_model(model).network
    if way == "model.predict":
        return lambda images: network.predict(images[..., None], batch_size=len(images), verbose=0)
    return lambda images: network.predict_on_batch(images[..., None])


def measure(way: str, model: Path, results: multiprocessing.Queue) -> None:
    """Report load time, median times and the process's peak memory above an empty one."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    predict = predictor(way, model)
    row: dict[str, float] = {"load s": time.perf_counter() - started}
    images = np.random.default_rng(0).integers(0, 256, (max(BATCHES), 48, 48), dtype=np.uint8)
    predict(images[:1])
    row["memory MB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    for batch in BATCHES:
        seconds = median_seconds(lambda batch=batch: predict(images[:batch]))
        row[f"batch {batch} ms"] = 1000 * seconds
    row["faces/s"] = max(BATCHES) / seconds
    results.put((way, row))


def measure_training(precision: str, profile: str, results: multiprocessing.Queue) -> None:
    """Report how many faces a second the profile's network learns from."""
    import keras

    from fer_utils.model.network import build_cnn

    recipe = PROFILES[profile]
    keras.config.set_dtype_policy(precision)
    network = build_cnn(**recipe.architecture)
    network.compile("sgd", "sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (recipe.batch_size, 48, 48, 1), dtype=np.uint8)
    labels = random.integers(0, 7, recipe.batch_size)
    network.train_on_batch(images, labels)
    seconds = median_seconds(lambda: network.train_on_batch(images, labels), at_least=10)
    results.put((precision, {"training images/s": recipe.batch_size / seconds}))


def median_seconds(function: Callable[[], Any], *, at_least: int = 20) -> float:
    """Return the median time of a call, over a second or `at_least` calls, after one to warm up."""
    function()
    seconds: list[float] = []
    while len(seconds) < at_least or sum(seconds) < 1:
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def in_fresh_process(target: Callable[..., None], *arguments: Any) -> tuple[str, dict[str, float]]:
    """Return what `target` puts into the queue that it is given last."""
    fresh = multiprocessing.get_context("spawn")
    results = fresh.Queue()
    process = fresh.Process(target=target, args=(*arguments, results))
    process.start()
    row: tuple[str, dict[str, float]] = results.get()
    process.join()
    return row


def draw(table: Any, path: Path) -> None:
    """Save bars of the time at batch 1, the loading time and the memory."""
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
    """Print the tables and save the picture."""
    import pandas as pd  # not above, where every measured process would load it first

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
