"""Execute all notebooks on drawn faces, for the site: ``python docs/site/execute.py FOLDER``."""

import sys
from pathlib import Path

from fer_utils.paths import NOTEBOOKS
from fer_utils.runs.notebook import execute_notebook
from fer_utils.runs.pipeline import RunSettings, run_notebooks


def execute_all(folder: Path) -> None:
    """Run the notebooks in order, then the studies on their stored results.

    Parameters
    ----------
    folder : Path
        Folder of the run. Notebooks that the run itself executes are not executed again.
    """
    run = run_notebooks(folder, RunSettings(source="synthetic"))
    for notebook in sorted((NOTEBOOKS / "studies").glob("*.ipynb")):
        executed = run.folder / notebook.name
        if not executed.exists():
            execute_notebook(notebook, executed, {}, remedy="Run the same command again.")


if __name__ == "__main__":
    execute_all(Path(sys.argv[1]))
