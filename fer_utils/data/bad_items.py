"""What to do with a bad row or file: stop at it, or leave it out and say so."""

from typing import Literal, get_args

from fer_utils.data.faces import DataError, Skipped

OnError = Literal["raise", "skip"]


class BadItemError(Exception):
    """What is wrong with one row or file; the reader of the whole source adds which one."""


def check_on_error(on_error: str) -> None:
    """Raise a ValueError unless `on_error` is "raise" or "skip"."""
    if on_error not in get_args(OnError):
        raise ValueError(f'unknown on_error {on_error!r}: expected "raise" or "skip"')


class Problems:
    """The bad rows and files of one source.

    Parameters
    ----------
    on_error : {"raise", "skip"}
        Whether a bad row or file stops the reading or is left out.

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
        """The rows and files left out so far, in the order in which they were met."""
        return tuple(self._skipped)

    def report(self, item: str, reason: str) -> None:
        """Take notice of a bad row or file.

        Parameters
        ----------
        item : str
            Which one, such as ``fer2013.csv row 17``.
        reason : str
            What was expected and what came.

        Raises
        ------
        DataError
            If bad items are to stop the reading.
        """
        if self._on_error == "raise":
            raise DataError(
                f'{item}: {reason}. Repair or remove it, or pass on_error="skip" to leave out '
                "what is bad"
            )
        self._skipped.append(Skipped(item, reason))
