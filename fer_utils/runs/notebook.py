"""Execute notebooks headlessly, explain where they failed, and merge them into an HTML page."""

import re
import sys
from collections.abc import Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_utils.litert import quiet_native_stderr
from fer_utils.paths import write_text

if TYPE_CHECKING:
    import nbformat

# No cell takes longer, so that a hanging cell ends eventually.
_CELL_TIMEOUT_SECONDS = 12 * 3600
# Progress bars of tqdm, such as "Training: 100%|███| 9/9", and TensorFlow's start-up lines.
_NOISE = re.compile(r"\d+%\||^[IWE]\d{4} \d\d:|absl::InitializeLog|^\s*$")


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
    from papermill.exceptions import PapermillExecutionError

    try:
        with quiet_native_stderr():
            papermill.execute_notebook(
                notebook,
                executed,
                dict(parameters),
                kernel_name="python3",
                kernel_manager_class=_kernel_of_this_python(),
                progress_bar={"desc": notebook.stem, "unit": "cell"},
                stderr_file=_ProgressBars(),
                coalesce_streams=True,
                # Without a kernel a slider moves nothing: pages show its still picture instead.
                store_widget_state=False,
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
                execution_timeout=_CELL_TIMEOUT_SECONDS,
            )
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


def parameter_names(notebook: Path) -> set[str]:
    """Return the names of a notebook's parameters."""
    import papermill

    return set(papermill.inspect_notebook(notebook))


def copy_without(tags: Set[str], notebook: Path, folder: Path) -> Path:
    """Copy a notebook to a folder without the cells that have a tag; return the copy's path."""
    import nbformat

    copy = nbformat.read(notebook, as_version=4)
    copy.cells = [cell for cell in copy.cells if tags.isdisjoint(cell.metadata.get("tags", []))]
    nbformat.write(copy, folder / notebook.name)
    return folder / notebook.name


def write_report(notebooks: list[Path], path: Path, *, title: str = "FER run") -> None:
    """Write executed notebooks as one HTML page, without the noise on stderr.

    Parameters
    ----------
    notebooks : list of Path
        Executed notebooks, in order.
    path : Path
        The page to write.
    title : str
        Title of the page.
    """
    import nbformat
    from nbconvert import HTMLExporter

    merged = nbformat.v4.new_notebook()
    for notebook in notebooks:
        executed = nbformat.read(notebook, as_version=4)
        merged.metadata.update(executed.metadata)
        for cell in executed.cells:
            cell.id = f"{notebook.stem[:40]}-{cell.id}"[:64]
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if not is_noise(output)]
            merged.cells.append(cell)
    merged.metadata["title"] = title
    exporter = HTMLExporter(exclude_input_prompt=True, exclude_output_prompt=True)
    page, _ = exporter.from_notebook_node(merged)
    write_text(path, page)


def is_noise(output: "nbformat.NotebookNode") -> bool:
    """Return whether an output is only progress bars and start-up lines on stderr."""
    return output.get("name") == "stderr" and all(
        _NOISE.search(line) for line in output["text"].splitlines()
    )


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
