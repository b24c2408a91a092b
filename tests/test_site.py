"""The site is made from notebooks, documents, and docstrings as they are, and checked."""

import io
import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

import fer_utils
from fer_utils.paths import PROJECT_ROOT

SITE = PROJECT_ROOT / "docs" / "site"


@pytest.fixture(scope="module")
def site() -> Iterator[SimpleNamespace]:
    """Give the modules that make the site; those that need MkDocs are run by `make site`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SITE)
        names = ["navigation", *sorted(path.stem for path in SITE.glob("*_*.py"))]
        yield SimpleNamespace(**{name: __import__(name) for name in names})
        for name in names:
            del sys.modules[name]


def png(width: int, height: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return b64encode(buffer.getvalue()).decode()


def shown(**data: str) -> nbformat.NotebookNode:
    names = {"png": "image/png", "html": "text/html", "text": "text/plain"}
    widget = "application/vnd.jupyter.widget-view+json"
    return new_output("display_data", {names.get(name, widget): data[name] for name in data})


def written(path: Path, *cells: nbformat.NotebookNode) -> Path:
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def test_a_notebook_becomes_a_page_with_its_figures(site: SimpleNamespace, tmp_path: Path) -> None:
    code = new_code_cell("draw()", id="cell-05")
    code.outputs = [
        new_output("stream", name="stderr", text="Training: 100%|███| 9/9"),
        new_output("stream", name="stdout", text="9 faces\n"),
        shown(png=png(4, 3), text="<Figure>"),
        shown(html='<style>p {}</style><table border="1" class="dataframe"></table>'),
        shown(widget="{}", text="Studio()"),
        shown(text="0.5"),
    ]
    notebook = written(
        tmp_path / "01_any.ipynb",
        new_markdown_cell("# 1. Any\n\nSee [2](02_more.ipynb#look).\n**Learn**\n- this"),
        new_code_cell("path = '/home/me'", metadata={"tags": ["injected-parameters"]}),
        new_markdown_cell("## Look"),
        code,
    )
    page = site.lesson_pages.read_lesson(notebook)
    assert page.title == "1. Any"
    picture = "01_any-cell-05-1.webp){ .figure width=4 height=3 loading=lazy }"
    assert page.text == (
        "# 1. Any\n\nSee [2](02_more.md#look).\n**Learn**\n\n- this\n\n## Look\n\n"
        '<a id="cell-05"></a>\n\n```python\ndraw()\n```\n\n'
        "``` { .text .output .no-copy }\n9 faces\n```\n\n"
        f"![Figure: Look]({picture}\n\n"
        '<div class="output"><table></table></div>\n\n'
        "``` { .text .output .no-copy }\n0.5\n```\n"
    )
    [figure] = page.figures
    assert (figure.anchor, figure.heading) == ("cell-05", "Look")
    assert Image.open(io.BytesIO(figure.webp)).size == (4, 3)


@pytest.mark.parametrize(
    ("jupyter", "python_markdown"),
    [
        ("Text:\n1. one\n2. two", "Text:\n\n1. one\n2. two"),
        ("- one\n  more\n- two", "- one\n  more\n- two"),
        ("```\nText\n- code\n```", "```\nText\n- code\n```"),
        ("<details>\n*Hint*\n</details>", '<details markdown="1">\n*Hint*\n</details>'),
        ("<!-- a: begin -->\n| b |", "| b |"),
        ("[a](b.ipynb) and `c.ipynb`", "[a](b.md) and `c.ipynb`"),
    ],
)
def test_markdown_is_adapted(site: SimpleNamespace, jupyter: str, python_markdown: str) -> None:
    assert site.page_text.as_markdown(jupyter) == python_markdown


def test_a_link_to_a_folder_becomes_text(site: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    text = "[the `tests`](tests), [data](data.md), [web](https://a.org)"
    found = site.page_text.without_links_to_folders(text, tmp_path)
    assert found == "the `tests`, [data](data.md), [web](https://a.org)"


def test_a_figure_in_the_gallery_leads_to_its_cell(site: SimpleNamespace) -> None:
    figure = site.lesson_pages.Figure("a-1.webp", b"", 4, 3, "cell-05", "Look")
    lesson = site.lesson_pages.LessonPage("1. Any", "", [figure])
    assert site.lesson_pages.gallery_section("notebooks/a.md", lesson) == (
        '\n## [1. Any](notebooks/a.md)\n\n<div class="gallery" markdown>\n\n'
        "- [![Figure: Look](notebooks/a-1.webp){ width=4 height=3 loading=lazy } Look]"
        "(notebooks/a.md#cell-05)\n\n</div>\n"
    )
    without = site.lesson_pages.LessonPage("2. More", "")
    assert site.lesson_pages.gallery_section("notebooks/b.md", without) == ""


def test_a_pattern_becomes_the_pages_not_named_elsewhere(
    site: SimpleNamespace, tmp_path: Path
) -> None:
    for name in ("claims", "live", "scale"):
        (tmp_path / f"{name}.md").touch()
    nav = ["index.md", {"Results": ["claims.md"]}, {"Guides": ["*.md", "api/*.md"]}]
    assert site.navigation.expand(nav, ["api/b.md", "api/a.md"], tmp_path) == [
        "index.md",
        {"Results": ["claims.md"]},
        {"Guides": ["live.md", "scale.md", "api/b.md", "api/a.md"]},
    ]


def test_the_first_mention_of_a_word_leads_to_the_glossary(site: SimpleNamespace) -> None:
    terms = site.page_links.read_terms('## SMOTE { #smote }\n\n## leak { #leak also="leaks" }\n')
    html = "<h2>SMOTE</h2><p><code>SMOTE</code> Leaks: SMOTE, SMOTE-like, a leak, SMOTE</p>"
    assert site.page_links.link_terms(html, terms, "../g/") == (
        "<h2>SMOTE</h2><p><code>SMOTE</code> "
        '<a class="term" href="../g/#leak">Leaks</a>: '
        '<a class="term" href="../g/#smote">SMOTE</a>, SMOTE-like, a leak, SMOTE</p>'
    )


def test_names_in_code_lead_to_the_reference(site: SimpleNamespace) -> None:
    html = "<code>balance</code> <code>a.b</code> <code>fer_utils.x.Y()</code> "
    html += "<pre><code>balance</code></pre>"
    assert site.page_links.link_names(html, {"balance": "fer_utils.balance"}) == (
        '<autoref identifier="fer_utils.balance"><code>balance</code></autoref> <code>a.b</code> '
        '<autoref identifier="fer_utils.x.Y"><code>fer_utils.x.Y()</code></autoref> '
        "<pre><code>balance</code></pre>"
    )


def test_the_glossary_explains_what_the_lessons_say(site: SimpleNamespace) -> None:
    text = (SITE / "pages" / "glossary.md").read_text(encoding="utf-8")
    terms = site.page_links.read_terms(text)
    assert len(terms) == text.count("\n## ")
    assert {"SMOTE", "macro-F1", "calibration", "leak", "landmark"} <= {
        term.spellings[0] for term in terms
    }
    spellings = [spelling.lower() for term in terms for spelling in term.spellings]
    assert len(spellings) == len(set(spellings))


def test_the_reference_starts_with_the_front_door(site: SimpleNamespace) -> None:
    pages = site.reference_pages.reference_pages(PROJECT_ROOT / "fer_utils")
    assert next(iter(pages)) == "api/index.md"
    assert list(pages).index("api/plots.md") < list(pages).index("api/data.md")
    for name in fer_utils.__all__:
        assert f"\n::: fer_utils.{name}\n" in pages["api/index.md"]
    assert "| [`balance`][fer_utils.balance] | Balance the emotions" in pages["api/index.md"]
    # A name has one place: that of the front door, if it is there.
    assert "::: fer_utils.data.balancing.balance\n" not in pages["api/data.md"]
    assert "::: fer_utils.data.balancing.smote_parents\n" in pages["api/data.md"]
    assert "## `fer_utils.data.audit` { #fer_utils.data.audit }" in pages["api/data.md"]
    assert "api/cli.md" not in pages


def test_a_constant_is_summarized_by_the_comment_above_it(site: SimpleNamespace) -> None:
    pages = site.reference_pages.reference_pages(PROJECT_ROOT / "fer_utils")
    portrait = "A portrait of the astronaut Eileen Collins (NASA, public domain)."
    assert f"| [`SAMPLE_PICTURE`][fer_utils.SAMPLE_PICTURE] | {portrait} |" in pages["api/index.md"]


def small_site(folder: Path, start: str) -> Path:
    (folder / "more").mkdir()
    (folder / "index.html").write_text(start)
    (folder / "more" / "index.html").write_text('<h2 id="here">More</h2><a href="..">up</a>')
    (folder / "a.png").touch()
    return folder


def test_a_whole_site_has_no_problems(site: SimpleNamespace, tmp_path: Path) -> None:
    start = '<a id="top" href="more/#here">1</a><a href="#top">2</a><a href="https://x.org">3</a>'
    small_site(tmp_path, start + '<img src="a.png" alt="A"><a href="/root/more/">4</a>')
    assert site.site_check.check_site(tmp_path, root="/root/", private=("/home/me",)) == []


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="gone/">1</a>', "leads nowhere: gone/"),
        ('<a href="more/#gone">1</a>', "leads nowhere: more/#gone"),
        ('<img src="gone.png" alt="A">', "leads nowhere: gone.png"),
        ('<img src="a.png">', "a picture without a description: a.png"),
        ('<script src="https://cdn.org/x.js"></script>', "fetches https://cdn.org/x.js"),
        ("<p>/home/me/runs</p>", "contains /home/me"),
    ],
)
def test_a_problem_is_found(site: SimpleNamespace, tmp_path: Path, html: str, problem: str) -> None:
    small_site(tmp_path, html)
    found = site.site_check.check_site(tmp_path, private=("/home/me",))
    assert found == [f"index.html: {problem}"]


def test_a_style_that_fetches_is_found(site: SimpleNamespace, tmp_path: Path) -> None:
    small_site(tmp_path, "")
    (tmp_path / "a.css").write_text("p { background: url('https://cdn.org/a.png') }")
    found = site.site_check.check_site(tmp_path)
    assert found == ["a.css: fetches https://cdn.org/a.png"]


def test_titles_are_read_from_the_index_of_the_search(
    site: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "search").mkdir()
    index = {"docs": [{"title": "<code>fer_utils</code>"}, {"title": "SMOTE"}]}
    (tmp_path / "search" / "search_index.json").write_text(json.dumps(index))
    assert site.site_check.searchable_titles(tmp_path) == ["fer_utils", "SMOTE"]
