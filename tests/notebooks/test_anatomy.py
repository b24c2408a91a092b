import ast
import itertools
import os
from pathlib import Path

import nbformat
import pytest

from fer_utils.paths import NOTEBOOKS
from fer_utils.runs.pipeline import notebooks_in_order

ORDERED = notebooks_in_order()
STUDIES = sorted(set((NOTEBOOKS / "studies").glob("*.ipynb")) - set(ORDERED))
EVERY = [pytest.param(path, id=path.stem) for path in (*ORDERED, *STUDIES)]
MOST_LINES = 15
MOST_CODE_CELLS = 25
MOST_NAMES = 12


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in cells_of(path) if cell.cell_type == "code"]


def cells_of(path: Path) -> list[nbformat.NotebookNode]:
    return nbformat.read(path, as_version=4).cells


def test_the_notebooks_come_in_order() -> None:
    assert [path.name[:2] for path in ORDERED] == ["01", "02", "03", "04", "05", "06", "07"]


@pytest.mark.parametrize("path", EVERY)
def test_the_first_cell_says_what_to_expect(path: Path) -> None:
    first = cells_of(path)[0].source
    title = "Study: " if path in STUDIES else f"{int(path.name[:2])}. "
    assert first.startswith(f"# {title}")
    assert first.count("\n- ") == 3
    for heading in ("**You will learn**", "**Reads**", "**Writes**", "**Takes**"):
        assert heading in first


@pytest.mark.parametrize("path", EVERY)
def test_one_cell_holds_literal_parameters_with_a_comment_each(path: Path) -> None:
    tagged = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0].source == code_cells(path)[1].source
    for statement, line in zip(
        ast.parse(tagged[0].source).body, tagged[0].source.splitlines(), strict=True
    ):
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
        assert "  # " in line


@pytest.mark.parametrize("path", EVERY)
def test_it_is_committed_without_outputs(path: Path) -> None:
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert "papermill" not in nbformat.read(path, as_version=4).metadata


@pytest.mark.parametrize("path", EVERY)
def test_cells_are_short_and_define_nothing(path: Path) -> None:
    for cell in code_cells(path):
        assert 0 < len(cell.source.splitlines()) <= MOST_LINES, cell.source
        nodes = list(ast.walk(ast.parse(cell.source)))
        definitions = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Lambda)
        assert not any(isinstance(node, definitions) for node in nodes), cell.source


@pytest.mark.parametrize("path", EVERY)
def test_it_is_short_and_imports_few_names(path: Path) -> None:
    assert len(code_cells(path)) <= MOST_CODE_CELLS
    imports = [
        alias.name
        for cell in code_cells(path)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    assert len(imports) <= MOST_NAMES, imports


@pytest.mark.parametrize("path", EVERY)
def test_text_stands_before_and_after_every_step(path: Path) -> None:
    cells = cells_of(path)
    kinds = [cell.cell_type for cell in cells]
    assert kinds[0] == kinds[-1] == "markdown"
    assert ("code", "code") not in itertools.pairwise(kinds)


@pytest.mark.parametrize("path", EVERY)
def test_the_last_cell_recaps_and_links_on(path: Path) -> None:
    last = cells_of(path)[-1].source
    assert last.startswith("## Recap")
    assert "\nNext: " in last
    if path in ORDERED:
        following = ORDERED[(ORDERED.index(path) + 1) % len(ORDERED)]
        assert f"({os.path.relpath(following, path.parent)})" in last


@pytest.mark.parametrize("path", EVERY)
def test_links_lead_to_files(path: Path) -> None:
    for cell in cells_of(path):
        for target in [part.split(")")[0] for part in cell.source.split("](")[1:]]:
            assert target.startswith("http") or (path.parent / target).is_file(), target
