"""List the pictures and videos; check, open, and write output files; plan annotated copies."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_utils.cli.prediction_files import (
    check_folder,
    check_output,
    list_sources,
    open_results,
    plan_copies,
    save_picture,
)
from fer_utils.data.image_files import read_image
from fer_utils.vision.face_table import FILE_COLUMNS
from fer_utils.vision.observation import Observation

URL = "https://example.org/holiday/beach.jpg?size=2"
EMPTY_PICTURE = Observation(None, None, 60, 40, ())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("b.jpg", "a.PNG"):
        (folder / name).touch()
    return folder


def test_results_are_in_both_files(tmp_path: Path) -> None:
    table, listing = tmp_path / "new" / "faces.csv", tmp_path / "faces.json"
    with open_results(csv=table, json=listing) as results:
        for result in results:
            with result.file("a.jpg"):
                result.add(EMPTY_PICTURE)
            result.add_error("bad.jpg", "is empty")
    head, row = table.read_text(encoding="utf-8").splitlines()
    assert (head, row) == (",".join(FILE_COLUMNS), "a.jpg" + "," * 16)
    assert json.loads(listing.read_text(encoding="utf-8")) == [
        {"file": "a.jpg", "width": 60, "height": 40, "faces": []},
        {"file": "bad.jpg", "error": "is empty"},
    ]


def test_without_files_there_are_no_results() -> None:
    with open_results() as results:
        assert results == []


def test_nothing_is_left_of_what_failed(tmp_path: Path) -> None:
    table, listing = tmp_path / "faces.csv", tmp_path / "faces.json"
    table.write_text("before", encoding="utf-8")
    with pytest.raises(RuntimeError), open_results(csv=table, json=listing):  # noqa: PT012
        assert table.read_text(encoding="utf-8") == "before"
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["faces.csv"]
    assert table.read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_file_that_cannot_be_written_is_told_at_once(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").touch()
    for path, reason in ((tmp_path, "it is a folder"), (tmp_path / "file" / "x", "")):
        message = f"{path.name} cannot be written: {reason}"
        with pytest.raises(ValueError, match=message), open_results(**{kind: path}):
            pytest.fail("began")


def test_one_file_cannot_be_both(tmp_path: Path) -> None:
    path = tmp_path / "faces"
    with pytest.raises(ValueError, match="faces cannot be both CSV and JSON"):
        open_results(csv=path, json=tmp_path / "." / "faces").__enter__()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    check_folder(tmp_path / "new" / "er")
    assert list((tmp_path / "new" / "er").iterdir()) == []
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "x"):
        with pytest.raises(ValueError, match=f"{path.name} cannot be written to: "):
            check_folder(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")],
)
def test_a_picture_is_written_in_the_kind_of_its_suffix(
    tmp_path: Path, name: str, kind: str
) -> None:
    picture = np.full((8, 8, 3), (200, 100, 30), dtype=np.uint8)
    save_picture(tmp_path / name, picture)
    with Image.open(tmp_path / name) as image:
        assert image.format == kind
    np.testing.assert_allclose(read_image(tmp_path / name), picture, atol=4)
    assert [path.name for path in tmp_path.iterdir()] == [name]


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
    with pytest.raises(ValueError, match=r"has the original b\.jpg: choose another folder"):
        plan_copies(sources, photos / "sub" / "..")


def test_a_table_never_replaces_a_source(photos: Path) -> None:
    sources = [URL, str(photos / "b.jpg")]
    check_output(None, sources)
    check_output(photos / "faces.csv", sources)
    with pytest.raises(ValueError, match=r"b\.jpg is one of the files to examine"):
        check_output(photos / "sub" / ".." / "b.jpg", sources)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    names = ("b.jpg", "a.PNG", "sub/c.mp4", "sub/d.gif", "notes.txt", "sub/list.csv")
    for name in (*names, ".hidden.jpg", ".trash/e.jpg"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_a_folder_stands_for_all_that_is_in_it(tree: Path) -> None:
    sources, others = list_sources([str(tree)])
    names = ("a.PNG", "b.jpg", "sub/c.mp4", "sub/d.gif")
    assert sources == tuple(str(tree / name) for name in names)
    assert others == 2


def test_what_is_named_is_taken_as_it_is(tree: Path) -> None:
    text, missing = str(tree / "notes.txt"), str(tree / "none.jpg")
    assert list_sources([text, missing, URL]) == ((text, missing, URL), 0)


def test_each_is_taken_once_in_the_order_they_are_named(tree: Path) -> None:
    first = str(tree / "sub/c.mp4")
    sources, _ = list_sources([first, str(tree), first])
    assert [Path(source).name for source in sources] == ["c.mp4", "a.PNG", "b.jpg", "d.gif"]


def test_the_folder_of_copies_is_left_out(tree: Path) -> None:
    sources, others = list_sources([str(tree)], leave_out=tree / "sub")
    assert [Path(source).name for source in sources] == ["a.PNG", "b.jpg"]
    assert others == 1
