"""Files between page and kernel, in parts that a Jupyter server lets through."""

from pathlib import Path
from typing import BinaryIO

# Jupyter servers refuse messages of more than 10 MB unless they are told otherwise.
PART_BYTES = 1_000_000


class TransferError(ValueError):
    """A part of a file that does not fit to those before it."""


class Upload:
    """A file that comes in parts.

    Parameters
    ----------
    name : str
        What the person calls it.
    size : int
        Its bytes, as the page announced them.
    stream : BinaryIO
        Where they are written.

    Attributes
    ----------
    received : int
        The bytes that came so far.

    Examples
    --------
    >>> upload = Upload("note.txt", 5, io.BytesIO())
    >>> upload.add(0, b"smile")
    >>> upload.complete
    True
    """

    def __init__(self, name: str, size: int, stream: BinaryIO) -> None:
        self.name = name
        self.size = size
        self.stream = stream
        self.received = 0

    @property
    def complete(self) -> bool:
        """Whether all bytes came."""
        return self.received == self.size

    def add(self, offset: int, part: bytes | memoryview) -> None:
        """Take the next part.

        Raises
        ------
        TransferError
            If it starts elsewhere than the last one ended, is empty, or goes beyond the size.
        """
        if offset != self.received or not 0 < len(part) <= self.size - offset:
            raise TransferError(
                f"{self.name}: expected the bytes from {self.received} to {self.size}, got "
                f"{len(part)} from {offset}; send the file again"
            )
        self.stream.write(part)
        self.received += len(part)


def read_part(source: bytes | Path, offset: int) -> tuple[bytes, int]:
    """Return the part of a file that begins at an offset, and the size of the whole.

    Parameters
    ----------
    source : bytes or Path
        The file.
    offset : int
        Bytes before the part; it is `PART_BYTES` long or shorter.
    """
    if isinstance(source, bytes):
        return source[offset : offset + PART_BYTES], len(source)
    with source.open("rb") as stream:
        stream.seek(offset)
        return stream.read(PART_BYTES), source.stat().st_size


def megabytes(count: int) -> str:
    """Return a number of bytes as people read it, such as ``31.2 MB``."""
    return f"{count / 1e6:.1f} MB"
