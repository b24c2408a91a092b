"""Votes are joined with the right faces, or refused."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sample_sources import assert_data_error

from fer_utils.data import ferplus
from fer_utils.data.faces import DataError, Faces
from fer_utils.data.ferplus import add_votes, download_votes
from fer_utils.data.provenance import Provenance
from fer_utils.data.votes import VOTE_CLASSES

ROWS = 35_887


def faces(names: list[str], labels: list[int] | None = None, origin: str = "fer2013") -> Faces:
    count = len(names)
    return Faces(
        images=np.zeros((count, 48, 48), dtype=np.uint8),
        labels=np.array(labels or [0] * count, dtype=np.uint8),
        splits=np.full(count, "Training"),
        names=np.array(names),
        origins=np.full(count, origin),
        provenance=Provenance("fer2013.csv", "made up"),
    )


def table(**columns: object) -> pd.DataFrame:
    """Return FER+'s table, in which row r has r % 11 votes for neutral, unless changed."""
    votes = {name: np.zeros(ROWS, dtype=int) for name in VOTE_CLASSES}
    votes["neutral"] = np.arange(ROWS) % 11
    return pd.DataFrame(votes).assign(Usage="Training", **columns)


@pytest.fixture
def ferplus_csv(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013new.csv"
    table().to_csv(path, index=False)
    return path


def neutral(votes: np.ndarray) -> list[int]:
    return votes[:, VOTE_CLASSES.index("neutral")].tolist()


def test_rows_of_a_csv_have_the_votes_of_the_same_row(ferplus_csv: Path) -> None:
    found = add_votes(
        faces(["fer2013.csv row 1", "fer2013.csv row 5", "x.csv row 11"]), ferplus_csv
    )
    assert neutral(found.votes) == [0, 4, 10]
    assert found.votes.shape == (3, 10)
    assert "votes of ten people on 2 faces, from fer2013new.csv" in found.provenance.notes


def test_files_of_the_kaggle_layout_have_the_votes_of_their_pixels(ferplus_csv: Path) -> None:
    names = ["test/angry/PrivateTest_10131363.jpg", "train/angry/Training_1.jpg"]
    found = add_votes(faces(names), ferplus_csv)
    assert neutral(found.votes) == [33_914 % 11, 0]


def test_a_number_that_occurs_in_two_splits_is_told_apart(ferplus_csv: Path) -> None:
    names = ["test/happy/PublicTest_30360811.jpg", "train/happy/Training_30360811.jpg"]
    found = add_votes(faces(names, labels=[3, 3]), ferplus_csv)
    assert neutral(found.votes)[0] == 31_170 % 11
    assert neutral(found.votes)[1] != neutral(found.votes)[0]


def test_a_table_may_name_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    table().iloc[[4, 2]].assign(row=[4, 2], file="x").to_csv(path, index=False)
    names = [f"fer2013.csv row {number}" for number in (1, 3, 5)]
    assert neutral(add_votes(faces(names), path).votes) == [0, 2, 4]


def test_other_faces_get_no_votes(ferplus_csv: Path) -> None:
    with pytest.raises(DataError) as caught:
        add_votes(faces(["a.csv row 3"], origin="mine"), ferplus_csv)
    assert_data_error(caught, "has votes for FER-2013, but no face of fer2013.csv", "leave out")


def test_none_adds_nothing() -> None:
    given = faces(["fer2013.csv row 1"])
    assert add_votes(given, None) is given


def test_a_path_is_relative_to_the_current_folder(
    ferplus_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ferplus_csv.parent)
    assert neutral(add_votes(faces(["fer2013.csv row 5"]), ferplus_csv.name).votes) == [4]


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a table of votes"):
        add_votes(faces(["fer2013.csv row 5"]), tmp_path)


def test_auto_takes_what_is_there(
    ferplus_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, others = faces(["fer2013.csv row 5"]), faces(["a.png"], origin="mine")
    monkeypatch.delenv("FER_VOTES", raising=False)
    monkeypatch.setattr(ferplus.paths, "RAW_DATA", tmp_path / "nothing")
    assert add_votes(given, "auto") is given
    monkeypatch.setattr(ferplus.paths, "RAW_DATA", tmp_path)
    assert neutral(add_votes(given, "auto").votes) == [4]
    monkeypatch.setenv("FER_VOTES", str(tmp_path / "missing.csv"))
    assert add_votes(others, "auto") is others
    with pytest.raises(DataError, match=r"there is no .*missing.csv: expected FER"):
        add_votes(given, "auto")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda votes: votes.drop(columns="NF"), "'NF'"),
        (lambda votes: votes.iloc[1:], "has 35886 rows, not 35887"),
        (lambda votes: votes.assign(fear=-1), "has votes other than 0 to 10"),
        (lambda votes: votes.assign(fear="a"), "has votes other than 0 to 10"),
        (lambda votes: votes.assign(fear=2.5), "has votes other than 0 to 10"),
        (lambda votes: votes.assign(row=range(1, ROWS + 1)), "leaves 0 to 35886"),
        (lambda votes: votes.assign(row=-1), "leaves 0 to 35886"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, changed, message: str) -> None:
    path = tmp_path / "votes.csv"
    changed(table()).to_csv(path, index=False)
    with pytest.raises(DataError) as caught:
        add_votes(faces(["fer2013.csv row 5"]), path)
    assert_data_error(caught, message, "expected FER+'s fer2013new.csv")


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match="is not a table of votes"):
        add_votes(faces(["fer2013.csv row 5"]), path)


