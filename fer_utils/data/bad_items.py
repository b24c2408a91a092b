"""Stop at a bad row or file, or skip and record it."""

from typing import Literal, get_args

from fer_utils.data.faces import DataError
from fer_utils.data.provenance import Skipped

OnError = Literal["raise", "skip"]


class BadItemError(Exception):
    """A bad row or file; the reader of the whole source adds which one it is."""


def check_on_error(on_error: str) -> None:
    """Raise a ValueError unless `on_error` is "raise" or "skip"."""
    if on_error not in get_args(OnError):
        raise ValueError(f'unknown on_error {on_error!r}: expected "raise" or "skip"')


class Problems:
    """The bad rows and files of one source.

    Parameters
    ----------
    on_error : {"raise", "skip"}
        Whether to stop at a bad row or file, or to skip it.

    Raises
    ------
    ValueError
        If `on_error` is neither.
    """

    def __init__(self, on_error: OnError) -> None:
        check_on_error(on_error)
        self._on_error = on_error
        self._skipped: list[Skipped] = []

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The rows and files skipped so far, in order."""
        return tuple(self._skipped)

    def report(self, item: str, reason: str) -> None:
        """Raise an error for a bad row or file, or record that it is skipped.

        Parameters
        ----------
        item : str
            The row or file, such as ``fer2013.csv row 17``.
        reason : str
            What was expected and what was found.

        Raises
        ------
        DataError
            If `on_error` is "raise".
        """
        if self._on_error == "raise":
            raise DataError(
                f'{item}: {reason}. Repair or remove it, or pass on_error="skip" to skip bad items'
            )
        self._skipped.append(Skipped(item, reason))
