"""The front door is cheap to open, and each name loads only what it needs."""

import subprocess
import sys

import pytest

# What a core install does not have, by the name that it is imported by.
EXTRAS = (
    *("anywidget", "dask", "distributed", "imblearn", "ipykernel", "ipywebrtc", "ipywidgets"),
    *("IPython", "jupyter_server", "kagglehub", "keras", "matplotlib", "nbconvert", "nbformat"),
    *(
        "pandas",
        "papermill",
        "pooch",
        "pyarrow",
        "scipy",
        "seaborn",
        "sklearn",
        "tensorflow",
        "traitlets",
        "voila",
    ),
)
BLOCK = f"""
import sys
for name in {EXTRAS!r}:
    sys.modules[name] = None
"""


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_importing_the_package_loads_nothing_but_lazy_loader() -> None:
    loaded = run(
        "import sys; before = set(sys.modules)\n"
        "import fer_utils\n"
        "names = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(names - set(sys.stdlib_module_names)))"
    )
    assert loaded == "['fer_utils', 'lazy_loader']"


@pytest.mark.parametrize(
    "statement",
    [
        "from fer_utils import EMOTIONS, Faces, PROFILES, Recognizer, open_model, process_video",
        "from fer_utils.compat import FER, analyze",
        "from fer_utils.cli.main import main; main(['--help'])",
        "from fer_utils.cli.main import main; main(['predict', '--help'])",
    ],
)
def test_recognizing_needs_no_extra(statement: str) -> None:
    run(BLOCK + statement)


def test_a_picture_is_recognized_without_any_extra() -> None:
    assert (
        run(
            BLOCK + "from fer_utils import SAMPLE_PICTURE, Recognizer\n"
            "print([face.emotion for face in Recognizer().recognize(SAMPLE_PICTURE)])"
        )
        == "['happy']"
    )
