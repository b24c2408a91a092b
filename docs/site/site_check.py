"""Check a built site: links, pictures, and that it fetches nothing from elsewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """What a page has and what it points to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.problems: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "link" and values.get("rel") in ("canonical", "prev", "next"):
            return
        if tag in ("img", "script", "source", "video", "iframe", "link"):
            self.fetched += [values[name] for name in ("src", "href") if values.get(name)]
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "img" and not values.get("alt"):
            self.problems.append(f"a picture without a description: {values.get('src', '')[:60]}")


def check_site(site: Path, *, root: str = "/", private: tuple[str, ...] = ()) -> list[str]:
    """Find what is wrong with a built site.

    Parameters
    ----------
    site : Path
        Folder of the site.
    root : str
        Path of the site on its host, where the links of the error page start.
    private : tuple of str
        Texts that no page may contain, such as this machine's folders.

    Returns
    -------
    list of str
        One for each problem, with the page it is on.
    """
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    pages = {path: _Page(source) for path, source in sources.items()}
    problems = []
    for path, page in pages.items():
        found = page.problems + [f"contains {text}" for text in private if text in sources[path]]
        found += [f"fetches {target}" for target in page.fetched if urlsplit(target).netloc]
        for target in dict.fromkeys([*page.links, *page.fetched]):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            absolute = parts.path.startswith(root)
            start = site / parts.path.removeprefix(root) if absolute else path.parent / parts.path
            linked = Path(unquote(str(start))) if parts.path else path
            if not _leads_to_something(linked, unquote(parts.fragment), pages):
                found.append(f"leads nowhere: {target}")
        problems += [f"{path.relative_to(site).as_posix()}: {each}" for each in found]
    for path in sorted(site.rglob("*.css")):
        for target in re.findall(r"url\(\s*[\"']?(https?:[^)\"']*)", path.read_text("utf-8")):
            problems.append(f"{path.relative_to(site).as_posix()}: fetches {target}")
    return problems


def searchable_titles(site: Path) -> list[str]:
    """Return the titles of the pages and sections in the index of the search."""
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    return [re.sub(r"<[^>]*>", "", entry["title"]) for entry in index["docs"]]


def _leads_to_something(path: Path, anchor: str, pages: dict[Path, _Page]) -> bool:
    file = path.resolve()
    if file.is_dir():
        file /= "index.html"
    known = file not in pages or not anchor or anchor in pages[file].anchors
    return file.is_file() and known
