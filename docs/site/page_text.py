"""Rewrite Markdown that was written for Jupyter or GitHub for Python-Markdown."""

import re
from pathlib import Path

_LIST_ITEM = re.compile(r"(-|\d+\.) ")


def as_markdown(text: str) -> str:
    """Rewrite the source of a Markdown cell, or of a page that GitHub shows.

    Python-Markdown wants an empty line before a list, and a sign that HTML contains Markdown.

    Parameters
    ----------
    text : str
        The source.

    Returns
    -------
    str
        The same without comments, and with links to notebooks leading to their pages.
    """
    lines: list[str] = []
    fenced = False
    for line in re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL).splitlines():
        fenced ^= line.startswith("```")
        before = lines[-1] if lines else ""
        starts = _LIST_ITEM.match(line) and not _LIST_ITEM.match(before)
        if starts and not fenced and before.strip() and not before.startswith(" "):
            lines.append("")
        lines.append(line)
    text = "\n".join(lines).replace("<details>", '<details markdown="1">')
    return re.sub(r"(\]\([^)\s]+)\.ipynb(?=[)#])", r"\1.md", text)


def without_links_to_folders(text: str, folder: Path) -> str:
    """Keep only the text of links that lead to a folder, which has no page.

    Parameters
    ----------
    text : str
        Markdown.
    folder : Path
        Folder of the page.

    Returns
    -------
    str
        Markdown.
    """

    def unlink(match: re.Match[str]) -> str:
        return match[1] if (folder / match[2]).is_dir() else match[0]

    return re.sub(r"\[([^]]+)\]\(([^):#\s]+)\)", unlink, text)
