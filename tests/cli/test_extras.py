"""Explain missing extras."""

import re
import tomllib

import pytest

from fer_utils.cli.main import explain_import_error
from fer_utils.paths import PROJECT_ROOT

_MODULES = {"imbalanced-learn": "imblearn", "scikit-learn": "sklearn"}
# Never imported by the package itself, or in several extras.
_OTHERS = {"fer-utils", "jupyterlab", "pandas"}


# In several extras; the first one is named.
_SHARED = {"scale": {"pandas"}}


def packages(extra: str) -> set[str]:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = project["project"]["optional-dependencies"][extra]
    return {re.split(r"[<>=\[;]", requirement)[0] for requirement in requirements} - _OTHERS


@pytest.mark.parametrize("extra", ["app", "train", "scale", "kaggle"])
def test_each_package_is_explained_by_its_extra(extra: str) -> None:
    for package in packages(extra):
        module = _MODULES.get(package, package.replace("-", "_"))
        explanation = explain_import_error(ModuleNotFoundError(name=f"{module}.part"))
        expected = f"this command needs {package}: pip install 'fer-utils[{extra}]'"
        assert explanation == expected


def test_a_package_of_several_extras_is_explained_by_the_one_that_includes_the_others() -> None:
    expected = "this command needs pandas: pip install 'fer-utils[train]'"
    assert explain_import_error(ModuleNotFoundError(name="pandas")) == expected


def test_the_cause_of_an_import_error_is_explained() -> None:
    error = ImportError("Cannot import module")
    error.__cause__ = ModuleNotFoundError(name="dask")
    assert explain_import_error(error) == "this command needs dask: pip install 'fer-utils[scale]'"


def test_other_import_errors_are_not_explained() -> None:
    assert explain_import_error(ModuleNotFoundError(name="fer_utils.keras")) is None
    assert explain_import_error(ImportError("cannot import name")) is None
