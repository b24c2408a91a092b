"""MkDocs hooks: publish the project's own files, from where they are, and check what was built."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from lesson_pages import LessonPage, gallery_section, read_lesson
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url
from navigation import expand, leaves
from page_links import link_names, link_terms, read_terms
from page_text import as_markdown, without_links_to_folders
from reference_pages import front_door_names, reference_pages
from site_check import check_site, searchable_titles

from fer_utils.paths import NOTEBOOKS, PROJECT_ROOT, RUNS
from fer_utils.runs.pipeline import load_settings, notebooks_in_order
from fer_utils.runs.static_page import write_static_page

_PAGES = Path(__file__).parent / "pages"
_TERMS = read_terms((_PAGES / "glossary.md").read_text(encoding="utf-8"))
_NAMES = {name.rpartition(".")[2]: name for name in front_door_names(PROJECT_ROOT / "fer_utils")}
# The start page of the site is not the README of the project.
_ADDRESSES = {"README.md": "overview/index.html"}
_LOCAL_LINK = re.compile(r"\]\(([^):#\s]+)")

# Of the current build: the pages that are made rather than read, by their paths.
_lessons: dict[str, LessonPage] = {}
_reference: dict[str, str] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read the executed notebooks, and replace patterns in the navigation by what they match."""
    _lessons.update(_read_lessons(RUNS / "site"))
    _reference.update(reference_pages(PROJECT_ROOT / "fer_utils"))
    config.nav = expand(config.nav, [*_lessons, *_reference], PROJECT_ROOT)
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what the navigation names: notebooks, the reference, and files of the project."""
    for path in leaves(config.nav):
        if path in _lessons:
            files.append(File.generated(config, path, content=_lessons[path].text))
            for figure in _lessons[path].figures:
                name = posixpath.join(posixpath.dirname(path), figure.name)
                files.append(File.generated(config, name, content=figure.webp))
        elif path in _reference:
            files.append(File.generated(config, path, content=_reference[path]))
        elif path not in files.src_uris:
            _add_project_file(path, files, config)
    return files


def on_page_markdown(text: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt a page that was written for Jupyter or GitHub, and fill in what is collected."""
    if page.file.src_uri == "gallery.md":
        return text + "".join(gallery_section(path, each) for path, each in _lessons.items())
    if page.file.src_uri == "cite.md":
        return f"{text}\n```bibtex\n{_bibtex()}```\n"
    folder = (PROJECT_ROOT / page.file.src_uri).parent
    return as_markdown(without_links_to_folders(text, folder))


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Link names to the reference, and words to the glossary."""
    html = link_names(html, _NAMES)
    glossary = files.src_uris["glossary.md"].url
    if page.url == glossary or page.file.src_uri in _reference:
        return html
    return link_terms(html, _TERMS, get_relative_url(glossary, page.url))


def on_post_build(*, config: MkDocsConfig) -> None:
    """Add the live page that needs no server, and fail if the built site has a problem.

    Raises
    ------
    PluginError
        With all problems.
    """
    site = Path(config.site_dir)
    write_static_page(site / "live")
    root = urlsplit(config.site_url or "/").path
    problems = check_site(site, root=root, private=(str(PROJECT_ROOT),))
    titles = searchable_titles(site)
    problems += [
        f"the search does not find {term.spellings[0]}"
        for term in _TERMS
        if term.spellings[0] not in titles
    ]
    if problems:
        raise PluginError("the site has problems:\n" + "\n".join(problems))


def _read_lessons(run: Path) -> Iterator[tuple[str, LessonPage]]:
    """Yield the path and the page of each notebook, executed in a run on drawn faces."""
    if (source := load_settings(run).source) != "synthetic":
        raise PluginError(f"{run} has faces of {source!r}: expected a run on drawn faces")
    executed = {path.name: path for path in run.rglob("*.ipynb")}
    studies = sorted((NOTEBOOKS / "studies").glob("*.ipynb"))
    for notebook in dict.fromkeys((*notebooks_in_order(), *studies)):
        if notebook.name not in executed:
            raise PluginError(f"{notebook.name} was not executed in {run}")
        path = notebook.relative_to(PROJECT_ROOT).with_suffix(".md").as_posix()
        yield path, read_lesson(executed[notebook.name])


def _add_project_file(path: str, files: Files, config: MkDocsConfig) -> None:
    """Publish a page of the project, and the files it links to that are no pages themselves."""
    file = File.generated(config, path, abs_src_path=str(PROJECT_ROOT / path))
    file.dest_uri = _ADDRESSES.get(path, file.dest_uri)
    files.append(file)
    for target in _LOCAL_LINK.findall(file.content_string):
        linked = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        source = PROJECT_ROOT / linked
        is_page = source.suffix in (".md", ".ipynb")
        if source.is_file() and not is_page and linked not in files.src_uris:
            files.append(File.generated(config, linked, abs_src_path=str(source)))


def _bibtex() -> str:
    """Return CITATION.cff as an entry for BibTeX."""
    citation = yaml.safe_load((PROJECT_ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    fields = {
        "author": " and ".join(f"{{{author['name']}}}" for author in citation["authors"]),
        "title": citation["title"],
        "version": citation["version"],
        "license": citation["license"],
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join(["@software{fer_utils,", *lines, "}"]) + "\n"
