"""Tell which notebooks a reader has run, from what the saved notebooks contain."""

import html
from dataclasses import dataclass
from pathlib import Path

from fer_utils.runs.pipeline import notebooks_in_order


@dataclass(frozen=True)
class NotebookProgress:
    """How much of a notebook has been run.

    Attributes
    ----------
    path : Path
        The notebook.
    title : str
        Its first heading.
    cells : int
        Number of code cells.
    run : int
        Number of code cells that ran without an error, when the notebook was last saved.
    """

    path: Path
    title: str
    cells: int
    run: int

    @property
    def is_finished(self) -> bool:
        """Whether every cell ran."""
        return self.run == self.cells


@dataclass(frozen=True)
class Progress:
    """How much of the notebooks has been run; a notebook shows it as a table with links.

    Attributes
    ----------
    notebooks : tuple of NotebookProgress
        The notebooks in order; all are in the folder of the first one, or below it.
    """

    notebooks: tuple[NotebookProgress, ...]

    @property
    def next(self) -> NotebookProgress | None:
        """The first notebook that is not finished, or None."""
        return next((each for each in self.notebooks if not each.is_finished), None)

    def __str__(self) -> str:
        return "\n".join(f"{self._state(each):16} {each.title}" for each in self.notebooks)

    def _repr_html_(self) -> str:
        folder = self.notebooks[0].path.parent
        rows = [
            f"<tr><td>{self._state(each)}</td><td style='text-align: left'>"
            f"<a href='{each.path.relative_to(folder).as_posix()}'>"
            f"{html.escape(each.title)}</a></td></tr>"
            for each in self.notebooks
        ]
        return f"<table>{''.join(rows)}</table>"

    def _state(self, notebook: NotebookProgress) -> str:
        if notebook.is_finished:
            return "✓ finished"
        arrow = "→ " if notebook is self.next else ""
        return f"{arrow}{notebook.run} of {notebook.cells} cells"


def read_progress(notebooks: list[Path] | None = None) -> Progress:
    """Read from saved notebooks which of their cells ran.

    Parameters
    ----------
    notebooks : list of Path, optional
        Output of `fer_utils.runs.pipeline.notebooks_in_order` by default.

    Returns
    -------
    Progress
        The progress in each notebook.
    """
    paths = notebooks_in_order() if notebooks is None else notebooks
    return Progress(tuple(map(_progress_of, paths)))


def _progress_of(path: Path) -> NotebookProgress:
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    run = [
        cell
        for cell in code
        if cell.execution_count is not None
        and all(output.output_type != "error" for output in cell.outputs)
    ]
    title = cells[0].source.partition("\n")[0].lstrip("# ")
    return NotebookProgress(path, title, len(code), len(run))
