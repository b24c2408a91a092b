"""Show the guessing game: the face to name, and what the network says once all are named."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_utils.data.faces import Faces
from fer_utils.data.votes import emotional_votes
from fer_utils.emotions import EMOTIONS
from fer_utils.evaluation.evaluation import classifier_of
from fer_utils.model.metrics import CONFIDENCE, Estimate
from fer_utils.model.model_folder import open_model
from fer_utils.widgets.figures import count_of
from fer_utils.widgets.guessing_game import OPPONENT, YOU, FaceDeck, GuessingGame
from fer_utils.widgets.panel import Panel, join_files

Classify = Callable[[NDArray[np.uint8]], NDArray[np.floating]]

_INVITATION = (
    "Name the expression in one face after the other. You learn what is right, and what the "
    "network says, after the last face."
)
_STILL = "You against the network: a game to play in a running notebook."
_HIDDEN = "Faces of real people stay hidden; these are drawn."
_NO_WIDTH = (
    " An interval without any width promises too much: resampling these faces never shows a "
    "mistake that was not made, or a success that was not had."
)


class Guessing(Panel):
    """The panel of a `GuessingGame`: you against the network.

    The page gets a face only when it is its turn, and labels and the network's answers only when
    all faces are named.

    Parameters
    ----------
    faces : Faces, optional
        The faces to play with, see `FaceDeck`; by default, drawn ones.
    classify : callable, optional
        The network: returns the probabilities (n, 7) of gray faces, uint8 of shape (n, 48, 48);
        by default, the shipped model.
    show_faces : bool
        Whether faces of real people may be shown; if not, drawn ones take their place.
    seed : int, optional
        Seed of the choice and the order of the faces; by default, they are different every time.
    **traits
        Initial values of the traits.

    Attributes
    ----------
    deck : FaceDeck
        Where the faces of the next game come from.
    classify : callable or None
        The network; None until the shipped model is opened.
    game : GuessingGame or None
        The current game; None before the first one.

    Raises
    ------
    DataError
        If none of the faces can be used.

    Examples
    --------
    >>> Guessing(seed=0)  # doctest: +SKIP
    """

    _esm = join_files("shared.js", "panel.js", "guessing.js")
    _css = join_files("panel.css", "guessing.css")
    _file_stem = "guesses"

    def __init__(
        self,
        faces: Faces | None = None,
        *,
        classify: Classify | None = None,
        show_faces: bool = False,
        seed: int | None = None,
        **traits: Any,
    ) -> None:
        self._hides_people = faces is not None and faces.provenance.real_people and not show_faces
        self.deck = FaceDeck(None if self._hides_people else faces, seed=seed)
        self.game: GuessingGame | None = None
        self.classify = classify
        super().__init__(**traits)

    def _repr_html_(self) -> str:
        return f"<p>{_STILL}</p>"  # where widgets do not run

    def start(self) -> None:
        """Start a game with other faces, abandoning the current one."""
        if self.classify is None:
            self.classify = classifier_of(open_model()).predict
        faces = self.deck.deal()
        self.game = GuessingGame(faces, self.classify(faces.images))

    def take_back(self) -> None:
        """Return to the previous face."""
        if self.game is not None:
            self.game.take_back()

    def to_csv(self) -> str:
        """Return `GuessingGame.results` as CSV; empty before a game is over."""
        if self.game is None:
            return ""
        return self.game.results().to_csv(index=False, float_format="%.4f", lineterminator="\n")

    def buttons(self) -> dict[str, Callable[[], object]]:
        """Return what each button on the page does."""
        return {"start": self.start, "back": self.take_back}

    def receive(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Handle a message from the page."""
        if content.get("kind") != "answer":
            super().receive(content, buffers)
        elif self.game is not None:
            self.game.answer(content["face"], content["emotion"])
            self.publish()

    def shown(self) -> dict[str, Any]:
        """Return what the page shows, as JSON: nothing that gives an answer away too early."""
        game = self.game
        if game is None:
            note = _HIDDEN if self._hides_people else ""
            texts = {"title": "Who is better?", "text": _INVITATION, "note": note}
            return {"phase": "ready", "start": "Start", **texts}
        if game.is_over:
            return {"phase": "done", "start": "Again", **_outcome_as_json(game)}
        number, count = len(game.answers) + 1, len(game.faces)
        return {
            "phase": "playing",
            "title": f"Face {number} of {count}",
            "text": "Which expression do you see?",
            "note": "",
            "start": "Start over",
            "face": number - 1,
            "progress": (number - 1) / count,
            "picture": _picture_as_url(game.faces.images[number - 1]),
        }


