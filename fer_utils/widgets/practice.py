"""Acting practice on the page: the game's state drawn, its buttons and its summary."""

import math
import statistics
from collections.abc import Callable
from typing import Any

import pandas as pd
import traitlets

from fer_utils.emotions import EMOJI, EMOTIONS
from fer_utils.vision.observation import Observation
from fer_utils.widgets.panel import Panel, page_script, page_style
from fer_utils.widgets.practice_game import HOLD, PracticeGame, Round

# Seconds between two updates of the page.
UPDATE_EVERY = 0.1
# Seconds that a face stays among the choices after it was seen last.
CHOICE_LASTS = 5.0

LOOKS = {
    "angry": "Pull the brows down and together, stare, and press the lips tight.",
    "disgust": "Wrinkle the nose, raise the upper lip, and let the cheeks push up.",
    "fear": "Raise the brows and draw them together, open the eyes wide, stretch the lips.",
    "happy": "Smile with the whole face: lip corners up, cheeks raised.",
    "sad": "Raise the inner ends of the brows, and let the lip corners sink.",
    "surprise": "Raise the brows high, open the eyes wide, and let the jaw drop.",
    "neutral": "Relax the whole face: mouth closed, brows at rest.",
}


PAUSED = "Paused: no face. Is the camera on?"
# Stands where no emotion is shown.
SIGNS = {"ready": "🎭", "break": "⏳", "done": "🏁"}


class Practice(Panel):
    """The panel of a `PracticeGame`: the target, a meter, seven rounds and their summary.

    Parameters
    ----------
    seed : int, optional
        What the order of the emotions starts from; another order every time by default.
    **traits
        First values of the traits.

    Attributes
    ----------
    game : PracticeGame
        The game.
    threshold : float
        Probability to hold, 0.1 to 0.95.
    face : int
        The number of the face that plays; 0 is whichever face is the largest.

    Examples
    --------
    >>> practice = Practice()  # doctest: +SKIP
    >>> camera.observe_faces(practice.update)  # doctest: +SKIP
    """

    _esm = page_script("practice.js")
    _css = page_style("practice.css")
    _file_stem = "practice"

    threshold = traitlets.Float(0.5, min=0.1, max=0.95).tag(sync=True)

    def __init__(self, seed: int | None = None, **traits: Any) -> None:
        self.game = PracticeGame(seed)
        self._updated_at = -math.inf
        self._choices: dict[int, float] = {}  # when each face was seen last
        super().__init__(**traits)
        self._take_choices()
        self.observe(self._take_choices, ["threshold", "face"])

    def update(self, observation: Observation) -> None:
        """Take what the camera saw, and update the page if it is time to."""
        self._remember(observation)
        before = (self.game.phase, self.game.paused)
        self.game.update(observation)
        changed = (self.game.phase, self.game.paused) != before
        if changed or not 0 <= observation.time - self._updated_at < UPDATE_EVERY:
            self._updated_at = observation.time
            self.publish()

    def pause(self) -> None:
        """Wait for the player's next frame, such as when the camera is switched off."""
        self.game.pause()
        self.publish()

    def results(self) -> pd.DataFrame:
        """Return the rounds that are over, as `PracticeGame.results` gives them."""
        return self.game.results()

    def to_csv(self) -> str:
        """Return the results as CSV; what is not known is empty."""
        return self.results().to_csv(index=False, float_format="%.3f", lineterminator="\n")

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what the buttons of the page do, by name."""
        return {"start": self.game.start, "skip": self.game.skip}

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        game = self.game
        title, text = words(game)
        return {
            "phase": game.phase,
            "title": title,
            "text": text,
            "note": PAUSED if game.paused else "",
            "emoji": EMOJI[game.target] if game.target else SIGNS[game.phase],
            "target": None if game.target is None else EMOTIONS.index(game.target),
            "probability": round(game.probability, 2),
            "held": round(min(1.0, game.held / HOLD), 2),
            "remaining": math.ceil(game.remaining) if game.phase == "acting" else None,
            "start": "Start" if game.phase == "ready" else "Again",
            "faces": sorted(self._choices),
            "rounds": rounds(game.rounds),
        }

    def _take_choices(self, _: Any = None) -> None:
        self.game.threshold = self.threshold
        self.game.face = self.face or None
        self.publish()

    def _remember(self, observation: Observation) -> None:
        now = observation.time
        lately = {face: at for face, at in self._choices.items() if 0 <= now - at <= CHOICE_LASTS}
        self._choices = lately | {face.number: now for face in observation.faces}


def words(game: PracticeGame) -> tuple[str, str]:
    """Return a headline and a sentence on where the game stands."""
    number = len(game.rounds) + 1
    if game.target is not None:
        return game.target, LOOKS[game.target]
    if game.phase == "ready":
        return "Seven emotions to act", "Show each one, and hold it for a second."
    if game.phase == "done":
        return summary(game.rounds)
    if number == 1:
        return "Get ready", "The first emotion comes in a moment."
    return told(game.rounds[-1]), f"Round {number} of {len(EMOTIONS)} comes in a moment."


def told(played: Round) -> str:
    """Return a finished round in words, such as ``happy: held after 2.3 s``."""
    after = f" after {played.reaction_time:.1f} s" if played.outcome == "held" else ""
    return f"{played.emotion}: {played.outcome}{after}"


def summary(played: list[Round]) -> tuple[str, str]:
    """Return a headline and a sentence on a finished game."""
    held = [one for one in played if one.outcome == "held"]
    title = f"{len(held)} of {len(played)} held"
    if not held:
        return title, "Lower the threshold to make it easier, and play again."
    median = statistics.median(one.reaction_time for one in held)
    fastest = min(held, key=lambda one: one.reaction_time)
    return title, f"Median reaction time {median:.1f} s; fastest: {fastest.emotion}."


def rounds(played: list[Round]) -> list[dict[str, Any]]:
    """Return finished rounds as JSON; the slowest reaction has a share of 1."""
    slowest = max((one.reaction_time for one in played if one.outcome == "held"), default=0) or 1.0
    return [
        {
            "emotion": EMOTIONS.index(one.emotion),
            "outcome": one.outcome,
            "told": told(one),
            "seconds": round(one.reaction_time, 1) if one.outcome == "held" else None,
            "share": round(one.reaction_time / slowest, 3) if one.outcome == "held" else 0,
            "peak": round(one.peak, 3),
            "threshold": one.threshold,
        }
        for one in played
    ]
