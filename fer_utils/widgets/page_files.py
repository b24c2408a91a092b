"""Read the page side of the widgets."""

from pathlib import Path

_HERE = Path(__file__).parent


def join_files(*names: str) -> str:
    """Return scripts or style sheets of this folder as one text, since a widget loads only one."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