def _outcome_as_json(game: GuessingGame) -> dict[str, Any]:
    """Return the scores of a game that is over, and its faces with all answers."""
    scores = game.scores()
    is_same = (game.predicted == game.answers).tolist()
    cards = [_card_as_json(game, face) for face in range(len(game.faces))]
    differ = [card for card, same in zip(cards, is_same, strict=True) if not same]
    agree = [card for card, same in zip(cards, is_same, strict=True) if same]
    note = _what_is_right(game.faces)
    if any(each.low == each.high for each in scores.values()):
        note += _NO_WIDTH
    you, network = (round(scores[who].value * len(cards)) for who in (YOU, OPPONENT))
    return {
        "title": f"You {you}, network {network}, of {len(cards)}",
        "text": _comparison(game),
        "note": note,
        "scores": [{"who": who.capitalize(), **_bar_as_json(scores[who])} for who in scores],
        "groups": [
            {"title": f"Where you differ: {count_of(len(differ), 'face')}", "cards": differ},
            {"title": f"Where you agree: {count_of(len(agree), 'face')}", "cards": agree},
        ],
    }


def _what_is_right(faces: Faces) -> str:
    if faces.votes.any():
        return "Right is what most people see. Faces without a single winner were left out."
    if not faces.provenance.real_people:
        return "Right is the emotion that a face was drawn with."
    return "Right is the label of the data set."


def _comparison(game: GuessingGame) -> str:
    """Return what happened where the answers differ, and whether that may be luck."""
    differ = int((game.predicted != game.answers).sum())
    if not differ:
        return "You and the network gave the same answers."
    you, network = game.right_alone()
    text = (
        f"You differ on {count_of(differ, 'face')}: you are right on {you} of them, the network "
        f"on {network}."
    )
    return text if you == network else f"{text} {_verdict(game.luck())}"


def _verdict(luck: float) -> str:
    """Return a sentence about how often equally good players are at least this far apart."""
    share = "fewer than 1%" if luck < 0.01 else f"{luck:.0%}"
    explains = "may well explain it" if luck >= 1 - CONFIDENCE else "alone hardly explains it"
    return f"Equally good players are at least that far apart in {share} of games: luck {explains}."


def _bar_as_json(accuracy: Estimate) -> dict[str, Any]:
    parts = {name: round(value, 4) for name, value in vars(accuracy).items()}
    return {**parts, "interval": f"{accuracy.low:.0%} to {accuracy.high:.0%}"}


def _card_as_json(game: GuessingGame, face: int) -> dict[str, Any]:
    """Return a face with what everyone answered and, if there are votes, how many people did."""
    truth, label = int(game.truth[face]), int(game.faces.labels[face])
    network, probability = int(game.predicted[face]), game.probabilities[face].max()
    named = [("You", game.answers[face], ""), ("Network", network, f" {probability:.0%}")]
    if truth not in (game.answers[face], network):
        named.append(("Right", truth, ""))
    if label != truth:
        named.append(("Label", label, ""))
    return {
        "picture": _picture_as_url(game.faces.images[face]),
        "named": [
            {"who": who, "emotion": emotion, "more": more, "right": emotion == truth}
            for who, emotion, more in named
        ],
        "votes": _votes_as_json(game.faces.votes[[face]]),
    }


def _votes_as_json(votes: NDArray[np.uint8]) -> list[dict[str, Any]]:
    """Return the votes for a face, most frequent first; the emotion is None for any other class."""
    counts = emotional_votes(votes)[0].tolist()
    answers: list[tuple[int | None, str, int]] = [
        *zip(range(len(EMOTIONS)), EMOTIONS, counts, strict=True),
        (None, "other", int(votes.sum()) - sum(counts)),
    ]
    answers.sort(key=lambda answer: -answer[2])
    return [
        {"emotion": emotion, "count": count, "text": f"{name} {count}"}
        for emotion, name, count in answers
        if count
    ]


def _picture_as_url(image: NDArray[np.uint8]) -> str:
    """Return a face as a PNG inside an address, so that nothing else is loaded."""
    png = cv2.imencode(".png", image)[1].tobytes()
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
