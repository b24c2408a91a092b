"""Exchange what to show and which button was pressed with the page side of a panel.

The page side is `panel.js` and `panel.css`, each joined with a panel's own files.
"""

import math
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from fer_utils.emotions import emotion_table


def join_files(*names: str) -> str:
    """Return scripts or style sheets of this folder as one text, since a widget loads only one."""
    folder = Path(__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


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
        self._updated_at = -math.inf
        super().__init__(**traits)
        self.on_msg(self._receive)
        self.observe(lambda _: self.publish(), "face")
        self.publish()

    def publish(self) -> None:
        """Send the page what to show."""
        self._shown = self.shown()

    def publish_every(self, interval: float, now: float) -> None:
        """Publish, unless this was done less than `interval` seconds before the time `now`."""
        if not 0 <= now - self._updated_at < interval:
            self._updated_at = now
            self.publish()

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


def describe_error(error: BaseException) -> str:
    """Return an error in one line, with the place in the code that raised it."""
    places = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(error).__name__}: {error}{place}"


def explain_error(error: Exception) -> str:
    """Return the message of an error written for people; describe any other error."""
    expected = isinstance(error, ValueError | OSError)
    return str(error) if expected and str(error) else describe_error(error)
