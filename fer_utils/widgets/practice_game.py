"""Define the rules of acting practice: show each of the seven emotions for a second."""

import math
import random
from dataclasses import dataclass, fields

import pandas as pd

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Observation
from fer_utils.widgets.session_log import LONGEST_GAP

# In seconds.
HOLD = 1.0
_ROUND_LENGTH = 15.0
_BREAK_LENGTH = 2.0
# The number and the time of a player who was not seen yet.
_NEVER = (0, -math.inf)


@dataclass(frozen=True)
class Round:
    """A finished round of acting practice.

    Attributes
    ----------
    emotion : str
        The target.
    outcome : str
        ``held``, ``missed`` or ``skipped``.
    reaction_time : float
        Seconds from the appearance of the target to the start of the second for which it was
        held; NaN if it was not held.
    peak : float
        Highest probability of the target in this round, 0 to 1.
    threshold : float
        Probability to hold, 0 to 1.
    """

    emotion: str
    outcome: str
    reaction_time: float
    peak: float
    threshold: float


class PracticeGame:
    """Seven rounds, one per emotion in random order, driven by Observations alone.

    The player has to hold the probability of a target at or above the threshold for one second.
    After 15 seconds, the round is missed. There is a break of two seconds before each target.
    Time passes only while the player's face is visible: if it is gone, or no frames arrive, for
    more than half a second, the game pauses and the held second starts over.

    Parameters
    ----------
    seed : int, optional
        Seed of the order of the emotions; by default, the order is different every time.

    Attributes
    ----------
    threshold : float
        Probability to hold, above 0 and below 1; 0.5 at first.
    face : int or None
        Number of the face that plays; None, as at first, is the largest face of each frame.
    phase : str
        ``ready``, ``break`` (before a target), ``acting`` or ``done``.
    rounds : list of Round
        The finished rounds.
    paused : bool
        Whether the game is waiting for the player's face.
    probability : float
        Probability of the target in the player's last frame.

    Examples
    --------
    >>> game = PracticeGame(seed=0)
    >>> game.start()
    >>> game.phase, game.paused, game.target
    ('break', True, None)
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)
        self._order: list[str] = []
        self.threshold = 0.5
        self.face: int | None = None
        self.rounds: list[Round] = []
        self.paused = False
        self.phase = "ready"
        self.probability = self._peak = 0.0
        self._clock = 0.0  # seconds of the current phase, without pauses
        self._hold_began: float | None = None
        self._last_seen = _NEVER

    @property
    def target(self) -> str | None:
        """The emotion to show now; None outside a round."""
        return self._order[len(self.rounds)] if self.phase == "acting" else None

    @property
    def held(self) -> float:
        """Seconds for which the target has been held."""
        return 0.0 if self._hold_began is None else self._clock - self._hold_began

    @property
    def remaining(self) -> float:
        """Seconds until the round is missed or the break is over."""
        return (_ROUND_LENGTH if self.phase == "acting" else _BREAK_LENGTH) - self._clock

    def start(self) -> None:
        """Start a game in a new order, abandoning the current one."""
        self._order = self._random.sample(EMOTIONS, len(EMOTIONS))
        self.rounds = []
        self._enter("break")
        self.pause()

    def skip(self) -> None:
        """End the round as skipped; do nothing outside a round."""
        if self.phase == "acting":
            self._finish("skipped")

    def pause(self) -> None:
        """Pause until the player's next frame, such as when the camera is switched off."""
        self.paused = self.phase in ("break", "acting")
        self._last_seen = _NEVER

    def update(self, observation: Observation) -> None:
        """Process a frame."""
        player = next((face for face in observation if self.face in (None, face.number)), None)
        now = observation.time or 0.0
        number, seen_at = self._last_seen
        gap = now - seen_at if now >= seen_at else math.inf
        if player is None:
            if gap > LONGEST_GAP:
                self.pause()
            return
        self._last_seen = (player.number, now)
        self.paused = False
        if gap <= LONGEST_GAP:
            self._clock += gap
        if gap > LONGEST_GAP or player.number != number:
            self._hold_began = None
        if self.target is not None:
            self._act(float(player.probabilities[EMOTIONS.index(self.target)]))
        elif self.phase == "break" and self._clock >= _BREAK_LENGTH:
            self._enter("acting")

    def results(self) -> pd.DataFrame:
        """Return the finished rounds: their numbers and the attributes of `Round`."""
        table = pd.DataFrame(self.rounds, columns=[field.name for field in fields(Round)])
        table.insert(0, "round", range(1, len(table) + 1))
        return table

    def _act(self, probability: float) -> None:
        self.probability = probability
        self._peak = max(self._peak, probability)
        if probability < self.threshold:
            self._hold_began = None
        elif self._hold_began is None:
            self._hold_began = self._clock
        if self._hold_began is not None and self.held >= HOLD:
            self._finish("held", self._hold_began)
        elif self._clock >= _ROUND_LENGTH:
            self._finish("missed")

    def _finish(self, outcome: str, reaction_time: float = math.nan) -> None:
        emotion = self._order[len(self.rounds)]
        self.rounds.append(Round(emotion, outcome, reaction_time, self._peak, self.threshold))
        self._enter("break" if len(self.rounds) < len(self._order) else "done")

    def _enter(self, phase: str) -> None:
        self.phase = phase
        self.probability = self._peak = self._clock = 0.0
        self._hold_began = None
