import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jax_backend import JAX
from servers import free_port

from fer_utils.model.distribution import ADDRESSES, COUNT, INDEX, Share, join_processes

TRAIN = """
import json, sys
import numpy as np
from fer_utils.data.faces import Faces
from fer_utils.data.provenance import Provenance
from fer_utils.model import training
from fer_utils.model.distribution import join_processes
from fer_utils.model.recipes import Augmentation, Recipe

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
training.best_precision = lambda: "float32"  # exact enough to compare, on every machine
trained = training.fit(faces, recipe, checkpoints=sys.argv[1] + ".checkpoints")
model = training.train_model(faces, recipe, path=sys.argv[1])  # continues after `fit`
print(json.dumps({
    "history": trained.history.drop(columns="seconds").to_dict(orient="list"),
    "path": str(model.path), "card": sorted(model.card), "leads": join_processes().leads,
}))
"""


def start(path: Path, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(path)],
        env=os.environ | JAX | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def printed_by(process: subprocess.Popen[str]) -> dict[str, Any]:
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(printed.splitlines()[-1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def trained(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """Give what one process alone prints, then two with two devices each: the leader, the other."""
    shared = {ADDRESSES: f"127.0.0.1:{free_port()}", COUNT: "2"}
    shared["XLA_FLAGS"] = f"{JAX['XLA_FLAGS']} --xla_force_host_platform_device_count=2"
    processes = [start(folder / "alone")]
    processes += [start(folder / "shared", **shared, **{INDEX: str(index)}) for index in range(2)]
    try:
        yield [printed_by(process) for process in processes]
    finally:
        for process in processes:
            process.kill()


def test_two_processes_with_two_devices_learn_what_one_learns(
    trained: list[dict[str, Any]],
) -> None:
    expected = trained[0]["history"]
    assert expected["epoch"] == [1, 2]
    for process in trained[1:]:
        for name, values in expected.items():
            assert process["history"][name] == pytest.approx(values, abs=1e-5), name


def test_the_leader_alone_writes_the_model(trained: list[dict[str, Any]], folder: Path) -> None:
    alone, leader, other = trained
    assert sorted(path.name for path in folder.iterdir()) == ["alone", "shared"]
    assert leader["path"] == other["path"] == str(folder / "shared")
    assert leader["card"] == alone["card"]
    assert set(leader["card"]) - set(other["card"]) == {"sha256"}
    assert (leader["leads"], other["leads"]) == (True, False)


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
