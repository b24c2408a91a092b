"""The rules of acting practice: show each of the seven emotions and hold it for a second."""

import math
import random
from dataclasses import asdict, dataclass, fields

import pandas as pd

from fer_utils.emotions import EMOTIONS
from fer_utils.vision.observation import Observation, TrackedFace
from fer_utils.widgets.session_log import LONGEST_GAP

# All in seconds.
HOLD = 1.0
ROUND_LENGTH = 15.0
BREAK_LENGTH = 2.0


@dataclass(frozen=True)
class Round:
    """A finished round of acting practice.

    Attributes
    ----------
    emotion : str
        What was to be shown.
    outcome : str
        ``held``, ``missed`` or ``skipped``.
    reaction_time : float
        Seconds from the showing of the target to the beginning of the held second; NaN where
        nothing was held.
    peak : float
        Highest probability of the target in this round, 0 to 1.
    threshold : float
        What it had to stay above, 0 to 1.
    """

    emotion: str
    outcome: str
    reaction_time: float
    peak: float
    threshold: float


class PracticeGame:
    """Seven rounds, each emotion once, in random order; driven by Observations alone.

    A target is shown; the player holds its probability at the threshold or above for one second.
    A round of 15 seconds is missed. Two seconds pass before each target. Time passes only while
    the player's face is seen: when it is away for more than half a second, or no frames come for
    as long, the game pauses, and a second that was being held begins again.

    Parameters
    ----------
    seed : int, optional
        What the order starts from; another order every time by default.
    threshold : float
        Probability to reach, above 0 and below 1.
    face : int, optional
        Number of the face that plays; the largest face by default.

    Attributes
    ----------
    phase : str
        ``ready``, ``break`` (before a target), ``acting`` or ``done``.
    rounds : list of Round
        Those that are over.
    paused : bool
        Whether the game is on but waits for the player's face.
    probability : float
        Of the target in the player's last frame.

    Raises
    ------
    ValueError
        If the threshold is out of range.

    Examples
    --------
    >>> game = PracticeGame(seed=0)
    >>> game.start()
    >>> game.phase, game.paused, game.target
    ('break', True, None)
    """

    def __init__(
        self, seed: int | None = None, *, threshold: float = 0.5, face: int | None = None
    ) -> None:
        self._random = random.Random(seed)
        self._order: list[str] = []
        self.threshold = threshold
        self.face = face
        self.rounds: list[Round] = []
        self.paused = False
        self.phase = "ready"
        self.probability = self._peak = 0.0
        self._clock = 0.0  # seconds of the phase so far, without pauses
        self._hold_began: float | None = None
        self._last_seen: tuple[int, float] | None = None  # the player's number, and when

    @property
    def threshold(self) -> float:
        """Probability to reach, above 0 and below 1."""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        if not 0 < value < 1:
            raise ValueError(f"threshold is {value}: expected a probability above 0 and below 1")
        self._threshold = value

    @property
    def target(self) -> str | None:
        """The emotion to show now; None outside of a round."""
        return self._order[len(self.rounds)] if self.phase == "acting" else None

    @property
    def held(self) -> float:
        """Seconds that the target is held by now."""
        return 0.0 if self._hold_began is None else self._clock - self._hold_began

    @property
    def remaining(self) -> float:
        """Seconds until the round is missed, or until the break is over."""
        return (ROUND_LENGTH if self.phase == "acting" else BREAK_LENGTH) - self._clock

    def start(self) -> None:
        """Begin a game, in a new order; one that is on is given up."""
        self._order = self._random.sample(EMOTIONS, len(EMOTIONS))
        self.rounds = []
        self._enter("break")
        self.pause()

    def skip(self) -> None:
        """End the round as skipped; outside of a round nothing happens."""
        if self.phase == "acting":
            self._finish("skipped")

    def pause(self) -> None:
        """Wait for the player's next frame, such as when the camera is switched off."""
        self.paused = self.phase in ("break", "acting")
        self._last_seen = None

    def update(self, observation: Observation) -> None:
        """Take one more frame."""
        player = self._player(observation)
        if player is None:
            if self._gap(observation) > LONGEST_GAP:
                self.pause()
            return
        gap = self._gap(observation)
        same = self._last_seen is not None and self._last_seen[0] == player.number
        self._last_seen = (player.number, observation.time)
        self.paused = False
        if gap <= LONGEST_GAP:
            self._clock += gap
        if gap > LONGEST_GAP or not same:
            self._hold_began = None
        if self.target is not None:
            self._act(float(player.probabilities[EMOTIONS.index(self.target)]))
        elif self.phase == "break" and self._clock >= BREAK_LENGTH:
            self._enter("acting")

    def results(self) -> pd.DataFrame:
        """Return the rounds that are over: their number and the attributes of `Round`."""
        columns = [field.name for field in fields(Round)]
        table = pd.DataFrame([asdict(played) for played in self.rounds], columns=columns)
        table.insert(0, "round", range(1, len(table) + 1))
        return table

    def _player(self, observation: Observation) -> TrackedFace | None:
        wanted = (face for face in observation.faces if self.face in (None, face.number))
        return next(wanted, None)

    def _gap(self, observation: Observation) -> float:
        """Return the seconds since the player was seen, infinity if that is not known."""
        if self._last_seen is None or observation.time < self._last_seen[1]:
            return math.inf
        return observation.time - self._last_seen[1]

    def _act(self, probability: float) -> None:
        self.probability = probability
        self._peak = max(self._peak, probability)
        if probability < self.threshold:
            self._hold_began = None
        elif self._hold_began is None:
            self._hold_began = self._clock
        if self._hold_began is not None and self.held >= HOLD:
            self._finish("held", self._hold_began)
        elif self._clock >= ROUND_LENGTH:
            self._finish("missed")

    def _finish(self, outcome: str, reaction_time: float = math.nan) -> None:
        emotion = self._order[len(self.rounds)]
        self.rounds.append(Round(emotion, outcome, reaction_time, self._peak, self.threshold))
        self._enter("break" if len(self.rounds) < len(self._order) else "done")

    def _enter(self, phase: str) -> None:
        self.phase = phase
        self.probability = self._peak = self._clock = 0.0
        self._hold_began = None
