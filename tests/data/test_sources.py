"""Loading faces from any source."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sample_sources import (
    CLASSES,
    assert_data_error,
    ckplus_files,
    fer2013_files,
    full_rows,
    pixels,
    png,
    row,
    write_csv,
    write_folder,
    write_zip,
)

from fer_utils import paths
from fer_utils.data import sources
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.provenance import Provenance
from fer_utils.data.sources import has_own_split, load_faces


def drawn(*, seed: int = 0) -> Faces:
    """Return 21 uniform faces in place of drawn ones; their value is the seed."""
    return Faces(
        images=np.full((21, 48, 48), seed, dtype=np.uint8),
        labels=np.repeat(np.arange(7, dtype=np.uint8), 3),
        splits=np.tile(["Training", "PublicTest", "PrivateTest"], 7),
        names=np.array([f"synthetic {number:05}" for number in range(21)]),
        origins=np.full(21, "synthetic"),
        provenance=Provenance(source="synthetic", kind="synthetic", real_people=False),
    )


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty project, and work in a folder next to it."""
    root = tmp_path / "project"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "data" / "raw").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(paths, "PROJECT_ROOT", root)
    monkeypatch.setattr(paths, "RAW_DATA", root / "data" / "raw")
    monkeypatch.setattr(sources, "draw_faces", drawn)
    monkeypatch.delenv("FER_DATA", raising=False)
    return root


@pytest.fixture
def raw(project: Path) -> Path:
    return project / "data" / "raw"


