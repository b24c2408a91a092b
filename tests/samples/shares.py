"""Divide the tests among processes, so that each imports and starts only what its share needs."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from xdist.scheduler import EachScheduling
from xdist.workermanage import WorkerController

_ROOT = Path(__file__).parents[2]
# Where the tests of each share are: what takes long to set up is set up in one process. A test
# belongs to the first share that fits, and the last one fits all.
SHARES = {
    "page": tuple(f"tests/browser/test_{name}" for name in ("live_", "page_without_", "same_")),
    "browser": ("tests/browser/",),
    "notebooks": ("tests/cli/test_main.py", "tests/notebooks/", "tests/runs/"),
    "training": ("fer_utils/", "tests/evaluation/", "tests/model/", "tests/studies/"),
    "others": ("",),
}


class Shares:
    """A pytest plugin: with ``-n``, every process collects and runs the tests of its shares."""

    @staticmethod
    def pytest_xdist_make_scheduler(config: pytest.Config) -> EachScheduling:
        return _ShareScheduling(config)

    @staticmethod
    def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
        is_test = collection_path.is_file() and collection_path.is_relative_to(_ROOT)
        if is_test and _share_of(collection_path) not in _shares_of_this_process(config):
            return True
        return None  # as other plugins and the settings say

    @staticmethod
    def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
        shares = _shares_of_this_process(config)
        # Files that the command line names are never ignored.
        items[:] = [item for item in items if _share_of(item.path) in shares]


class _ShareScheduling(EachScheduling):
    """Let every process run what it collected, and count all of it."""

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        session = self.config.pluginmanager.get_plugin("session")
        session.testscollected = sum(map(len, self.node2collection.values()))


def _share_of(path: Path) -> str:
    """Return the share that a file with tests belongs to."""
    name = path.relative_to(_ROOT).as_posix()
    return next(share for share, places in SHARES.items() if name.startswith(places))


def _shares_of_this_process(config: pytest.Config) -> set[str]:
    """Return all shares in a process that runs alone, or else every n-th of them."""
    worker = getattr(config, "workerinput", {"workerid": "gw0", "workercount": 1})
    first, step = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    return set(list(SHARES)[first % step :: step])
