"""What all panels share: the kernel says what to show, the page which button was pressed.

Their page side is `panel.js` and `panel.css`, each joined with a panel's own.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from fer_utils.emotions import emotion_table
from fer_utils.widgets.camera import describe_error

_HERE = Path(__file__).parent


class Panel(anywidget.AnyWidget):
    """A widget whose page side draws `_shown` and sends the names of pressed buttons.

    Attributes
    ----------
    face : int
        The number of the face that the panel is about; 0 is whichever face is the largest.
    """

    face = traitlets.Int(0, min=0).tag(sync=True)
    _emotions = traitlets.List(emotion_table()).tag(sync=True)
    _shown = traitlets.Dict().tag(sync=True)
    _file_stem = "emotions"

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(self._receive)
        self.publish()

    def publish(self) -> None:
        """Send the page what it shows."""
        self._shown = self.shown()

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        raise NotImplementedError

    def to_csv(self) -> str:
        """Return the table that the page saves."""
        raise NotImplementedError

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what the buttons of the page do, by name."""
        raise NotImplementedError

    def receive(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Do what a message of the page asks for: save, or what a button does."""
        if content["press"] == "save":
            # The page asks with a view's name, so that only this view saves the file.
            answer = {"kind": "csv", "view": content["view"], "stem": self._file_stem}
            self.send(answer, buffers=[self.to_csv().encode()])
        else:
            self.buttons()[content["press"]]()
            self.publish()

    def _receive(self, _: object, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Do what the page asks for; tell it about any error, since nobody else would see it."""
        try:
            self.receive(content, buffers)
        except Exception as error:
            self.log.exception("a panel could not handle a message")
            self.send({"kind": "error", "detail": describe_error(error)})


def page_script(*names: str) -> str:
    """Return the page side of a panel: one module of what all share and what it adds."""
    return _join("panel.js", *names)


def page_style(*names: str) -> str:
    """Return the look of a panel: what all share and what it adds."""
    return _join("panel.css", *names)


def _join(*names: str) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
