"""Downloading from Kaggle, with a stand-in for its library."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from sample_sources import assert_data_error, fer2013_files, write_folder

from fer_utils.data.faces import DataError
from fer_utils.data.kaggle import download_fer2013


class FakeKaggleHub(ModuleType):
    """The part of kagglehub 1.0 that the project uses; writes files or raises `error`."""

    def __init__(self) -> None:
        super().__init__("kagglehub")
        self.exceptions = ModuleType("kagglehub.exceptions")
        self.exceptions.UnauthenticatedError = type("UnauthenticatedError", (Exception,), {})
        self.exceptions.CredentialError = type("CredentialError", (Exception,), {})
        self.error: Exception | None = None
        self.own_folder: Path | None = None
        self.handles: list[str] = []

    def dataset_download(
        self,
        handle: str,
        path: str | None = None,
        *,
        force_download: bool | None = False,
        output_dir: str | None = None,
    ) -> str:
        """Behave like the function of kagglehub."""
        self.handles.append(handle)
        folder = self.own_folder or Path(output_dir)
        assert not any(folder.iterdir()), "kagglehub refuses a folder that is not empty"
        write_folder(folder, {**fer2013_files(), ".complete/msambare/fer2013/1.complete": b""})
        if self.error:
            raise self.error
        return str(folder)


@pytest.fixture
def kagglehub(monkeypatch: pytest.MonkeyPatch) -> FakeKaggleHub:
    fake = FakeKaggleHub()
    monkeypatch.setitem(sys.modules, "kagglehub", fake)
    monkeypatch.setitem(sys.modules, "kagglehub.exceptions", fake.exceptions)
    return fake


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_the_data_set_arrives_in_the_folder(tmp_path: Path, kagglehub: FakeKaggleHub) -> None:
    folder = tmp_path / "raw" / "fer2013"
    assert download_fer2013(folder) == folder
    assert kagglehub.handles == ["msambare/fer2013"]
    assert names_in(folder) == {"train", "test"}
    assert list(folder.parent.iterdir()) == [folder]


def test_existing_data_are_not_downloaded_again(tmp_path: Path, kagglehub: FakeKaggleHub) -> None:
    download_fer2013(tmp_path / "fer2013")
    download_fer2013(tmp_path / "fer2013")
    assert len(kagglehub.handles) == 1


def test_an_empty_folder_is_filled(tmp_path: Path, kagglehub: FakeKaggleHub) -> None:
    (tmp_path / "fer2013").mkdir()
    assert names_in(download_fer2013(tmp_path / "fer2013")) == {"train", "test"}


def test_a_folder_of_its_own_choice_is_copied(tmp_path: Path, kagglehub: FakeKaggleHub) -> None:
    kagglehub.own_folder = tmp_path / "cache"
    kagglehub.own_folder.mkdir()
    assert names_in(download_fer2013(tmp_path / "fer2013")) == {"train", "test"}
    assert names_in(kagglehub.own_folder) == {"train", "test"}


def test_without_kagglehub_the_error_says_how_to_install_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(DataError) as caught:
        download_fer2013(tmp_path / "raw" / "fer2013")
    assert_data_error(
        caught,
        'pip install "fer-utils[kaggle]"',
        "https://www.kaggle.com/datasets/msambare/fer2013",
        str(tmp_path / "raw"),
    )


def http_error(status: int) -> Exception:
    error = OSError(f"{status} Client Error")
    error.response = SimpleNamespace(status_code=status)  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize("error", ["UnauthenticatedError", "CredentialError", 401, 403])
def test_without_credentials_the_error_says_where_to_get_a_token(
    tmp_path, kagglehub, error
) -> None:
    named = isinstance(error, str)
    kagglehub.error = getattr(kagglehub.exceptions, error)("no") if named else http_error(error)
    with pytest.raises(DataError) as caught:
        download_fer2013(tmp_path / "fer2013")
    assert_data_error(
        caught,
        "https://www.kaggle.com/settings/api",
        "~/.kaggle/access_token",
        "KAGGLE_API_TOKEN",
        "https://www.kaggle.com/datasets/msambare/fer2013",
    )
    assert caught.value.__cause__ is kagglehub.error


@pytest.mark.parametrize("error", [ConnectionError("unreachable"), http_error(404)])
def test_without_a_network_the_error_says_how_to_download_manually(
    tmp_path, kagglehub, error
) -> None:
    kagglehub.error = error
    with pytest.raises(DataError) as caught:
        download_fer2013(tmp_path / "fer2013")
    assert_data_error(
        caught, str(error), "check the network", "https://www.kaggle.com/datasets/msambare/fer2013"
    )


def test_a_download_that_breaks_off_leaves_nothing(tmp_path, kagglehub) -> None:
    kagglehub.error = ConnectionError("broken off")
    with pytest.raises(DataError):
        download_fer2013(tmp_path / "fer2013")
    assert list(tmp_path.iterdir()) == []
