"""Download FER-2013 from Kaggle with the user's own account."""

import shutil
from pathlib import Path

from fer_utils.data.faces import DataError
from fer_utils.paths import atomic_folder, display_path

HANDLE = "msambare/fer2013"


def download_fer2013(folder: Path) -> Path:
    """Download FER-2013 into a folder, unless it is already there.

    This needs the extra ``fer-utils[kaggle]``. The data set is ``msambare/fer2013``: about 60 MB
    of images in ``train/<class>/`` and ``test/<class>/`` (Goodfellow et al. 2013).

    Parameters
    ----------
    folder : Path
        The target folder, written atomically.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    DataError
        If kagglehub is not installed, or Kaggle cannot be reached or denies access.
    """
    if folder.is_dir() and any(folder.iterdir()):
        return folder
    or_manually = (
        f"Or download the zip yourself from https://www.kaggle.com/datasets/{HANDLE} and put it, "
        f'without unpacking it, into {display_path(folder.parent)}; then load "fer2013"'
    )
    try:
        import kagglehub
        from kagglehub.exceptions import CredentialError, UnauthenticatedError
    except ImportError as error:
        raise DataError(
            "downloading from Kaggle requires kagglehub, which is not installed: run "
            f'pip install "fer-utils[kaggle]". {or_manually}'
        ) from error
    with atomic_folder(folder) as target:
        try:
            downloaded = Path(kagglehub.dataset_download(HANDLE, output_dir=str(target)))
        # kagglehub raises its own errors, those of its HTTP library, and built-in ones.
        except Exception as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            if status in (401, 403) or isinstance(error, CredentialError | UnauthenticatedError):
                raise DataError(
                    f"Kaggle requires your credentials ({error}): create a token at "
                    "https://www.kaggle.com/settings/api and store it in ~/.kaggle/access_token "
                    f"or the environment variable KAGGLE_API_TOKEN. {or_manually}"
                ) from error
            raise DataError(
                f"the download from Kaggle failed ({type(error).__name__}: {error}): check the "
                f"network connection and try again. {or_manually}"
            ) from error
        # On Kaggle and Colab it ignores output_dir and returns a folder of its own.
        if downloaded.resolve() != target.resolve():
            shutil.copytree(downloaded, target, dirs_exist_ok=True)
    return folder
