"""The notebooks find the project's files no matter which folder Jupyter started in.

The run that other tests share executes them from elsewhere; this one looks at their defaults.
"""

import ast
from pathlib import Path

import nbformat
import pytest

from fer_utils.paths import NOTEBOOKS

EVERY = [pytest.param(path, id=path.stem) for path in sorted(NOTEBOOKS.rglob("[!.]*.ipynb"))]


@pytest.mark.parametrize("path", EVERY)
def test_every_path_is_relative_to_the_project(path: Path) -> None:
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    source = "\n".join(
        cell.source for cell in code if "parameters" not in cell.metadata.get("tags", [])
    )
    tree = ast.parse(source)
    opened = {
        argument.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "project_path"
        for argument in call.args
        if isinstance(argument, ast.Name)
    }
    given = {
        target.id
        for cell in code
        if "parameters" in cell.metadata.get("tags", [])
        for statement in ast.parse(cell.source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id.endswith("_path")
    }
    assert given <= opened
    # The working directory is that of Jupyter, so nothing is opened by a relative name.
    assert not {"open", "Path"} & {
        call.func.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
