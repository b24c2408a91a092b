"""The package reads itself: imports go down, and every name means one thing."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import fer_utils
from fer_utils.paths import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "fer_utils"
# From the top down; a package imports from those after it only.
LAYERS = (
    *("__main__", "plots", "exercises", "cli", "compat", "runs", "studies", "scoring", "widgets"),
    *("web", "video", "vision", "evaluation", "model", "data", "litert", "paths", "emotions"),
)
MOST_LINES = 300


def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of every module by its dotted name."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {dotted(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def dotted(path: Path) -> str:
    parts = path.relative_to(PROJECT_ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = modules()


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each import of another module of the package, and that module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in MODULES or node.module in MODULES:
                    yield node, inner if inner in MODULES else node.module


def layer(module: str) -> int:
    return LAYERS.index(module.split(".")[1])


def public_names(tree: ast.Module) -> Iterator[str]:
    """Yield what a module defines for others at its top level."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def test_imports_go_down_only() -> None:
    upward = [
        f"{module} imports {other}"
        for module, tree in MODULES.items()
        for _, other in imports(tree)
        if "." in module and (other == "fer_utils" or layer(other) < layer(module))
    ]
    # The command line may use the front door, like everybody outside.
    assert [
        each for each in upward if not re.match(r"fer_utils\.cli.* imports fer_utils$", each)
    ] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    needs = {module: {other for _, other in imports(tree)} for module, tree in MODULES.items()}
    # Raises a CycleError that names the circle.
    assert len(list(TopologicalSorter(needs).static_order())) == len(MODULES)


def test_no_function_imports_from_the_package() -> None:
    inner = [
        f"{module}, line {node.lineno}"
        for module, tree in MODULES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node, _ in imports(function)
    ]
    assert inner == []


def test_no_two_modules_share_a_name() -> None:
    by_name = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        if path.name != "__init__.py":
            by_name[path.name].append(dotted(path))
    assert [found for found in by_name.values() if len(found) > 1] == []


def test_no_two_modules_define_the_same_public_name() -> None:
    by_name = defaultdict(list)
    for module, tree in MODULES.items():
        for name in public_names(tree):
            by_name[name].append(module)
    assert {name: found for name, found in by_name.items() if len(found) > 1} == {}


def test_no_file_is_too_long() -> None:
    lengths = {
        dotted(path): path.read_text(encoding="utf-8").count("\n") for path in PACKAGE.rglob("*.py")
    }
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_module_says_in_one_sentence_what_it_does() -> None:
    for module, tree in MODULES.items():
        docstring = ast.get_docstring(tree)
        assert docstring, module
        first = docstring.split("\n\n")[0]
        assert first.endswith("."), f"{module}: {first}"
        assert "\n" not in first, f"{module}: {first}"


def test_the_front_door_has_at_most_twenty_names_and_all_of_them_open() -> None:
    assert len(fer_utils.__all__) <= 20
    assert all(getattr(fer_utils, name) is not None for name in fer_utils.__all__)
