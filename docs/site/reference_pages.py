"""Write the pages of the API reference: which objects each page documents."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# The guide to the command line documents it.
_NOT_FOR_IMPORT = ("cli",)


def front_door_names(package: Path) -> dict[str, str]:
    """Return where the names come from that a package and its subpackages export in stubs.

    Notebooks import these names only.

    Parameters
    ----------
    package : Path
        Folder of the package.

    Returns
    -------
    dict of str to str
        Such as ``fer_utils.data.balancing.balance`` by ``fer_utils.balance``.
    """
    return {
        f"{door}.{alias.name}": f"{door}.{node.module}.{alias.name}"
        for stub in sorted(package.rglob("__init__.pyi"), key=lambda stub: stub.parent)
        for door in [_dotted(stub, package)]
        for node in _tree(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def reference_pages(package: Path) -> dict[str, str]:
    """Return the pages of a package, in the order in which to read them.

    Parameters
    ----------
    package : Path
        Folder of the package.

    Returns
    -------
    dict of str to str
        By path, such as ``api/plots.md``, Markdown with a directive of mkdocstrings for each
        public object: one page for each stub, the package's own first, then one for each other
        subpackage or module. What a stub exports is only on its page.
    """
    exports = front_door_names(package)
    pages = {}
    doors = dict.fromkeys(name.rpartition(".")[0] for name in exports)
    for door in doors:
        names = [name for name in exports if name.rpartition(".")[0] == door]
        module = package.joinpath(*door.split(".")[1:], "__init__.py")
        summaries = {name: _summary_of(exports[name], package) for name in names}
        pages |= _page(door, module, summaries, [f"::: {name}" for name in names])
    for path in sorted(package.iterdir()):
        name = f"{package.name}.{path.stem}"
        if name in doors or path.stem in _NOT_FOR_IMPORT or path.name.startswith("_"):
            continue
        pages |= _page_of_modules(name, path, package, set(exports.values()))
    return pages


def _page_of_modules(name: str, path: Path, package: Path, known: set[str]) -> dict[str, str]:
    """Return the page of a module, or of a folder's, without what another page documents."""
    summaries, sections = {}, []
    for module in sorted(path.glob("*.py")) if path.is_dir() else [path]:
        objects = _objects(module, package)
        own = {each: objects[each] for each in objects if each not in known}
        summaries |= own
        if own and path.is_dir():
            sections += [_heading(2, _dotted(module, package)), _summary(_tree(module))]
        sections += [f"::: {each}\n    options:\n      heading_level: 3" for each in own]
    module = path / "__init__.py" if path.is_dir() else path
    return _page(name, module, summaries, sections) if summaries else {}


def _page(
    name: str, module: Path, summaries: dict[str, str], sections: list[str]
) -> dict[str, str]:
    """Return a page by its path: a table of its objects, then what documents them."""
    path = "index" if name == "fer_utils" else name.removeprefix("fer_utils.")
    rows = [
        f"| [`{each.rpartition('.')[2]}`][{each}] | {summary} |"
        for each, summary in summaries.items()
        if summary
    ]
    table = "\n".join(["| name | what it does |", "| --- | --- |", *rows])
    parts = [_heading(1, name), _summary(_tree(module)), table, *sections]
    return {f"api/{path}.md": "\n\n".join(parts) + "\n"}


def _heading(level: int, name: str) -> str:
    """Return a heading for a module, where references to the module lead."""
    return f"{'#' * level} `{name}` {{ #{name} }}"


def _objects(module: Path, package: Path) -> dict[str, str]:
    """Return the summaries of what a module defines for others, by their full names."""
    lines = module.read_text(encoding="utf-8").splitlines()
    return {
        f"{_dotted(module, package)}.{name}": summary
        for node in _tree(module).body
        for name, summary in _defined(node, lines)
        if not name.startswith("_")
    }


def _defined(node: ast.stmt, lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield a function or class with its summary, or a constant with the comment above it."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield node.name, _summary(node)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        comment: list[str] = []
        for line in lines[: node.lineno - 1][::-1]:
            if not line.startswith("# "):
                break
            comment.insert(0, line[2:])
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name) and target.id.isupper():
                yield target.id, " ".join(comment).replace("|", r"\|")


def _summary_of(full_name: str, package: Path) -> str:
    module = full_name.rpartition(".")[0].split(".")[1:]
    return _objects(package.joinpath(*module).with_suffix(".py"), package)[full_name]


def _dotted(module: Path, package: Path) -> str:
    parts = module.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _summary(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    text = (ast.get_docstring(node) or "").split("\n\n")[0]
    return " ".join(text.split()).replace("|", r"\|")


@cache
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))