def origins(faces: Faces) -> dict[str, int]:
    names, counts = np.unique(faces.origins, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def test_a_path_is_loaded(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "faces.csv", full_rows())
    assert len(load_faces(path)) == 21
    assert len(load_faces(str(path))) == 21
    assert load_faces(path).provenance.notes == ()


def test_relative_paths_count_from_here_and_then_from_the_project(project: Path) -> None:
    write_csv(project / "faces.csv", full_rows())
    assert len(load_faces("faces.csv")) == 21
    write_csv(Path("faces.csv"), full_rows() * 2)
    assert len(load_faces("faces.csv")) == 42
    assert len(load_faces(Path("faces.csv"))) == 42


@pytest.mark.parametrize(
    "source", ["fer2014", "", ["fer2014"], [""], Path("fer2013"), "a+b", "a + b"]
)
def test_a_missing_path_is_an_error(source) -> None:
    with pytest.raises(DataError) as caught:
        load_faces(source, on_error="skip")
    assert_data_error(
        caught,
        "is neither in the current folder nor in the root of the project",
        "auto, fer2013, ckplus, synthetic, kaggle",
        '" + "',
    )


def test_no_source_at_all_is_an_error() -> None:
    with pytest.raises(DataError, match="at least one source"):
        load_faces([])


def test_on_error_is_checked_before_anything_is_read() -> None:
    with pytest.raises(ValueError, match="unknown on_error 'ignore'") as caught:
        load_faces("missing.csv", on_error="ignore")  # type: ignore[arg-type]
    assert not isinstance(caught.value, DataError)


def test_on_error_and_seed_reach_the_source(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "faces.csv", [*full_rows(), "bad"])
    with pytest.raises(DataError, match=r"faces.csv row 22: expected 3 columns, got 1"):
        load_faces(path)
    skipped = load_faces(path, on_error="skip").provenance.skipped
    assert [bad.item for bad in skipped] == ["faces.csv row 22"]
    mine = write_folder(
        tmp_path / "mine",
        {f"{name}/{number}.png": png() for name in CLASSES for number in range(9)},
    )
    assert (load_faces(mine, seed=1).splits != load_faces(mine, seed=2).splits).any()


def test_synthetic_faces_are_drawn_with_the_seed() -> None:
    faces = load_faces("synthetic", seed=7)
    assert faces.images[0, 0, 0] == 7
    assert faces.provenance.notes == ()


@pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv"])
def test_fer2013_is_found_as_csv(raw: Path, name: str) -> None:
    write_csv(raw / name, full_rows())
    assert load_faces("fer2013").provenance.source == name


@pytest.mark.parametrize("name", ["fer2013.zip", "archive.zip"])
def test_fer2013_is_found_as_zip(raw: Path, name: str) -> None:
    write_zip(raw / name, fer2013_files())
    assert load_faces("fer2013").provenance.source == name


def test_fer2013_is_found_as_folder_but_a_csv_comes_first(raw: Path) -> None:
    write_folder(raw / "fer2013", fer2013_files())
    assert load_faces("fer2013").provenance.source == "fer2013"
    write_csv(raw / "fer2013.csv", full_rows())
    assert load_faces("fer2013").provenance.source == "fer2013.csv"


def test_ckplus_is_found(raw: Path) -> None:
    write_zip(raw / "CK+48.zip", ckplus_files(5))
    assert load_faces("ckplus").provenance.source == "CK+48.zip"
    write_folder(raw, ckplus_files(5))
    assert load_faces("ckplus").provenance.source == "CK+48"
    write_csv(raw / "ckextended.csv", full_rows())
    assert load_faces("ckplus").provenance.source == "ckextended.csv"


@pytest.mark.parametrize(
    ("name", "looked_for"),
    [
        ("fer2013", "fer2013.csv, icml_face_data.csv, fer2013.zip, archive.zip, fer2013"),
        ("ckplus", "ckextended.csv, CK+48, CK+48.zip"),
    ],
)
def test_a_short_name_that_is_not_there_lists_what_was_looked_for(name, looked_for) -> None:
    with pytest.raises(DataError) as caught:
        load_faces(name)
    assert_data_error(caught, f"{name} is not in data/raw: looked for {looked_for}")


def test_a_short_name_gives_no_other_data(raw: Path) -> None:
    write_zip(raw / "archive.zip", ckplus_files(5))
    with pytest.raises(DataError, match=r"data/raw/archive.zip contains ckplus, not fer2013"):
        load_faces("fer2013")


@pytest.mark.parametrize("source", ["fer2013 + ckplus", "fer2013+ckplus", ["fer2013", "ckplus"]])
def test_several_sources_are_joined_with_their_origins(raw: Path, source) -> None:
    write_csv(raw / "fer2013.csv", full_rows())
    write_folder(raw, ckplus_files(5))
    faces = load_faces(source)
    assert origins(faces) == {"fer2013": 21, "ckplus": 60}
    assert faces.provenance.source == "fer2013.csv + CK+48"
    assert faces.provenance.left_out == {"contempt": 10}
    assert "CK+48: CK+48 has no neutral images" in faces.provenance.notes


def test_a_plus_in_a_path_is_a_part_of_it(raw: Path) -> None:
    write_folder(raw, ckplus_files(5))
    write_csv(raw / "a + b.csv", full_rows())
    assert origins(load_faces("data/raw/CK+48")) == {"ckplus": 60}
    assert origins(load_faces("data/raw/a + b.csv")) == {"fer2013": 21}
    assert origins(load_faces("data/raw/CK+48 + synthetic")) == {"ckplus": 60, "synthetic": 21}


def test_paths_are_joined(tmp_path: Path) -> None:
    csv = write_csv(tmp_path / "a.csv", full_rows())
    write_folder(tmp_path, ckplus_files(5))
    mine = write_folder(tmp_path / "mine", {"happy/1.png": png()})
    faces = load_faces([str(csv), tmp_path / "CK+48", mine, "synthetic"])
    assert origins(faces) == {"fer2013": 21, "ckplus": 60, "mine": 1, "synthetic": 21}


def test_kaggle_is_downloaded_and_loaded(raw: Path, monkeypatch) -> None:
    folders = []

    def download(folder: Path) -> Path:
        folders.append(folder)
        return write_folder(folder, fer2013_files())

    monkeypatch.setattr(sources, "download_fer2013", download)
    faces = load_faces("kaggle")
    assert folders == [raw / "fer2013"]
    assert origins(faces) == {"fer2013": 21}
    assert faces.provenance.notes[0] == "msambare/fer2013 from Kaggle, stored in data/raw/fer2013"


def test_auto_takes_what_the_environment_names(raw: Path, tmp_path: Path, monkeypatch) -> None:
    write_csv(raw / "fer2013.csv", full_rows())
    monkeypatch.setenv("FER_DATA", str(write_csv(tmp_path / "other.csv", full_rows() * 2)))
    faces = load_faces()
    assert faces.provenance.source == "other.csv"
    assert faces.provenance.notes == ("chosen automatically: FER_DATA is set",)
    monkeypatch.setenv("FER_DATA", "fer2013 + synthetic")
    faces = load_faces("auto")
    assert origins(faces) == {"fer2013": 21, "synthetic": 21}
    assert faces.provenance.notes[0] == "chosen automatically: FER_DATA is set"


@pytest.mark.parametrize("value", ["auto", "synthetic + auto"])
def test_the_environment_must_not_name_auto(monkeypatch, value: str) -> None:
    monkeypatch.setenv("FER_DATA", value)
    with pytest.raises(DataError, match=r"FER_DATA is '.*auto': expected a source other than auto"):
        load_faces()


def test_auto_is_synthetic_without_data(raw: Path, monkeypatch) -> None:
    (raw / ".gitkeep").touch()
    (raw / "README.md").write_text("where to get data")
    (raw / "fer2013new.csv").write_text("Usage,Image name,neutral\nTraining,fer0000000.png,4\n")
    monkeypatch.setenv("FER_DATA", " ")
    faces = load_faces()
    assert origins(faces) == {"synthetic": 21}
    assert faces.provenance.notes == (
        "chosen automatically: FER_DATA is not set and data/raw contains no data",
    )
    for path in raw.iterdir():
        path.unlink()
    raw.rmdir()
    assert origins(load_faces()) == {"synthetic": 21}


def test_auto_takes_the_data_in_raw(raw: Path) -> None:
    write_zip(raw / "my_faces.zip", fer2013_files())
    (raw / "notes.pdf").write_bytes(b"%PDF")
    faces = load_faces()
    assert faces.provenance.notes[0] == (
        "chosen automatically: my_faces.zip is in data/raw (not used: notes.pdf)"
    )


def test_auto_takes_fer2013_first_and_then_ckplus(raw: Path) -> None:
    write_folder(raw / "another", fer2013_files())
    write_folder(raw, ckplus_files(5))
    assert load_faces().provenance.notes[0] == (
        "chosen automatically: CK+48 is in data/raw (not used: another)"
    )
    write_csv(raw / "fer2013.csv", full_rows())
    assert load_faces().provenance.notes == (
        "chosen automatically: fer2013.csv is in data/raw (not used: CK+48, another)",
    )


def test_auto_passes_over_a_broken_link(raw: Path) -> None:
    (raw / "faces").symlink_to(raw / "gone")
    with pytest.raises(DataError, match="data/raw contains faces, which is not recognized"):
        load_faces()


def test_auto_says_if_the_data_in_raw_are_not_recognized(raw: Path) -> None:
    (raw / "notes.pdf").write_bytes(b"%PDF")
    (raw / "fer2013.zip.part").write_bytes(b"PK\3\4 broken off")
    with pytest.raises(DataError) as caught:
        load_faces()
    assert_data_error(
        caught,
        "data/raw contains fer2013.zip.part, notes.pdf, which is not recognized as faces",
        "fer2013.csv",
        '"synthetic"',
    )


def test_an_emotion_without_images_is_an_error_unless_allowed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", full_rows(classes=5))
    with pytest.raises(DataError) as caught:
        load_faces(path)
    assert_data_error(
        caught, "a.csv has no images of surprise, neutral", "require_all_classes=False"
    )
    assert len(load_faces(path, require_all_classes=False)) == 15


def test_only_ckplus_folders_may_lack_neutral(tmp_path: Path) -> None:
    ckplus = write_folder(tmp_path / "ck", ckplus_files(5))
    assert len(load_faces(ckplus)) == 60
    without_neutral = write_csv(tmp_path / "a.csv", full_rows(classes=6))
    for source in (without_neutral, [ckplus, without_neutral]):
        with pytest.raises(DataError, match="has no images of neutral"):
            load_faces(source)
    fewer = {name: data for name, data in ckplus_files(5).items() if "/fear/" not in name}
    with pytest.raises(DataError, match="has no images of fear:"):
        load_faces(write_folder(tmp_path / "fewer", fewer))


@pytest.mark.parametrize("on_error", ["raise", "skip"])
@pytest.mark.parametrize(
    ("usages", "missing"),
    [
        (("Training",), "PublicTest, PrivateTest"),
        (("Training", "PrivateTest"), "PublicTest"),
        (("PublicTest", "PrivateTest"), "Training"),
    ],
)
def test_an_empty_split_is_an_error(tmp_path: Path, usages, missing, on_error) -> None:
    rows = [row(emotion, usage) for emotion in range(7) for usage in usages]
    path = write_csv(tmp_path / "a.csv", rows)
    with pytest.raises(DataError) as caught:
        load_faces(path, on_error=on_error, require_all_classes=False)
    assert_data_error(caught, f"a.csv has no images in {missing}: ", "80/10/10")


def test_a_source_without_good_rows_is_an_error(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [f"3,{pixels(count=3)},Training"])
    with pytest.raises(DataError, match=r"a.csv contains no usable images"):
        load_faces(path, on_error="skip")


def test_a_split_may_be_missing_where_that_is_allowed(tmp_path: Path) -> None:
    rows = [line for line in full_rows() if "PublicTest" not in line]
    path = write_csv(tmp_path / "a.csv", rows)
    faces = load_faces(path, require_all_splits=False)
    assert set(faces.splits) == {"Training", "PrivateTest"}


def test_no_images_at_all_are_never_allowed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["bad"])
    with pytest.raises(DataError, match="contains no usable images"):
        load_faces(path, on_error="skip", require_all_classes=False, require_all_splits=False)


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("class folders", False),
        ("CK+48 folders", False),
        ("CK+ CSV", False),
        ("class folders + CK+48 folders", False),
        ("train and test folders", True),
        ("FER-2013 CSV", True),
        ("drawn faces", True),
        ("class folders + FER-2013 CSV", True),
    ],
)
def test_some_sources_have_a_split_of_their_own(kind: str, own: bool) -> None:
    faces = drawn()
    faces = replace(faces, provenance=replace(faces.provenance, kind=kind))
    assert has_own_split(faces) == own


def test_the_kinds_without_a_split_are_those_that_sources_have(tmp_path: Path) -> None:
    mine = {f"{name}/{number}.png": png() for name in CLASSES for number in range(9)}
    for files in (mine, ckplus_files()):
        folder = write_folder(tmp_path / str(len(files)), files)
        assert not has_own_split(load_faces(folder))
    assert not has_own_split(load_faces(write_csv(tmp_path / "ckextended.csv", full_rows())))
    assert has_own_split(load_faces(write_csv(tmp_path / "fer2013.csv", full_rows())))


def test_a_part_need_not_be_complete_if_the_whole_is(tmp_path: Path) -> None:
    whole = write_csv(tmp_path / "a.csv", full_rows())
    part = write_csv(tmp_path / "b.csv", [row(3)])
    assert len(load_faces([whole, part])) == 22


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    faces = load_faces(write_folder(tmp_path / "ck", ckplus_files(5)))
    faces.save(tmp_path / "faces.npz")
    back = Faces.load(tmp_path / "faces.npz")
    assert back.fingerprint() == faces.fingerprint()
    assert back.provenance == faces.provenance
    assert back.names.tolist() == faces.names.tolist()
