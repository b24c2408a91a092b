"""Link words of a page to the glossary, and names in code to the reference."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

_LINK = re.compile(r"<(a|h\d|pre)\b.*?</\1>", re.DOTALL)
# What is no running text: whole elements, and the tags of all others.
_NO_TEXT = re.compile(
    r"<(a|h\d|pre|code|button|summary|script|style|table)\b.*?</\1>|<[^>]*>", re.DOTALL
)


@dataclass(frozen=True)
class Term:
    """An entry of the glossary.

    Attributes
    ----------
    anchor : str
        ID of its heading.
    spellings : tuple of str
        How it is written, the heading first.
    """

    anchor: str
    spellings: tuple[str, ...]


def read_terms(glossary: str) -> list[Term]:
    """Return the entries of a glossary.

    Parameters
    ----------
    glossary : str
        Markdown with headings such as ``## macro-F1 { #macro-f1 also="macro F1, F1" }``.

    Returns
    -------
    list of Term
        In the order of the page.
    """
    found = re.findall(r'^## (.+?) \{ #(\S+)(?: also="([^"]*)")? \}$', glossary, re.MULTILINE)
    return [
        Term(anchor, (heading, *filter(None, also.split(", ")))) for heading, anchor, also in found
    ]


def link_terms(html: str, terms: list[Term], glossary: str) -> str:
    """Link the first mention of each term in a page's paragraphs and lists.

    Parameters
    ----------
    html : str
        Content of the page.
    terms : list of Term
        Output of `read_terms`; at least one.
    glossary : str
        Address of the glossary, relative to the page.

    Returns
    -------
    str
        The content with links. Headings, code, tables, and links stay as they are.
    """
    anchors = {escape(name).lower(): term.anchor for term in terms for name in term.spellings}
    longest_first = "|".join(map(re.escape, sorted(anchors, key=len, reverse=True)))
    any_term = re.compile(rf"(?<![\w-])({longest_first})(?![\w-])", re.IGNORECASE)
    linked: set[str] = set()

    def link(match: re.Match[str]) -> str:
        anchor = anchors[match[0].lower()]
        if anchor in linked:
            return match[0]
        linked.add(anchor)
        return f'<a class="term" href="{glossary}#{anchor}">{match[0]}</a>'

    return _outside(_NO_TEXT, html, lambda text: any_term.sub(link, text))


def link_names(html: str, names: dict[str, str]) -> str:
    """Link names in inline code to the reference.

    Parameters
    ----------
    html : str
        Content of the page.
    names : dict of str to str
        The full name of each short one, such as ``fer_utils.balance`` of ``balance``. Full names
        are linked, too.

    Returns
    -------
    str
        The content with references for mkdocs-autorefs, which warns if nothing has that name.
    """

    def link(match: re.Match[str]) -> str:
        full = names.get(match[1], match[1] if match[1].startswith("fer_utils.") else None)
        return f'<autoref identifier="{full}">{match[0]}</autoref>' if full else match[0]

    name = re.compile(r"<code>([\w.]+)(\(\))?</code>")
    return _outside(_LINK, html, lambda text: name.sub(link, text))


def _outside(pattern: re.Pattern[str], html: str, change: Callable[[str], str]) -> str:
    """Change what is between the matches of a pattern."""
    parts, end = [], 0
    for kept in pattern.finditer(html):
        parts += [change(html[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*parts, change(html[end:])])
