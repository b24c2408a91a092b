"""Execute one notebook headlessly, and say plainly where it failed."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import papermill
from papermill.exceptions import PapermillExecutionError

from fer_utils.litert import quiet_native_stderr

_HOURS = 3600
# No cell takes longer, so one that hangs ends some day.
_CELL_TIMEOUT_SECONDS = 12 * _HOURS


class PipelineError(RuntimeError):
    """A run that cannot start or go on; the message is meant for the terminal."""


def execute_notebook(
    notebook: Path, executed: Path, parameters: Mapping[str, Any], *, remedy: str
) -> None:
    """Execute a notebook and keep the executed copy, also of a part.

    Parameters
    ----------
    notebook : Path
        The notebook; it stays as it is.
    executed : Path
        Where its executed copy is written.
    parameters : mapping of str to object
        What replaces its parameters, by name.
    remedy : str
        A sentence that says how to go on after a failure.

    Raises
    ------
    PipelineError
        If a cell fails, or after Ctrl-C.
    """
    with _explained(notebook, executed, remedy), quiet_native_stderr():
        papermill.execute_notebook(
            notebook,
            executed,
            dict(parameters),
            kernel_name="python3",
            progress_bar={"desc": notebook.stem, "unit": "cell"},
            stderr_file=_ProgressBars(),
            coalesce_streams=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            execution_timeout=_CELL_TIMEOUT_SECONDS,
        )


class _ProgressBars:
    """The terminal, for the bars of a notebook alone.

    What else it writes to stderr, such as TensorFlow's start-up lines, stays in its executed copy.
    """

    def write(self, text: str) -> None:
        if "%|" in text or not text.strip():
            sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@contextmanager
def _explained(notebook: Path, executed: Path, remedy: str) -> Iterator[None]:
    """Turn a failing cell, or Ctrl-C, into a few lines that say where and how to go on."""
    try:
        yield
    except PapermillExecutionError as error:
        raise PipelineError(
            f"{notebook.name} failed in cell {error.cell_index}:\n"
            f"    {_first_lines(error.source)}\n"
            f"{error.ename}: {error.evalue}\n"
            f"The executed part is kept: {executed}\n"
            f"{remedy}"
        ) from error
    except KeyboardInterrupt as error:
        raise PipelineError(f"{notebook.name} was stopped. {remedy}") from error


def _first_lines(source: str, count: int = 3) -> str:
    return "\n    ".join(source.strip().splitlines()[:count])
