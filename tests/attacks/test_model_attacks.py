"""Model folders from elsewhere: networks that crash LiteRT, and cards with odd values."""

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fer_utils import litert
from fer_utils.litert import ModelError
from fer_utils.model import model_files
from fer_utils.model.model_files import sha256
from fer_utils.model.model_folder import open_model
from fer_utils.paths import SHIPPED_MODEL

EXPORT = "model_int8.tflite"
# Take the place of the process that runs networks, and run the second one of them.
_DIES = "import os, signal\nprint(0)\nprint(1, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
_HANGS = "import time\ntime.sleep(1000)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the shipped model, as it comes in a wheel."""
    copy = tmp_path / "from elsewhere"
    copy.mkdir()
    for name in ("card.json", "metrics.json", EXPORT):
        shutil.copy(SHIPPED_MODEL / name, copy)
    return copy


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Give the networks that are run in another process from now on, but do not run them."""
    paths: list[Path] = []
    monkeypatch.setattr(model_files, "_tried", set())
    monkeypatch.setattr(model_files, "try_networks", paths.extend)
    return paths


def change_card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    change(card)
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def replace_export(folder: Path, data: bytes) -> None:
    """Replace the export, and its checksum, too."""
    (folder / EXPORT).write_bytes(data)
    checksum = sha256(folder / EXPORT)
    change_card(folder, lambda card: card["sha256"].update({EXPORT: checksum}))


def test_networks_from_elsewhere_run_in_another_process_first(folder: Path) -> None:
    replace_export(folder, (folder / EXPORT).read_bytes()[:-1000])
    assert open_model(folder, trust=True).path == folder
    with pytest.raises(ModelError, match=r"model_int8\.tflite is damaged: it crashes LiteRT, or"):
        open_model(folder)


def test_a_network_is_tried_once_and_our_own_never(folder: Path, tried: list[Path]) -> None:
    open_model()
    open_model(folder, trust=True)
    assert tried == []
    open_model(folder)
    assert tried == [folder / EXPORT]
    open_model(shutil.copytree(folder, folder.with_name("again")))
    assert tried == [folder / EXPORT]


@pytest.mark.skipif(os.name != "posix", reason="Windows lets only administrators make links")
def test_a_link_in_the_project_is_not_trusted(
    folder: Path, tried: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("fer_utils.paths.SHIPPED", tmp_path / "project")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "model").symlink_to(folder)
    open_model(tmp_path / "project" / "model")
    assert len(tried) == 1


def run_instead(
    monkeypatch: pytest.MonkeyPatch, script: str, folder: Path, paths: Sequence[Path]
) -> None:
    (folder / "script.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(litert, "__file__", str(folder / "script.py"))
    litert.try_networks(paths)


def test_a_network_that_kills_its_process_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match=r"b\.tflite is damaged: it crashes LiteRT"):
        run_instead(monkeypatch, _DIES, tmp_path, [tmp_path / "a.tflite", tmp_path / "b.tflite"])


def test_a_network_that_never_ends_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litert, "MOST_SECONDS_TO_TRY", 0.5)
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"do not run within 0.5 s: export or download"):
        run_instead(monkeypatch, _HANGS, tmp_path, [tmp_path / "a.tflite"])
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("tried")
@pytest.mark.parametrize(
    "changes",
    [
        {"data": None},
        {"data": {"source": 1, "public_test_fingerprint": ""}},
        {"data": {"source": "x"}},
        {"training": []},
        {"training": {"recipe": "x"}},
        {"calibration": {"temperature": "hot"}},
        {"prior": {"shares": {}}},
        {"face_sizes": {"sides": 1}},
        {"sha256": {"model.keras": "0", "../other/model.tflite": "0"}},
        {"sha256": {"model.keras": "0", "/etc/passwd": "0"}},
        {"sha256": {"model.keras": "0", "x" * 300: "0"}},
    ],
)
def test_a_card_with_odd_values_is_an_error(folder: Path, changes: dict[str, Any]) -> None:
    change_card(folder, lambda card: card.update(changes))
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        open_model(folder)


@pytest.mark.usefixtures("tried")
@pytest.mark.parametrize("section", ["parameters", "versions", "balancing", "created"])
def test_what_only_people_read_of_a_card_may_be_odd(folder: Path, section: str) -> None:
    change_card(folder, lambda card: card.pop(section))
    model = open_model(folder)
    with pytest.raises(ModelError, match=r"card\.json is damaged"):
        model.write_model_card()


@pytest.mark.usefixtures("tried")
@pytest.mark.parametrize("text", ["", "[]", '{"sets": 1}', '{"sets": {"PublicTest": {}}}'])
def test_odd_scores_are_an_error(folder: Path, text: str) -> None:
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"metrics\.json is damaged"):
        open_model(folder).metrics()


@pytest.mark.usefixtures("tried")
def test_folders_in_a_model_folder_are_no_models(folder: Path) -> None:
    for name in ("notes", "model.tflite", "model.keras"):
        (folder / name).mkdir()
    model = open_model(folder)
    assert (model.has_network, model.scored_export) == (False, EXPORT)
    with pytest.raises(FileNotFoundError, match=r"model\.tflite is missing"):
        _ = model.classifier
