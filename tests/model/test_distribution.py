"""Several processes that learn together."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fer_utils.model.distribution import ADDRESSES, COUNT, INDEX, Share, join_processes

TRAIN = """
import json, sys
import numpy as np
from fer_utils.data.balancing import Balanced
from fer_utils.data.faces import Faces, Provenance
from fer_utils.model.recipes import Augmentation, Recipe
from fer_utils.model.training import train

images = np.random.default_rng(0).integers(0, 256, (21, 48, 48), dtype=np.uint8)
labels = np.arange(21, dtype=np.uint8) % 7
text = np.full(21, "PublicTest")
faces = Faces(images, labels, text, text, text, Provenance("noise", "made up"))
weights = np.arange(1, 8, dtype=np.float32) / 4
balanced = Balanced(images, labels, np.zeros(21, bool), weights, "class_weight", 0)
recipe = Recipe(updates=4, passes=8, epochs=2, patience=2, batch_size=8, widths=(4,), blocks=(1,),
                optimizer="sgd", learning_rate=1e-2,
                augmentation=Augmentation(shift=0.1, light=0.2, erase=0.5))
trained = train(balanced, faces, recipe, checkpoints=sys.argv[1], precision="float32")
print(json.dumps(trained.history.drop(columns="seconds").to_dict(orient="list")))
"""


@contextmanager
def started(checkpoints: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(checkpoints)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()


def history_of(process: subprocess.Popen[str]) -> dict[str, list[float]]:
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    history: dict[str, list[float]] = json.loads(printed.splitlines()[-1])
    return history


def test_two_processes_with_two_devices_learn_what_one_learns(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    shared = {ADDRESSES: address, COUNT: "2"}
    shared["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
    with (
        started(tmp_path / "alone") as alone,
        started(tmp_path / "first", **shared, **{INDEX: "0"}) as first,
        started(tmp_path / "second", **shared, **{INDEX: "1"}) as second,
    ):
        expected = history_of(alone)
        histories = [history_of(first), history_of(second)]
    assert expected["epoch"] == [1, 2]
    for history in histories:
        for name, values in expected.items():
            assert history[name] == pytest.approx(values, abs=1e-5), name


def test_tensorflow_works_alone() -> None:
    assert join_processes() == Share(0, 1, 1)


def test_every_process_brings_its_places_of_a_batch() -> None:
    places = [list(range(8)[Share(index, 2, 2).of_batch(8)]) for index in range(2)]
    assert places == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_batch_that_cannot_be_spread_is_refused() -> None:
    with pytest.raises(ValueError, match="a batch of 6 faces cannot be spread over 2 processes"):
        Share(0, 2, 2).of_batch(6)


def test_the_first_process_leads() -> None:
    assert [Share(index, 2).leads for index in range(2)] == [True, False]