def labeled_rows(tmp_path: Path, *, shift: int) -> tuple[Faces, Path]:
    """Give 700 faces that agree with two thirds of the votes, which are then shifted by rows."""
    labels = np.arange(700) % 7
    seen = np.where(np.arange(700) % 3 == 0, (labels + 1) % 7, labels)
    names = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    votes = table(neutral=0)
    for number, name in enumerate(names):
        votes.loc[np.flatnonzero(np.roll(seen, shift) == number), name] = 10
    path = tmp_path / "fer2013new.csv"
    votes.to_csv(path, index=False)
    rows = [f"fer2013.csv row {number + 1}" for number in range(700)]
    return faces(rows, labels.tolist()), path


def test_votes_that_mostly_agree_with_the_labels_are_taken(tmp_path: Path) -> None:
    given, path = labeled_rows(tmp_path, shift=0)
    assert add_votes(given, path).votes.sum() == 7000


def test_votes_of_shifted_rows_are_refused(tmp_path: Path) -> None:
    given, path = labeled_rows(tmp_path, shift=2)
    with pytest.raises(DataError) as caught:
        add_votes(given, path)
    assert_data_error(caught, "labels of Training agree", "on 0% of", "belong to other rows")


class FakePooch(ModuleType):
    """The part of pooch 1.9 that the project uses; writes a file or raises `error`."""

    def __init__(self) -> None:
        super().__init__("pooch")
        self.error: Exception | None = None
        self.asked: list[tuple[str, str]] = []

    def retrieve(self, url: str, known_hash: str, fname: str, path: Path) -> str:
        """Behave like the function of pooch."""
        self.asked.append((url, known_hash))
        if self.error:
            raise self.error
        path.mkdir(parents=True, exist_ok=True)
        table().to_csv(path / fname, index=False)
        return str(path / fname)


@pytest.fixture
def pooch(monkeypatch: pytest.MonkeyPatch) -> FakePooch:
    fake = FakePooch()
    monkeypatch.setitem(sys.modules, "pooch", fake)
    return fake


def test_downloaded_votes_are_checked_and_found_again(
    tmp_path: Path, pooch: FakePooch, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert download_votes(tmp_path / "raw") == tmp_path / "raw" / "fer2013new.csv"
    assert pooch.asked == [
        (
            "https://raw.githubusercontent.com/microsoft/FERPlus/master/fer2013new.csv",
            "sha256:9206e20d62f56475939f516847d61753e4860caeac9718b560129541b776fc2c",
        )
    ]
    monkeypatch.delenv("FER_VOTES", raising=False)
    monkeypatch.setattr(ferplus.paths, "RAW_DATA", tmp_path / "raw")
    assert neutral(add_votes(faces(["fer2013.csv row 5"]), "auto").votes) == [4]


@pytest.mark.parametrize("error", [ConnectionError("unreachable"), ValueError("SHA256 hash")])
def test_a_failed_download_says_how_to_get_the_votes_by_hand(
    tmp_path: Path, pooch: FakePooch, error: Exception
) -> None:
    pooch.error = error
    with pytest.raises(DataError) as caught:
        download_votes(tmp_path / "raw")
    assert_data_error(
        caught,
        f"failed ({error}): download fer2013new.csv yourself",
        f"from https://github.com/microsoft/FERPlus and put it into {tmp_path / 'raw'}",
    )
    assert caught.value.__cause__ is error
