"""Folders and lists are listed in a stable order and split into partitions."""

import os
from pathlib import Path

import pytest

from fer_utils.scoring.job import PlannedFile, ScoringError
from fer_utils.scoring.listing import list_files, list_partitions


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


def test_pictures_are_split_into_partitions_and_each_video_is_its_own(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.mp4", "c.jpg", "d.jpg", "e.jpg", "f.MOV")
    partitions = list(list_partitions(tmp_path, tmp_path, size=2))
    assert [(p.number, p.video, [file.name for file in p.files]) for p in partitions] == [
        (0, True, ["b.mp4"]),
        (1, False, ["a.jpg", "c.jpg"]),
        (2, False, ["d.jpg", "e.jpg"]),
        (3, True, ["f.MOV"]),
    ]


def test_the_last_partition_takes_the_rest(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    assert [len(p.files) for p in list_partitions(tmp_path, tmp_path, size=2)] == [2, 1]
