"""Transfer files between page and kernel in parts small enough for a Jupyter server."""

from pathlib import Path
from typing import BinaryIO

# By default, Jupyter servers refuse messages of more than 10 MB.
PART_BYTES = 1_000_000


class TransferError(ValueError):
    """A part of a file that does not continue the parts before it."""


class Upload:
    """A file that arrives in parts.

    Parameters
    ----------
    name : str
        The person's name for it.
    size : int
        Number of bytes, as announced by the page.
    stream : BinaryIO
        Where to write them.

    Attributes
    ----------
    received : int
        Number of bytes received so far.

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
        """Whether all bytes have arrived."""
        return self.received == self.size

    def add(self, offset: int, part: bytes | memoryview) -> None:
        """Write the next part.

        Raises
        ------
        TransferError
            If it does not start where the previous part ended, is empty, or exceeds the size.
        """
        if offset != self.received or not 0 < len(part) <= self.size - offset:
            raise TransferError(
                f"{self.name}: expected bytes from {self.received} to {self.size}, got "
                f"{len(part)} from {offset}; send the file again"
            )
        self.stream.write(part)
        self.received += len(part)


def read_part(source: bytes | Path, offset: int) -> tuple[bytes, int]:
    """Return at most `PART_BYTES` of a file from an offset on, and the size of the whole file."""
    if isinstance(source, bytes):
        return source[offset : offset + PART_BYTES], len(source)
    with source.open("rb") as stream:
        stream.seek(offset)
        return stream.read(PART_BYTES), source.stat().st_size
