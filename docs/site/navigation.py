"""Replace patterns in the navigation of the site by the files that they match."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any


def leaves(nav: Any) -> Iterator[str]:
    """Yield the paths in a navigation.

    Parameters
    ----------
    nav : str, dict, or list
        As in ``mkdocs.yml``.

    Yields
    ------
    str
        A path or pattern.
    """
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from leaves(entry)


def expand(nav: list[Any], made: list[str], project: Path) -> list[Any]:
    """Return a navigation without patterns.

    Parameters
    ----------
    nav : list
        As in ``mkdocs.yml``.
    made : list of str
        Paths of pages that are made during the build, in order.
    project : Path
        Folder that the other paths are relative to.

    Returns
    -------
    list
        Each pattern with ``*`` replaced by the pages that match it and are not named elsewhere.
    """
    named = set(leaves(nav))

    def matches(pattern: str) -> list[str]:
        depth = pattern.count("/")
        found = [path for path in made if path.count("/") == depth and fnmatch(path, pattern)]
        found += [path.relative_to(project).as_posix() for path in sorted(project.glob(pattern))]
        return [path for path in found if path not in named]

    def expanded(entries: list[Any]) -> Iterator[Any]:
        for entry in entries:
            if isinstance(entry, dict):
                [(title, inner)] = entry.items()
                yield {title: inner if isinstance(inner, str) else list(expanded(inner))}
            elif "*" in entry:
                yield from matches(entry)
            else:
                yield entry

    return list(expanded(nav))
