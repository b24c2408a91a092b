"""Open zips that do not expand beyond measure."""

import struct
import zipfile
from pathlib import Path

from fer_utils.data.provenance import DataError

# Tables of pixels shrink to a quarter at best, pictures not at all.
_MOST_TIMES = 100
_ALWAYS_FINE = 100_000_000


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip to read from it.

    Raises
    ------
    zipfile.BadZipFile
        If it is not a zip, or is damaged.
    DataError
        If its content is more than a hundred times larger than the zip itself.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (NotImplementedError, ValueError, struct.error) as error:
        raise zipfile.BadZipFile(str(error)) from error
    content, size = sum(entry.file_size for entry in archive.infolist()), path.stat().st_size
    if content > max(_ALWAYS_FINE, _MOST_TIMES * size):
        archive.close()
        raise DataError(
            f"{path.name} has {size / 1e6:.1f} MB, but would expand to {content / 1e6:,.0f} MB: "
            "unpack it yourself if you trust it"
        )
    return archive
