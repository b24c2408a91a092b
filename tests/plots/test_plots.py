"""The package names every plot function, and each name opens."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

from fer_utils import plots

FOLDER = Path(plots.__path__[0])
STUB = ast.parse((FOLDER / "__init__.pyi").read_text(encoding="utf-8"))
NAMED = [
    (each.module, alias.name)
    for each in STUB.body
    if isinstance(each, ast.ImportFrom)
    for alias in each.names
]


def test_the_stub_names_every_plot_function_once() -> None:
    modules = [path.stem for path in FOLDER.glob("*_plots.py")]
    drawing = [each for each in NAMED if each != ("sliders", "explore")]
    defined = {
        (stem, name)
        for stem in modules
        for name, function in inspect.getmembers(import_module(f"fer_utils.plots.{stem}"))
        if name.startswith("plot_") and inspect.getmodule(function).__name__.endswith(stem)
    }
    assert sorted(drawing) == sorted(defined)
    assert sorted(plots.__all__) == sorted(name for _, name in NAMED)


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_each_name_opens(module: str, name: str) -> None:
    assert getattr(plots, name) is getattr(import_module(f"fer_utils.plots.{module}"), name)
