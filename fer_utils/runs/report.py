"""Merge executed notebooks into one HTML page."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from fer_utils.paths import write_text

if TYPE_CHECKING:
    import nbformat

# Progress bars of tqdm, such as "Training: 100%|███| 9/9", and TensorFlow's start-up lines.
_NOISE = re.compile(r"\d+%\||^[IWE]\d{4} \d\d:|absl::InitializeLog|^\s*$")


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
                cell.outputs = [output for output in cell.outputs if not _is_noise(output)]
            merged.cells.append(cell)
    merged.metadata["title"] = title
    exporter = HTMLExporter(exclude_input_prompt=True, exclude_output_prompt=True)
    page, _ = exporter.from_notebook_node(merged)
    write_text(path, page)


def _is_noise(output: "nbformat.NotebookNode") -> bool:
    if output.get("name") != "stderr":
        return False
    return all(_NOISE.search(line) for line in output["text"].splitlines())
