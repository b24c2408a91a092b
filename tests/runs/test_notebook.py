"""Merge executed notebooks into one page."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from servers import write_notebook as write_cells

from fer_utils.runs.notebook import execute_notebook, write_report


def write_notebook(path: Path, text: str, printed: str, *, name: str = "stdout") -> Path:
    """Write a notebook of a heading and a cell that printed something."""
    output = new_output("stream", name=name, text=printed)
    cells = [
        new_markdown_cell(f"# {text}"),
        new_code_cell("count = 35887", execution_count=41, outputs=[output]),
    ]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def notebooks(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "executed"
    folder.mkdir()
    # Their names are not in the order of the report.
    return [
        write_notebook(folder / "z.ipynb", "Load the data", "28,709 faces loaded"),
        write_notebook(folder / "a.ipynb", "Balance the data", "50,505 faces balanced"),
    ]


@pytest.fixture
def page(notebooks: list[Path], tmp_path: Path) -> str:
    write_report(notebooks, tmp_path / "report.html", title="Run of today")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_texts_and_outputs_of_all_notebooks_follow_in_the_order_given(page: str) -> None:
    parts = ["Load the data", "28,709 faces loaded", "Balance the data", "50,505 faces balanced"]
    places = [page.find(part) for part in parts]
    assert min(places) > 0
    assert places == sorted(places)


def test_the_report_is_one_html_page(page: str) -> None:
    assert page.lower().count("<html") == page.lower().count("</html>") == 1


def test_the_page_has_the_title_asked_for(page: str) -> None:
    assert re.findall(r"<title>(.*?)</title>", page) == ["Run of today"]


def test_sources_are_kept_without_prompts(page: str) -> None:
    assert page.count("35887") == 2
    assert "[41]" not in page


@pytest.mark.parametrize(
    "noise",
    [
        "NOISE: 100%|████| 9/9",
        "I0000 00:00:1790 NOISE.cc:9] Created device\n\n",
        "NOISE 5%|█ \nNOISE 9%|█ ",
    ],
)
def test_progress_bars_and_startup_lines_are_left_out(tmp_path: Path, noise: str) -> None:
    notebook = write_notebook(tmp_path / "a.ipynb", "Train", noise, name="stderr")
    write_report([notebook], tmp_path / "report.html")
    assert "NOISE" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_warning_next_to_a_progress_bar_is_kept(tmp_path: Path) -> None:
    printed = "9%|█ \nUserWarning: the camera is slow"
    notebook = write_notebook(tmp_path / "a.ipynb", "Train", printed, name="stderr")
    write_report([notebook], tmp_path / "report.html")
    assert "the camera is slow" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_printed_percentage_is_kept(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "a.ipynb", "Score", "62%| of the test set")
    write_report([notebook], tmp_path / "report.html")
    assert "62%| of the test set" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("error::nbformat.warnings.DuplicateCellId")
def test_equal_cell_ids_in_two_notebooks_do_not_clash(tmp_path: Path) -> None:
    first = write_notebook(tmp_path / "a.ipynb", "Load", "loaded")
    (tmp_path / "b.ipynb").write_bytes(first.read_bytes())
    write_report([first, tmp_path / "b.ipynb"], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    ids = re.findall(r'id="(cell-id=[^"]*)"', page)
    assert len(ids) == len(set(ids)) == 4


def test_a_notebook_of_its_own_title_does_not_rename_the_page(
    notebooks: list[Path], tmp_path: Path
) -> None:
    own = nbformat.read(notebooks[1], as_version=4)
    own.metadata["title"] = "Balance"
    nbformat.write(own, notebooks[1])
    write_report(notebooks, tmp_path / "report.html", title="Run of today")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"<title>(.*?)</title>", page) == ["Run of today"]


def test_the_notebooks_stay_as_they_were(notebooks: list[Path], tmp_path: Path) -> None:
    before = [notebook.read_bytes() for notebook in notebooks]
    write_report(notebooks, tmp_path / "report.html")
    assert [notebook.read_bytes() for notebook in notebooks] == before


def test_a_missing_notebook_leaves_the_old_report(notebooks: list[Path], tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(FileNotFoundError):
        write_report([*notebooks, tmp_path / "none.ipynb"], tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old"


def test_a_slider_becomes_a_still_picture_in_the_report(tmp_path: Path) -> None:
    source = """
import numpy as np
from fer_utils.plots import explore, plot_blend
face = np.zeros((48, 48), dtype=np.uint8)
explore(plot_blend, face, face, position=(0.0, 1.0, 0.5))
"""
    notebook = write_cells(tmp_path / "a.ipynb", source)
    execute_notebook(notebook, tmp_path / "done.ipynb", {}, remedy="")
    write_report([tmp_path / "done.ipynb"], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<img [^>]*src="data:image/png', page)) == 1
    assert "widget-view+json" not in page
