"""Inputs are listed in a stable order; a folder is planned, or compared with its plan."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fer_utils.scoring import plan
from fer_utils.scoring.job import PlannedFile, ScoringError, ScoringSettings
from fer_utils.scoring.plan import (
    finished_parts,
    list_files,
    list_partitions,
    locked,
    part_path,
    prepare,
    read_plan,
    remove_leftovers,
)


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
        ({"faces": "haar"}, "faces was near, now it is haar"),
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
    manifest = prepare(out, settings(inputs, faces="haar"), restart=True)
    assert manifest.settings.faces == "haar"
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


def test_a_file_as_out_is_refused(out: Path) -> None:
    out.write_text("a file")
    with pytest.raises(ScoringError, match=r"expected a folder, but .*out is a file"), locked(out):
        pass


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


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def write_list(folder: Path, *lines: str) -> Path:
    path = folder / "list.txt"
    path.write_bytes(os.fsencode("\n".join(lines)))
    return path


def names_in(inputs: Path, root: Path | None = None) -> list[str]:
    return [file.name for file in list_files(inputs, root or inputs)]


def test_a_folder_yields_its_pictures_and_videos_in_a_stable_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.png", "notes.txt", "sub/z.mp4", "sub/deep/é ü.webp", "abc/c.gif")
    expected = ["a.png", "b.JPG", "abc/c.gif", "sub/z.mp4", "sub/deep/é ü.webp"]
    assert names_in(tmp_path) == expected


def test_hidden_files_are_skipped(tmp_path: Path) -> None:
    touch(tmp_path, ".a.jpg", ".thumbnails/b.jpg", "c.jpg")
    assert names_in(tmp_path) == ["c.jpg"]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    (tmp_path / "again").symlink_to(tmp_path)
    assert names_in(tmp_path) == ["a.jpg"]


def test_files_have_their_size_and_time(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    os.utime(tmp_path / "a.jpg", ns=(5, 7_000_000_000))
    (file,) = list_files(tmp_path, tmp_path)
    assert file == PlannedFile(name="a.jpg", size=1, modified=7_000_000_000)


def test_a_folder_that_cannot_be_listed_is_a_problem_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a/b.jpg", "c/d.jpg", "e.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if os.path.basename(path) == "a":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    problem = "the folder cannot be listed: Permission denied"
    files = {file.name: file.problem for file in list_files(tmp_path, tmp_path)}
    assert files == {"e.jpg": None, "a": problem, "c/d.jpg": None}


def test_a_list_keeps_its_order_and_every_line(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "a", "ü.jpg")
    path = write_list(tmp_path, "\ufeffb.jpg", "", str(tmp_path / "a"), "ü.jpg", "gone.jpg", "x\0")
    files = list(list_files(path, tmp_path))
    names = ["b.jpg", str(tmp_path / "a"), "ü.jpg", "gone.jpg", "x\0"]
    assert [file.name for file in files] == names
    assert [file.size for file in files] == [1, 1, 1, None, None]


def test_a_repeated_path_is_scored_once_however_it_is_written(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    full = str(tmp_path / "a.jpg")
    path = write_list(tmp_path, "a.jpg", "b.jpg", "./a.jpg", full, "sub/../a.jpg")
    problems = [file.problem for file in list_files(path, tmp_path)]
    again = "is listed more than once: only the first counts"
    assert problems == [None, None, again, again, again]


def test_a_name_that_is_not_utf_8_is_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    touch(tmp_path, name)
    path = write_list(tmp_path, name)
    for inputs in (tmp_path, path):
        (file,) = list_files(inputs, tmp_path)
        assert (file.name, file.size) == (name, 1)


@pytest.mark.parametrize(("name", "message"), [("gone", "is missing"), ("a.jpg", "is one picture")])
def test_an_input_that_is_neither_folder_nor_list_is_refused(
    tmp_path: Path, name: str, message: str
) -> None:
    touch(tmp_path, "a.jpg")
    with pytest.raises(ScoringError, match=f"{name} {message}"):
        names_in(tmp_path / name)


def test_pictures_are_split_into_partitions_and_each_video_is_its_own(
    tmp_path: Path, settings: Callable[..., ScoringSettings]
) -> None:
    touch(tmp_path, "a.jpg", "b.mp4", "c.jpg", "d.jpg", "e.jpg", "f.MOV")
    partitions = list(list_partitions(settings(tmp_path, partition=2)))
    assert [(p.number, p.video, [file.name for file in p.files]) for p in partitions] == [
        (0, True, ["b.mp4"]),
        (1, False, ["a.jpg", "c.jpg"]),
        (2, False, ["d.jpg", "e.jpg"]),
        (3, True, ["f.MOV"]),
    ]


def test_the_last_partition_takes_the_rest(
    tmp_path: Path, settings: Callable[..., ScoringSettings]
) -> None:
    touch(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    assert [len(p.files) for p in list_partitions(settings(tmp_path, partition=2))] == [2, 1]


def test_a_file_system_without_locks_is_used_all_the_same(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(plan, "try_lock", refuse)
    with locked(out):
        assert out.is_dir()
