from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from fer_utils.runs.pipeline import NotebookRun, notebooks_in_order
from fer_utils.runs.progress import read_progress


def saved(path: Path, *ran: bool, error: bool = False) -> Path:
    cells = [new_code_cell(execution_count=1 if each else None) for each in ran]
    if error:
        cells[-1].outputs = [new_output("error", ename="E", evalue="", traceback=[])]
    title = new_markdown_cell(f"# {path.stem} & more\n\nText")
    nbformat.write(new_notebook(cells=[title, *cells]), path)
    return path


def test_the_first_unfinished_notebook_is_next(tmp_path: Path) -> None:
    finished = saved(tmp_path / "01.ipynb", True, True)
    failed = saved(tmp_path / "02.ipynb", True, True, error=True)
    untouched = saved(tmp_path / "03.ipynb", False)
    progress = read_progress([finished, failed, untouched])
    assert progress.next is progress.notebooks[1]
    assert str(progress).splitlines() == [
        "✓ finished       01 & more",
        "→ 1 of 2 cells   02 & more",
        "0 of 1 cells     03 & more",
    ]


def test_a_notebook_shows_links(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    lesson, study = (saved(tmp_path / name, False) for name in ("01.ipynb", "studies/02.ipynb"))
    assert read_progress([lesson, study])._repr_html_() == (
        "<table><tr><td>→ 0 of 1 cells</td><td style='text-align: left'>"
        "<a href='01.ipynb'>01 &amp; more</a></td></tr>"
        "<tr><td>0 of 1 cells</td><td style='text-align: left'>"
        "<a href='studies/02.ipynb'>02 &amp; more</a></td></tr></table>"
    )


def test_nothing_is_next_when_all_is_finished(tmp_path: Path) -> None:
    assert read_progress([saved(tmp_path / "01.ipynb", True)]).next is None


def test_committed_notebooks_have_not_run() -> None:
    progress = read_progress()
    assert [each.path for each in progress.notebooks] == notebooks_in_order()
    assert {each.run for each in progress.notebooks} == {0}


def test_the_notebooks_of_a_run_are_finished(finished_run: NotebookRun) -> None:
    executed = [finished_run.folder / path.name for path in notebooks_in_order()]
    assert read_progress(executed).next is None
