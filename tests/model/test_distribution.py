import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fer_utils.model.distribution import ADDRESSES, COUNT, INDEX, Share, join_processes

TRAIN = """
import json, sys
import numpy as np
from fer_utils.data.faces import Faces
from fer_utils.data.provenance import Provenance
from fer_utils.model.distribution import join_processes
from fer_utils.model.recipes import Augmentation, Recipe
from fer_utils.model.training import fit, train_model

random = np.random.default_rng(0)
images = np.tile(random.integers(0, 256, (21, 48, 48), dtype=np.uint8), (2, 1, 1))
labels = np.arange(42, dtype=np.uint8) % 7
splits = np.repeat(["Training", "PublicTest"], 21)
weights = (1 + labels).astype(np.float32) / 4
faces = Faces(images, labels, splits, splits, splits, Provenance("noise", "made up"),
              weights=weights)
recipe = Recipe(updates=4, passes=8, epochs=2, patience=2, batch_size=8, widths=(4,), blocks=(1,),
                optimizer="sgd", learning_rate=1e-2,
                augmentation=Augmentation(shift=0.1, light=0.2, erase=0.5))
if sys.argv[1] == "fit":
    trained = fit(faces, recipe, checkpoints=sys.argv[2], precision="float32")
    print(json.dumps(trained.history.drop(columns="seconds").to_dict(orient="list")))
else:
    model = train_model(faces, recipe, path=sys.argv[2])
    print(json.dumps([str(model.path), sorted(model.card), join_processes().leads]))
"""


@contextmanager
def started(task: str, path: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, task, str(path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()


def printed_by(process: subprocess.Popen[str]) -> Any:
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(printed.splitlines()[-1])


def two_processes() -> list[dict[str, str]]:
    """Return the environments of two processes with two devices each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    shared = {ADDRESSES: address, COUNT: "2"}
    shared["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
    return [shared | {INDEX: str(index)} for index in range(2)]


def test_two_processes_with_two_devices_learn_what_one_learns(tmp_path: Path) -> None:
    first, second = two_processes()
    with (
        started("fit", tmp_path / "alone") as alone,
        started("fit", tmp_path / "first", **first) as leader,
        started("fit", tmp_path / "second", **second) as other,
    ):
        expected = printed_by(alone)
        histories = [printed_by(leader), printed_by(other)]
    assert expected["epoch"] == [1, 2]
    for history in histories:
        for name, values in expected.items():
            assert history[name] == pytest.approx(values, abs=1e-5), name


def test_the_leader_alone_writes_the_model(tmp_path: Path) -> None:
    first, second = two_processes()
    path = tmp_path / "model"
    with (
        started("train", path, **first) as leader,
        started("train", path, **second) as other,
    ):
        written, described = printed_by(leader), printed_by(other)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert written[0] == described[0] == str(path)
    assert set(written[1]) - set(described[1]) == {"sha256"}
    assert (written[2], described[2]) == (True, False)


def test_tensorflow_works_alone() -> None:
    assert join_processes() == Share(0, 1, 1)


def test_every_process_provides_its_positions_of_a_batch() -> None:
    places = [list(range(8)[Share(index, 2, 2).of_batch(8)]) for index in range(2)]
    assert places == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    with pytest.raises(ValueError, match="a batch of 6 faces cannot be divided among 2 processes"):
        Share(0, 2, 2).of_batch(6)


def test_the_first_process_leads() -> None:
    assert [Share(index, 2).leads for index in range(2)] == [True, False]
