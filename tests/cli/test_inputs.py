"""What paths stand for, and where annotated copies go."""

from pathlib import Path

import pytest

from fer_utils.cli.inputs import check_output, list_sources, plan_copies
from fer_utils.vision.file_kinds import is_picture, is_video

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


def test_suffixes_tell_pictures_and_videos() -> None:
    names = ("a.JPG", "b.mp4", "c.MOV", "d.txt", "jpg", "e.webp")
    assert [name for name in names if is_picture(name)] == ["a.JPG", "e.webp"]
    assert [name for name in names if is_video(name)] == ["b.mp4", "c.MOV"]


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


def test_copies_keep_their_names(tmp_path: Path) -> None:
    sources = ("x/a.jpg", "x/b.PNG", "x/c.mp4", "x/d.mov", "x/e.gif", "x/f", URL)
    copies = plan_copies(sources, tmp_path)
    assert {source: path.relative_to(tmp_path).as_posix() for source, path in copies.items()} == {
        **{"x/a.jpg": "a.jpg", "x/b.PNG": "b.PNG", "x/c.mp4": "c.mp4", "x/d.mov": "d.mp4"},
        **{"x/e.gif": "e.gif.png", "x/f": "f.png", URL: "beach.jpg"},
    }


def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    sources = ("x/a.jpg", "y/A.JPG", "z/a.jpg", "x/a-2.jpg", "x/c.mov", "x/c.mp4")
    names = [path.name for path in plan_copies(sources, tmp_path).values()]
    assert names == ["a.jpg", "A-2.JPG", "a-3.jpg", "a-2-2.jpg", "c.mp4", "c-2.mp4"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://example.org", "picture.png"),
        ("http://example.org/photos/", "photos.png"),
        ("http://example.org/a%20b.jpeg", "a b.jpeg"),
        ("http://example.org/..%2F..%2Fpasswd.png", ".._.._passwd.png"),
        ("http://example.org/..%5Ca.png", ".._a.png"),
        ("http://example.org/%2e%2e", "picture.png"),
        ("http://example.org/a.mp4", "a.mp4.png"),
    ],
)
def test_copies_from_the_web_stay_in_their_folder(address: str, name: str, tmp_path: Path) -> None:
    assert plan_copies([address], tmp_path) == {address: tmp_path / name}


def test_copies_never_replace_a_source(photos: Path) -> None:
    sources = [str(photos / "b.jpg"), str(photos / "a.PNG")]
    with pytest.raises(ValueError, match=r"has b\.jpg itself: give another folder"):
        plan_copies(sources, photos / "sub" / "..")


def test_a_table_never_replaces_a_source(photos: Path) -> None:
    sources = [URL, str(photos / "b.jpg")]
    check_output(None, sources)
    check_output(photos / "faces.csv", sources)
    with pytest.raises(ValueError, match=r"b\.jpg is one of the files to look at"):
        check_output(photos / "sub" / ".." / "b.jpg", sources)
