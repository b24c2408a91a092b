"""A results folder is planned, or compared with the plan of an earlier run."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fer_utils.scoring.job import ScoringError, ScoringSettings
from fer_utils.scoring.plan import finished_parts, part_path, prepare, read_plan, remove_leftovers


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(b"x")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_a_new_run_writes_plan_and_manifest(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    manifest = prepare(out, settings(inputs, partition=2), restart=False)
    assert (manifest.files, manifest.parts) == (3, 2)
    assert [[f.name for f in p.files] for p in read_plan(out)] == [["a.jpg", "b.jpg"], ["c.jpg"]]
    assert sorted(path.name for path in out.iterdir()) == ["_errors", "_plan.jsonl", "_run.json"]


def test_the_same_run_is_resumed(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    manifest = prepare(out, settings(inputs), restart=False)
    part_path(out, 0).write_bytes(b"done")
    assert prepare(out, settings(inputs), restart=False) == manifest
    assert finished_parts(out) == {0}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"model": "feed"}, r"model was \w+, now it is feed"),
        ({"detector": "haar"}, "detector was blazeface, now it is haar"),
        ({"partition": 3}, "partition was 10, now it is 3"),
        ({"rate": 5.0}, "rate was None, now it is 5.0"),
    ],
)
def test_other_settings_are_named_and_nothing_is_touched(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings], other: dict, message: str
) -> None:
    prepare(out, settings(inputs), restart=False)
    part_path(out, 0).write_bytes(b"done")
    with pytest.raises(ScoringError, match=f"{message}. .*another --out, or --restart"):
        prepare(out, settings(inputs, **other), restart=False)
    assert finished_parts(out) == {0}


def test_changed_new_and_missing_files_are_named(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    prepare(out, settings(inputs), restart=False)
    os.utime(inputs / "b.jpg", ns=(0, 0))
    with pytest.raises(ScoringError, match=r"other files: 'b\.jpg' has changed since"):
        prepare(out, settings(inputs), restart=False)
    (inputs / "b.jpg").unlink()
    with pytest.raises(ScoringError, match=r"expected 'b\.jpg', found 'c\.jpg'"):
        prepare(out, settings(inputs), restart=False)
    (inputs / "c.jpg").unlink()
    with pytest.raises(ScoringError, match=r"expected 'b\.jpg', found nothing"):
        prepare(out, settings(inputs), restart=False)


def test_restart_deletes_the_earlier_results(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    prepare(out, settings(inputs), restart=False)
    part_path(out, 0).write_bytes(b"done")
    manifest = prepare(out, settings(inputs, detector="haar"), restart=True)
    assert manifest.settings.detector == "haar"
    assert finished_parts(out) == set()


@pytest.mark.parametrize("restart", [False, True])
def test_a_folder_with_other_files_is_left_alone(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings], restart: bool
) -> None:
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(ScoringError, match=r"other files, such as thesis\.tex"):
        prepare(out, settings(inputs), restart=restart)
    assert [path.name for path in out.iterdir()] == ["thesis.tex"]


def test_a_file_as_out_is_refused(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    out.write_text("a file")
    with pytest.raises(ScoringError, match=r"expected a folder, but .*out is a file"):
        prepare(out, settings(inputs), restart=False)


def test_a_run_that_was_stopped_while_planning_starts_over(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    out.mkdir()
    (out / "_plan.jsonl").write_text("[0,false,[]]\n")
    (out / "._plan.1.jsonl").write_text("half a li")
    assert prepare(out, settings(inputs), restart=False).files == 3


def test_a_damaged_manifest_is_reported(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    out.mkdir()
    (out / "_run.json").write_text('{"settings": {}}')
    with pytest.raises(ScoringError, match=r"_run\.json is damaged"):
        prepare(out, settings(inputs), restart=False)


def test_nothing_to_score_is_an_error(
    tmp_path: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScoringError, match="has no pictures or videos"):
        prepare(out, settings(tmp_path / "empty"), restart=False)


def test_restart_keeps_the_results_if_there_is_nothing_to_score(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    prepare(out, settings(inputs), restart=False)
    part_path(out, 0).write_bytes(b"done")
    for path in inputs.iterdir():
        path.unlink()
    with pytest.raises(ScoringError, match="has no pictures"):
        prepare(out, settings(inputs), restart=True)
    assert finished_parts(out) == {0}


def test_leftovers_of_killed_workers_are_removed_and_nothing_else(
    inputs: Path, out: Path, settings: Callable[..., ScoringSettings]
) -> None:
    prepare(out, settings(inputs), restart=False)
    part_path(out, 0).write_bytes(b"done")
    (out / ".part-000000.77.parquet").write_bytes(b"half")
    (out / "_errors" / ".part-000000.77.parquet").write_bytes(b"half")
    remove_leftovers(out)
    names = {path.name for path in out.rglob("*")}
    assert names == {"_errors", "_plan.jsonl", "_run.json", "part-000000.parquet"}
