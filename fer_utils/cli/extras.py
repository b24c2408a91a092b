"""Name the extra to install when an import fails."""

_EXTRAS = {
    "app": (
        "anywidget",
        "ipykernel",
        "ipywebrtc",
        "ipywidgets",
        "jupyter_server",
        "pandas",
        "traitlets",
        "voila",
    ),
    "train": (
        "imblearn",
        "keras",
        "matplotlib",
        "nbconvert",
        "nbformat",
        "pandas",
        "papermill",
        "scipy",
        "seaborn",
        "sklearn",
        "tensorflow",
    ),
    "scale": ("dask", "distributed", "pyarrow"),
    "kaggle": ("kagglehub",),
}
_EXTRA_OF = {package: extra for extra, packages in _EXTRAS.items() for package in packages}
# Names of packages that differ from those of their modules.
_PACKAGE_OF = {
    "imblearn": "imbalanced-learn",
    "jupyter_server": "jupyter-server",
    "sklearn": "scikit-learn",
}


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
            package = _PACKAGE_OF.get(module, module)
            return f"this command needs {package}: pip install 'fer-utils[{_EXTRA_OF[module]}]'"
        cause = cause.__cause__
    return None
