"""List what paths, folders and addresses stand for."""

from pathlib import Path

import pytest

from fer_utils.cli.inputs import list_sources

URL = "https://example.org/holiday/beach.jpg?size=2"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    names = ("b.jpg", "a.PNG", "sub/c.mp4", "sub/d.gif", "notes.txt", "sub/list.csv")
    for name in (*names, ".hidden.jpg", ".trash/e.jpg"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_a_folder_stands_for_all_that_is_in_it(photos: Path) -> None:
    sources, others = list_sources([str(photos)])
    names = ("a.PNG", "b.jpg", "sub/c.mp4", "sub/d.gif")
    assert sources == tuple(str(photos / name) for name in names)
    assert others == 2


def test_what_is_named_is_taken_as_it_is(photos: Path) -> None:
    text, missing = str(photos / "notes.txt"), str(photos / "none.jpg")
    assert list_sources([text, missing, URL]) == ((text, missing, URL), 0)


def test_each_is_taken_once_in_the_order_they_are_named(photos: Path) -> None:
    first = str(photos / "sub/c.mp4")
    sources, _ = list_sources([first, str(photos), first])
    assert [Path(source).name for source in sources] == ["c.mp4", "a.PNG", "b.jpg", "d.gif"]


def test_the_folder_of_copies_is_left_out(photos: Path) -> None:
    sources, others = list_sources([str(photos)], leave_out=photos / "sub")
    assert [Path(source).name for source in sources] == ["a.PNG", "b.jpg"]
    assert others == 1
