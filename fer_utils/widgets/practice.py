"""Show acting practice: the state of the game, its buttons, and its results."""

import math
import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from fer_utils.emotions import EMOJI, EMOTIONS
from fer_utils.vision.observation import Observation
from fer_utils.widgets.panel import Panel, join_files
from fer_utils.widgets.practice_game import HOLD, PracticeGame, Round

Convert = Callable[[NDArray[np.float32]], NDArray[np.float32]]

# Seconds for which a face can still be chosen after it was last seen.
_CHOICE_LASTS = 5.0

LOOKS = {
    "angry": "Lower your brows and draw them together, stare, and press your lips tight.",
    "disgust": "Wrinkle your nose, raise your upper lip, and push up your cheeks.",
    "fear": "Raise your brows and draw them together, open your eyes wide, stretch your lips.",
    "happy": "Smile with your whole face: lip corners up, cheeks raised.",
    "sad": "Raise the inner ends of your brows, and let the corners of your mouth drop.",
    "surprise": "Raise your brows high, open your eyes wide, and drop your jaw.",
    "neutral": "Relax your whole face: mouth closed, brows at rest.",
}

PAUSED = "Paused: no face. Is the camera on?"
# Shown in place of an emotion's emoji.
SIGNS = {"ready": "🎭", "break": "⏳", "done": "🏁"}


class Practice(Panel):
    """The panel of a `PracticeGame`: the target, a meter, seven rounds, and their summary.

    Parameters
    ----------
    seed : int, optional
        Seed of the order of the emotions; by default, the order is different every time.
    convert : callable, optional
        Converts the probabilities of a face, float32 of shape (7,), for the game, such as
        `Recognizer.expect_evenly`; by default, they stay as they are.
    **traits
        Initial values of the traits.

    Attributes
    ----------
    game : PracticeGame
        The game.
    threshold : float
        Probability to hold, 0.1 to 0.95.
    face : int
        Number of the face that plays; 0 is the largest face of each frame.

    Examples
    --------
    >>> practice = Practice()  # doctest: +SKIP
    >>> camera.observe_faces(practice.update)  # doctest: +SKIP
    """

    _esm = join_files("shared.js", "panel.js", "practice.js")
    _css = join_files("panel.css", "practice.css")
    _file_stem = "practice"

    threshold = traitlets.Float(0.5, min=0.1, max=0.95).tag(sync=True)

    def __init__(
        self, seed: int | None = None, *, convert: Convert | None = None, **traits: Any
    ) -> None:
        self._convert = convert
        self.game = PracticeGame(seed)
        self._last_seen: dict[int, float] = {}  # by the number of the face
        super().__init__(**traits)
        self._apply_choices()
        self.observe(self._apply_choices, ["threshold", "face"])

    def update(self, observation: Observation) -> None:
        """Pass what the camera saw to the game, and update the page if it is time to."""
        now = observation.time or 0.0
        recent = {
            face: at for face, at in self._last_seen.items() if 0 <= now - at <= _CHOICE_LASTS
        }
        self._last_seen = recent | {face.number: now for face in observation.faces}
        if self._convert is not None:
            faces = [
                replace(face, probabilities=self._convert(face.probabilities))
                for face in observation.faces
            ]
            observation = replace(observation, faces=tuple(faces))
        before = (self.game.phase, self.game.paused)
        self.game.update(observation)
        changed = (self.game.phase, self.game.paused) != before
        self.publish_every(0.0 if changed else 0.1, now)

    def pause(self) -> None:
        """Pause until the player's next frame, such as when the camera is switched off."""
        self.game.pause()
        self.publish()

    def to_csv(self) -> str:
        """Return `PracticeGame.results` as CSV; missing values are empty."""
        return self.game.results().to_csv(index=False, float_format="%.3f", lineterminator="\n")

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what each button on the page does."""
        return {"start": self.game.start, "skip": self.game.skip}

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        game = self.game
        title, text = _headline(game)
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
            "faces": sorted(self._last_seen),
            "rounds": _rounds_as_json(game.rounds),
        }

    def _apply_choices(self, _: Any = None) -> None:
        self.game.threshold = self.threshold
        self.game.face = self.face or None
        self.publish()


def _headline(game: PracticeGame) -> tuple[str, str]:
    """Return a title and a sentence about the state of the game."""
    number = len(game.rounds) + 1
    if game.target is not None:
        return game.target, LOOKS[game.target]
    if game.phase == "ready":
        return "Seven emotions to act", "Show each one, and hold it for a second."
    if game.phase == "done":
        return _summary(game.rounds)
    if number == 1:
        return "Get ready", "The first emotion appears in a moment."
    text = f"Round {number} of {len(EMOTIONS)} starts in a moment."
    return _description(game.rounds[-1]), text


def _description(played: Round) -> str:
    """Return a finished round as text, such as ``happy: held after 2.3 s``."""
    after = f" after {played.reaction_time:.1f} s" if played.outcome == "held" else ""
    return f"{played.emotion}: {played.outcome}{after}"


def _summary(played: list[Round]) -> tuple[str, str]:
    """Return a title and a sentence about a finished game."""
    held = [one for one in played if one.outcome == "held"]
    title = f"{len(held)} of {len(played)} held"
    if not held:
        return title, "Lower the threshold to make it easier, and play again."
    median = statistics.median(one.reaction_time for one in held)
    fastest = min(held, key=lambda one: one.reaction_time)
    return title, f"Median reaction time {median:.1f} s; fastest: {fastest.emotion}."


def _rounds_as_json(played: list[Round]) -> list[dict[str, Any]]:
    """Return finished rounds for the page; the slowest reaction has a share of 1."""
    slowest = max((one.reaction_time for one in played if one.outcome == "held"), default=0) or 1.0
    return [
        {
            "emotion": EMOTIONS.index(one.emotion),
            "outcome": one.outcome,
            "description": _description(one),
            "seconds": round(one.reaction_time, 1) if one.outcome == "held" else None,
            "share": round(one.reaction_time / slowest, 3) if one.outcome == "held" else 0,
            "peak": round(one.peak, 3),
            "threshold": one.threshold,
        }
        for one in played
    ]
