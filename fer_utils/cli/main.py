"""Dispatch ``fer-utils COMMAND``, and turn errors into one line and an exit code."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cyclopts import App, CycloptsError, Parameter

from fer_utils.paths import display_path, printable

# What `fer-utils --help` lists without importing the commands; their docstrings say the same.
COMMANDS = {
    "run": "Execute the notebooks in order and write a report.",
    "data": "Show what would be loaded: counts and audit.",
    "train": "Train a model without the notebooks.",
    "export": "Add the LiteRT exports to a model that was trained without TensorFlow.",
    "evaluate": "Score a model on faces it was not trained on, and write a report.",
    "predict": "Find the faces in pictures and videos and recognize their emotions.",
    "app": "Serve the live webcam as a web page, or write it as files that need no kernel.",
    "score": "Score many pictures and videos on many processes or machines.",
    "study": "Run a longer experiment; a restart only does what is missing.",
}
_EXTRAS = {
    "app": "anywidget ipykernel ipywebrtc ipywidgets jupyter_server tornado traitlets voila",
    "train": "imblearn keras matplotlib nbconvert nbformat pandas papermill pooch scipy seaborn "
    "sklearn tensorflow",
    "scale": "cryptography dask distributed pyarrow",
    "kaggle": "kagglehub",
}
_EXTRA_OF = {module: extra for extra, modules in _EXTRAS.items() for module in modules.split()}
# Packages whose names differ from those of their modules.
_PACKAGE_OF = {"imblearn": "imbalanced-learn", "sklearn": "scikit-learn"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Command and options; those of the process by default.

    Returns
    -------
    int
        Exit code: 0; 1 after an error; 2 after a usage error; 130 after Ctrl-C. Errors are
        explained on stderr.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if arguments is None and sys.getfilesystemencoding() != "utf-8":
        _restart_in_utf8(words)
    try:
        return _run(words)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except CycloptsError as error:
        return _fail(str(error), code=2)
    except ImportError as error:
        explanation = explain_import_error(error)
        if explanation is None:
            raise
        return _fail(explanation)
    except (ValueError, OSError, RuntimeError) as error:
        return _fail(str(error))


def explain_import_error(error: ImportError) -> str | None:
    """Return what to install, or None if no extra provides the missing module.

    Parameters
    ----------
    error : ImportError
        Or an error raised from one.

    Examples
    --------
    >>> explain_import_error(ModuleNotFoundError(name="sklearn.cluster"))
    "this command needs scikit-learn: pip install 'fer-utils[train]'"
    """
    cause: BaseException | None = error
    while cause is not None:
        module = (cause.name or "").partition(".")[0] if isinstance(cause, ImportError) else ""
        if module in _EXTRA_OF:
            package = _PACKAGE_OF.get(module, module.replace("_", "-"))
            return f"this command needs {package}: pip install 'fer-utils[{_EXTRA_OF[module]}]'"
        cause = cause.__cause__
    return None


def _restart_in_utf8(words: list[str]) -> None:
    """Start again in Python's UTF-8 mode: in an ASCII locale, file names would not be readable."""
    os.environ["PYTHONUTF8"] = "1"  # also for kernels and workers
    os.execv(sys.executable, [sys.executable, "-m", "fer_utils", *words])


def _run(words: list[str]) -> int:
    app = _build_app()
    if words and words[0] in COMMANDS:
        # The docstring has more to say than the list of commands.
        app[words[0]].help = None
    command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    command(*bound.args, **bound.kwargs)
    incomplete = command.__name__ == "help_print" and not {"--help", "-h"} & set(words)
    return 2 if incomplete else 0


def _build_app() -> App:
    app = App(
        "fer-utils",
        help="Recognize facial expressions: load faces, balance, train, evaluate, live webcam.",
        version=lambda: f"fer-utils {version('fer-utils')}",
        default_parameter=Parameter(negative=(), show_default=_shown),
        help_format="markdown",
    )
    for place, (name, summary) in enumerate(COMMANDS.items()):
        path = f"fer_utils.cli.{name}_command:{name}_command"
        app.command(path, name=name, help=summary, sort_key=place)
    return app


def _shown(default: Any) -> str | None:
    """Return a default as it is typed; None if there is nothing to type."""
    if isinstance(default, tuple):
        return " ".join(map(str, default)) or None
    if isinstance(default, Path):
        return display_path(default)
    return None if default is None or default is False else str(default)


def _fail(message: str, *, code: int = 1) -> int:
    lines = "\n".join(map(printable, message.split("\n")))
    print(f"fer-utils: {lines}", file=sys.stderr)
    return code
