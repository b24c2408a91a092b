"""Paths of the project, and files that never stand half-done."""

import os
from pathlib import Path

import pytest

from fer_utils.paths import PROJECT_ROOT, atomic_file, atomic_folder, display_path, project_path


def tree(folder: Path) -> dict[str, str]:
    """Return all files below a folder and what they hold."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def break_off_file(path: Path) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt


def break_off_folder(path: Path) -> None:
    with atomic_folder(path) as temporary:
        (temporary / "half.txt").write_text("half")
        raise KeyboardInterrupt


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "old.txt").write_text("old")
    return folder


def test_the_root_holds_the_package() -> None:
    assert (PROJECT_ROOT / "fer_utils" / "paths.py").is_file()


def test_a_relative_path_counts_from_the_root_and_not_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert project_path("data/raw") == PROJECT_ROOT / "data" / "raw"


def test_an_absolute_path_stays_as_it_is(tmp_path: Path) -> None:
    assert project_path(tmp_path / "a" / ".." / "b") == tmp_path.resolve() / "b"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert project_path("~/faces.npz") == tmp_path.resolve() / "faces.npz"


def test_a_path_in_the_project_is_displayed_relative_to_the_root() -> None:
    assert display_path(PROJECT_ROOT / "models" / "small") == os.path.join("models", "small")


def test_a_path_elsewhere_is_displayed_whole(tmp_path: Path) -> None:
    assert display_path(tmp_path / "faces.npz") == str(tmp_path.resolve() / "faces.npz")


def test_a_file_appears_on_success_alone_in_its_folder(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "card.json") as temporary:
        temporary.write_text("new")
    assert tree(tmp_path) == {"card.json": "new"}


def test_two_that_write_one_file_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a.json") as first, atomic_file(tmp_path / "a.json") as second:
        first.write_text("first")
        second.write_text("second")
    assert tree(tmp_path) == {"a.json": "first"}


def test_missing_parents_of_a_file_are_made(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a" / "b" / "card.json") as temporary:
        temporary.write_text("new")
    assert tree(tmp_path) == {"a/b/card.json": "new"}


def test_the_temporary_file_lies_beside_the_target_with_its_suffix(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "faces.npz") as temporary:
        temporary.write_text("new")
        assert temporary != tmp_path / "faces.npz"
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".npz")


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "card.json"
    target.write_text("old")
    with atomic_file(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert tree(tmp_path) == {"card.json": "new"}


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        break_off_file(tmp_path / "card.json")
    assert tree(tmp_path) == {"card.json": "old"}


def test_a_failure_without_an_old_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        break_off_file(tmp_path / "card.json")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_appears_on_success_alone_beside_others(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "models" / "small") as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "card.json").write_text("new")
    assert tree(tmp_path) == {"models/small/inner/card.json": "new"}
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["small"]


def test_the_temporary_folder_is_empty_even_if_the_target_is_not(old_folder: Path) -> None:
    with atomic_folder(old_folder) as temporary:
        assert list(temporary.iterdir()) == []


def test_a_folder_is_replaced_as_a_whole(old_folder: Path) -> None:
    with atomic_folder(old_folder) as temporary:
        (temporary / "new.txt").write_text("new")
        assert tree(old_folder) == {"inner/old.txt": "old"}
    assert tree(old_folder) == {"new.txt": "new"}
    assert list(old_folder.parent.iterdir()) == [old_folder]


def test_a_failure_leaves_the_old_folder_and_nothing_else(old_folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        break_off_folder(old_folder)
    assert tree(old_folder) == {"inner/old.txt": "old"}
    assert list(old_folder.parent.iterdir()) == [old_folder]


def test_a_failure_without_an_old_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        break_off_folder(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_the_old_folder_comes_back_if_there_is_no_new_one_to_put_in_its_place(
    old_folder: Path,
) -> None:
    with pytest.raises(FileNotFoundError), atomic_folder(old_folder) as temporary:
        temporary.rmdir()
    assert tree(old_folder) == {"inner/old.txt": "old"}
    assert list(old_folder.parent.iterdir()) == [old_folder]


def test_a_new_folder_can_be_read_by_others(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "model"):
        pass
    assert (tmp_path / "model").stat().st_mode & 0o444 == 0o444
