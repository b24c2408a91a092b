"""Exchange what to show and which button was pressed with the page side of a panel.

The page side is `panel.js` and `panel.css`, each joined with a panel's own files.
"""

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from fer_utils.emotions import emotion_table
from fer_utils.widgets.wording import describe_error


class Panel(anywidget.AnyWidget):
    """A widget whose page side draws `_shown` and sends the names of pressed buttons.

    Attributes
    ----------
    face : int
        Number of the face that the panel is about; 0 is the largest face of each frame.
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
        """Send the page what to show."""
        self._shown = self.shown()

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        raise NotImplementedError

    def to_csv(self) -> str:
        """Return the table that the page saves."""
        raise NotImplementedError

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what each button on the page does."""
        raise NotImplementedError

    def receive(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Handle a message from the page: save the table, or do what the pressed button does."""
        if content["press"] == "save":
            # The page sends its view's name, so that only that view saves the file.
            answer = {"kind": "csv", "view": content["view"], "stem": self._file_stem}
            self.send(answer, buffers=[self.to_csv().encode()])
        else:
            self.buttons()[content["press"]]()
            self.publish()

    def _receive(self, _: object, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        # The page shows any error: nobody would see it otherwise.
        try:
            self.receive(content, buffers)
        except Exception as error:
            self.log.exception("a panel could not handle a message")
            self.send({"kind": "error", "detail": describe_error(error)})
