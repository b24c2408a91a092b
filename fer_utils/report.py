"""One HTML page from executed notebooks."""

from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from fer_utils.paths import atomic_file


def write_report(notebooks: list[Path], path: Path, *, title: str = "FER run") -> None:
    """Write executed notebooks one after the other as one HTML page.

    Parameters
    ----------
    notebooks : list of Path
        Executed notebooks in order.
    path : Path
        Where the page is written, whole or not at all.
    title : str
        The page's title.
    """
    merged = nbformat.v4.new_notebook(metadata={"title": title})
    for notebook in notebooks:
        executed = nbformat.read(notebook, as_version=4)
        merged.metadata.update(executed.metadata)
        merged.cells += executed.cells
    exporter = HTMLExporter(exclude_input_prompt=True, exclude_output_prompt=True)
    page, _ = exporter.from_notebook_node(merged)
    with atomic_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
