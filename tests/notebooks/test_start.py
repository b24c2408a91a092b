"""The page that JupyterLab opens at leads to every notebook and shows what has run."""

import re
from typing import Any

import nbformat

from fer_utils.paths import NOTEBOOKS, PROJECT_ROOT
from fer_utils.runs.progress import Progress, read_progress

START = NOTEBOOKS / "start.ipynb"


def test_jupyterlab_opens_there() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    folder = START.parent.relative_to(PROJECT_ROOT).as_posix()
    assert f"lab {folder} --LabApp.default_url=/lab/tree/{START.name}\n" in makefile


def test_its_links_lead_to_notebooks_and_to_every_study() -> None:
    text = "".join(cell.source for cell in nbformat.read(START, as_version=4).cells)
    linked = {NOTEBOOKS / target for target in re.findall(r"\]\(([^)]+)\)", text)}
    assert all(path.is_file() for path in linked)
    assert linked >= set((NOTEBOOKS / "studies").glob("*.ipynb"))


def test_its_only_cell_shows_the_progress() -> None:
    [cell] = [cell for cell in nbformat.read(START, as_version=4).cells if cell.cell_type == "code"]
    assert (cell.outputs, cell.execution_count) == ([], None)
    names: dict[str, Any] = {}
    *statements, shown = cell.source.splitlines()
    exec("\n".join(statements), names)
    assert isinstance(eval(shown, names), Progress)
    assert eval(shown, names) == read_progress()
