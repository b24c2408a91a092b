"""Turn executed notebooks into Markdown pages, with their figures as files next to them."""

import io
import posixpath
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from page_text import as_markdown
from PIL import Image

from fer_utils.runs.notebook import is_noise

# Of 0 to 100: WebP then takes less than a quarter of the bytes of the notebooks' PNGs.
_WEBP_QUALITY = 85
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Figure:
    """A figure of an executed notebook.

    Attributes
    ----------
    name : str
        File name, next to the page.
    webp : bytes
        The picture.
    width, height : int
        Size in pixels.
    anchor : str
        ID of its cell on the page.
    heading : str
        Heading that the cell is under.
    """

    name: str
    webp: bytes
    width: int
    height: int
    anchor: str
    heading: str


@dataclass(frozen=True)
class LessonPage:
    """A notebook as a page.

    Attributes
    ----------
    title : str
        First heading.
    text : str
        Markdown.
    figures : list of Figure
        Its figures, in order.
    """

    title: str
    text: str
    figures: list[Figure] = field(default_factory=list)


def read_lesson(notebook: Path) -> LessonPage:
    """Convert an executed notebook.

    The cell that papermill injects is left out: it names folders of this machine.

    Parameters
    ----------
    notebook : Path
        An executed notebook.

    Returns
    -------
    LessonPage
        Links to other notebooks lead to their pages.
    """
    parts: list[str] = []
    figures: list[Figure] = []
    heading = title = notebook.stem
    for cell in nbformat.read(notebook, as_version=4).cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            headings = _HEADING.findall(cell.source)
            if not parts and headings:
                title = headings[0]
            heading = headings[-1] if headings else heading
            parts.append(as_markdown(cell.source))
            continue
        parts += [f'<a id="{cell.id}"></a>', f"```python\n{cell.source}\n```"]
        for shown in _outputs(cell):
            if isinstance(shown, Image.Image):
                name = f"{notebook.stem}-{cell.id}-{len(figures) + 1}.webp"
                size = (shown.width, shown.height)
                figures.append(Figure(name, _webp(shown), *size, cell.id, heading))
                shown = _picture(figures[-1])
            parts.append(shown)
    return LessonPage(title, "\n\n".join(parts) + "\n", figures)


def gallery_section(path: str, lesson: LessonPage) -> str:
    """Return the section of a lesson in the gallery.

    Parameters
    ----------
    path : str
        Path of the lesson's page, relative to the gallery.
    lesson : LessonPage
        The lesson.

    Returns
    -------
    str
        Markdown with the figures, each linked to its cell; empty if there are none.
    """
    figures = [
        f"- [![Figure: {figure.heading}]({posixpath.join(posixpath.dirname(path), figure.name)})"
        f"{{ width={figure.width} height={figure.height} loading=lazy }}"
        f" {figure.heading}]({path}#{figure.anchor})\n"
        for figure in lesson.figures
    ]
    section = [f"\n## [{lesson.title}]({path})\n\n", '<div class="gallery" markdown>\n\n']
    return "".join([*section, *figures, "\n</div>\n"]) if figures else ""


def _outputs(cell: nbformat.NotebookNode) -> Iterator[str | Image.Image]:
    for output in cell.outputs:
        if is_noise(output):
            continue
        if output.output_type == "stream":
            yield _as_text(output.text)
        elif "image/png" in output.data:
            yield Image.open(io.BytesIO(b64decode(output.data["image/png"])))
        elif "text/html" in output.data:
            yield _as_html(output.data["text/html"])
        # What a widget shows needs a kernel.
        elif "application/vnd.jupyter.widget-view+json" not in output.data:
            yield _as_text(output.data["text/plain"])


def _as_html(html: str) -> str:
    """Leave the looks of a table to the site."""
    html = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    html = html.replace(' border="1" class="dataframe"', "")
    return f'<div class="output">{html}</div>'


def _as_text(text: str) -> str:
    return f"``` {{ .text .output .no-copy }}\n{text.rstrip()}\n```"


def _webp(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=_WEBP_QUALITY)
    return buffer.getvalue()


def _picture(figure: Figure) -> str:
    size = f"width={figure.width} height={figure.height}"
    return f"![Figure: {figure.heading}]({figure.name}){{ .figure {size} loading=lazy }}"
