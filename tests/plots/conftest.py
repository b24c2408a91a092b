from collections.abc import Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("a plot function must neither show nor save")


@pytest.fixture(autouse=True)
def figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse to show or save figures, and close all of them afterwards."""
    monkeypatch.setattr(plt, "show", _refuse)
    monkeypatch.setattr(matplotlib.figure.Figure, "show", _refuse)
    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", _refuse)
    plt.close("all")
    yield
    plt.close("all")
