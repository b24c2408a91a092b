"""Execute one notebook headlessly, and explain where it failed."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fer_utils.litert import quiet_native_stderr

# No cell takes longer, so that a hanging cell ends eventually.
_CELL_TIMEOUT_SECONDS = 12 * 3600


class PipelineError(RuntimeError):
    """A run that cannot start or continue; the message is meant for the terminal."""


def execute_notebook(
    notebook: Path, executed: Path, parameters: Mapping[str, Any], *, remedy: str
) -> None:
    """Execute a notebook with this Python and keep the executed copy, even of a failed one.

    Parameters
    ----------
    notebook : Path
        The notebook; it does not change.
    executed : Path
        Where to write its executed copy.
    parameters : mapping of str to object
        Values for its parameters, by name.
    remedy : str
        Sentence that says how to continue after a failure.

    Raises
    ------
    PipelineError
        If a cell fails, or after Ctrl-C.
    """
    import papermill

    with _explained(notebook, executed, remedy), quiet_native_stderr():
        papermill.execute_notebook(
            notebook,
            executed,
            dict(parameters),
            kernel_name="python3",
            kernel_manager_class=_kernel_of_this_python(),
            progress_bar={"desc": notebook.stem, "unit": "cell"},
            stderr_file=_ProgressBars(),
            coalesce_streams=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            execution_timeout=_CELL_TIMEOUT_SECONDS,
        )


def parameter_names(notebook: Path) -> set[str]:
    """Return the names of a notebook's parameters."""
    import papermill

    return set(papermill.inspect_notebook(notebook))


def _kernel_of_this_python() -> type:
    """Return a kernel manager that ignores other Pythons registered as ``python3``."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    return type(
        "ThisPython", (AsyncKernelManager,), {"kernel_spec": KernelSpec(**get_kernel_dict())}
    )


class _ProgressBars:
    """Stderr, for the progress bars of a notebook only.

    Other output, such as TensorFlow's start-up lines, is in the executed copy.
    """

    def write(self, text: str) -> None:
        if "%|" in text or not text.strip():
            sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@contextmanager
def _explained(notebook: Path, executed: Path, remedy: str) -> Iterator[None]:
    """Turn a failing cell, or Ctrl-C, into a few lines that say where and how to continue."""
    from papermill.exceptions import PapermillExecutionError

    try:
        yield
    except PapermillExecutionError as error:
        source = "\n    ".join(error.source.strip().splitlines()[:3])
        raise PipelineError(
            f"{notebook.name} failed in cell {error.cell_index}:\n"
            f"    {source}\n"
            f"{error.ename}: {error.evalue}\n"
            f"The executed part is in {executed}\n"
            f"{remedy}"
        ) from error
    except KeyboardInterrupt as error:
        raise PipelineError(f"{notebook.name} was stopped. {remedy}") from error
