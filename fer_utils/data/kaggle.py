"""FER-2013 from Kaggle, with the user's own account."""

import shutil
from pathlib import Path
from types import ModuleType

from fer_utils.data.faces import DataError
from fer_utils.paths import atomic_folder, display_path

HANDLE = "msambare/fer2013"

_NO_ENTRY = (401, 403)


def download_fer2013(folder: Path) -> Path:
    """Download FER-2013 into a folder, unless it is already there.

    Needs the optional extra ``fer-utils[kaggle]``. The data set is ``msambare/fer2013``: about
    60 MB of images in ``train/<class>/`` and ``test/<class>/`` (Goodfellow et al. 2013).

    Parameters
    ----------
    folder : Path
        Where to put it; it appears whole or not at all.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    DataError
        If kagglehub is not installed, or Kaggle cannot be reached or refuses.
    """
    if folder.is_dir() and any(folder.iterdir()):
        return folder
    kagglehub = _import_kagglehub(folder)
    with atomic_folder(folder) as target:
        try:
            downloaded = Path(kagglehub.dataset_download(HANDLE, output_dir=str(target)))
        # The library raises its own errors, those of its HTTP library and plain ones.
        except Exception as error:
            raise DataError(_explain(error, kagglehub, folder)) from error
        # On Kaggle and Colab it ignores the folder asked for and gives one of its own.
        if downloaded.resolve() != target.resolve():
            shutil.copytree(downloaded, target, dirs_exist_ok=True)
    return folder


def _import_kagglehub(folder: Path) -> ModuleType:
    try:
        import kagglehub
        import kagglehub.exceptions
    except ImportError as error:
        raise DataError(
            "downloading from Kaggle needs kagglehub, which is not installed: run "
            f'pip install "fer-utils[kaggle]". Or {_by_hand(folder)}'
        ) from error
    return kagglehub


def _explain(error: Exception, kagglehub: ModuleType, folder: Path) -> str:
    """Return what went wrong and what to do about it."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    credential_errors = (
        kagglehub.exceptions.UnauthenticatedError,
        kagglehub.exceptions.CredentialError,
    )
    if status in _NO_ENTRY or isinstance(error, credential_errors):
        return (
            f"Kaggle asks for your credentials ({error}): make a token at "
            "https://www.kaggle.com/settings/api and put it into ~/.kaggle/access_token or the "
            f"environment variable KAGGLE_API_TOKEN. Or {_by_hand(folder)}"
        )
    return (
        f"the download from Kaggle failed ({type(error).__name__}: {error}): check the network "
        f"connection and try again. Or {_by_hand(folder)}"
    )


def _by_hand(folder: Path) -> str:
    return (
        f"download the zip by hand from https://www.kaggle.com/datasets/{HANDLE} and put it, "
        f'unopened, into {display_path(folder.parent)}; then load "fer2013"'
    )
