"""What charts and practice share: the kernel says what to show, the page which button was pressed.

Their page side is `panel.js` and `panel.css`, each joined with a panel's own.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from fer_utils.appearance import emotion_table
from fer_utils.widgets.camera import describe

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

    def _receive(self, _: object, content: dict[str, Any], __: Sequence[memoryview]) -> None:
        """Do what the page asks for; tell it about any error, since nobody else would see it."""
        try:
            if content["press"] == "save":
                # The page asks with a view's name, so that only this view saves the file.
                answer = {"kind": "csv", "view": content["view"], "stem": self._file_stem}
                self.send(answer, buffers=[self.to_csv().encode()])
            else:
                self.buttons()[content["press"]]()
                self.publish()
        except Exception as error:
            self.log.exception("a panel could not handle a message")
            self.send({"kind": "error", "detail": describe(error)})


def page_script(name: str) -> str:
    """Return the page side of a panel: one module of what all share and what it adds."""
    return _join("panel.js", name)


def page_style(name: str) -> str:
    """Return the look of a panel: what all share and what it adds."""
    return _join("panel.css", name)


def _join(*names: str) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
