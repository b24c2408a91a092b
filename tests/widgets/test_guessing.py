import base64
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from guesses import call_all_happy, voted_faces
from IPython.core.formatters import DisplayFormatter

from fer_utils.data.faces import Faces
from fer_utils.data.votes import find_winners
from fer_utils.emotions import EMOTIONS
from fer_utils.widgets.guessing import Guessing, _comparison, _verdict, _votes_as_json
from fer_utils.widgets.guessing_game import GuessingGame

VOTED = voted_faces()
DRAWN = replace(VOTED, labels=find_winners(VOTED.votes)[0], votes=np.zeros_like(VOTED.votes))
REAL = replace(VOTED, provenance=replace(VOTED.provenance, real_people=True))


def open_panel(faces: Faces | None = VOTED, **options: Any) -> Guessing:
    return Guessing(faces, classify=call_all_happy, seed=0, **options)


def press(panel: Guessing, button: str) -> None:
    panel._receive(panel, {"press": button, "view": "mine"}, [])


def say(panel: Guessing, face: int, emotion: int) -> None:
    panel._receive(panel, {"kind": "answer", "face": face, "emotion": emotion}, [])


def play(panel: Guessing, right: int) -> dict[str, Any]:
    """Play a game in which the first answers are right, and return what the page shows then."""
    press(panel, "start")
    for face, truth in enumerate(panel.game.truth.tolist()):
        say(panel, face, truth if face < right else (truth + 1) % 7)
    return panel._shown


def image_of(url: str) -> np.ndarray:
    start, _, data = url.partition(",")
    assert start == "data:image/png;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)


def test_it_begins_with_an_invitation_and_without_a_face() -> None:
    shown = open_panel()._shown
    assert (shown["phase"], shown["start"], shown["note"]) == ("ready", "Start", "")
    assert "picture" not in shown


def test_where_widgets_do_not_run_a_sentence_takes_its_place() -> None:
    shown, _ = DisplayFormatter().format(open_panel())
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert shown["text/html"] == (
        "<p>You against the network: a game to play in a running notebook.</p>"
    )


@pytest.mark.parametrize(("faces", "show", "hides"), [(REAL, False, True), (REAL, True, False)])
def test_faces_of_real_people_stay_hidden_unless_they_may_be_shown(
    faces: Faces, show: bool, hides: bool
) -> None:
    panel = open_panel(faces, show_faces=show)
    assert ("Faces of real people stay hidden" in panel._shown["note"]) is hides
    press(panel, "start")
    assert panel.game.faces.provenance.real_people is not hides


def test_the_page_learns_nothing_but_the_picture_while_the_game_is_played() -> None:
    panel = open_panel()
    press(panel, "start")
    for face in range(20):
        shown = dict(panel._shown)
        assert (image_of(shown.pop("picture")) == panel.game.faces.images[face]).all()
        assert shown == {
            "phase": "playing",
            "title": f"Face {face + 1} of 20",
            "text": "Which expression do you see?",
            "note": "",
            "start": "Start over",
            "face": face,
            "progress": face / 20,
        }
        assert panel.to_csv().count("\n") == 1
        say(panel, face, 3)
    assert panel._shown["phase"] == "done"


def test_back_returns_to_the_previous_face() -> None:
    panel = open_panel()
    press(panel, "back")
    press(panel, "start")
    say(panel, 0, 3)
    press(panel, "back")
    assert (panel._shown["title"], panel.game.answers) == ("Face 1 of 20", [])


def test_an_answer_before_the_game_is_ignored() -> None:
    panel = open_panel()
    say(panel, 0, 3)
    assert panel._shown["phase"] == "ready"
    assert panel.to_csv() == ""


def test_the_result_has_scores_words_and_all_faces() -> None:
    panel = open_panel()
    shown = play(panel, right=12)
    game = panel.game
    assert (shown["phase"], shown["start"]) == ("done", "Again")
    assert shown["title"] == "You 12, network 3, of 20"
    assert [score["who"] for score in shown["scores"]] == ["You", "Network", "Official label"]
    you = shown["scores"][0]
    assert (you["value"], you["interval"]) == (0.6, f"{you['low']:.0%} to {you['high']:.0%}")
    same = [answer == 3 for answer in game.answers]
    differ, agree = shown["groups"]
    assert agree["title"] == f"Where you agree: {sum(same)} faces"
    assert differ["title"] == f"Where you differ: {20 - sum(same)} faces"
    pictures = [image_of(card["picture"]) for group in shown["groups"] for card in group["cards"]]
    in_order = np.argsort(same, kind="stable")
    assert (np.array(pictures) == game.faces.images[in_order]).all()


def test_a_card_names_the_right_answer_and_another_label_where_they_are_news() -> None:
    panel = open_panel()
    shown = play(panel, right=20)
    cards = [card for group in shown["groups"] for card in group["cards"]]
    order = np.argsort([answer == 3 for answer in panel.game.answers], kind="stable")
    for card, face in zip(cards, order, strict=True):
        truth, label = int(panel.game.truth[face]), int(panel.game.faces.labels[face])
        named = {each["who"]: (each["emotion"], each["right"]) for each in card["named"]}
        expected = {"You": (truth, True), "Network": (3, truth == 3)}
        if label != truth:
            expected["Label"] = (label, False)
        assert named == expected
    wrong = play(panel, right=0)["groups"][0]["cards"]
    assert any([each["who"] for each in card["named"]][2:3] == ["Right"] for card in wrong)


def test_votes_are_listed_from_most_to_least_with_all_others_as_one() -> None:
    votes = np.uint8([[2, 0, 0, 5, 0, 0, 0, 1, 1, 1]])
    assert _votes_as_json(votes) == [
        {"emotion": 4, "count": 5, "text": "sad 5"},
        {"emotion": None, "count": 3, "text": "other 3"},
        {"emotion": 6, "count": 2, "text": "neutral 2"},
    ]
    assert _votes_as_json(np.zeros((1, 10), dtype=np.uint8)) == []


@pytest.mark.parametrize(
    ("faces", "start"),
    [
        (VOTED, "Right is what most people see"),
        (DRAWN, "Right is the emotion that a face was drawn with."),
        (replace(DRAWN, provenance=REAL.provenance), "Right is the label of the data set."),
    ],
)
def test_what_counts_as_right_is_said(faces: Faces, start: str) -> None:
    assert play(open_panel(faces, show_faces=True), right=5)["note"].startswith(start)


@pytest.mark.parametrize(("right", "warns"), [(20, True), (12, False)])
def test_an_interval_without_width_is_commented(right: int, warns: bool) -> None:
    note = play(open_panel(DRAWN), right)["note"]
    assert ("An interval without any width" in note) is warns


@pytest.mark.parametrize(
    ("luck", "words"),
    [
        (0.004, "in fewer than 1% of games: luck alone hardly explains it."),
        (0.04, "in 4% of games: luck alone hardly explains it."),
        (0.06, "in 6% of games: luck may well explain it."),
    ],
)
def test_a_lead_that_may_be_luck_is_called_that(luck: float, words: str) -> None:
    assert _verdict(luck) == f"Equally good players are at least that far apart {words}"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((3, 3, 3), "You and the network gave the same answers."),
        ((0, 0, 3), "You differ on 2 faces: you are right on 1 of them, the network on 1."),
        ((3, 0, 3), "You differ on 1 face: you are right on 1 of them, the network on 0. Equally "),
    ],
)
def test_where_the_answers_differ_is_told(said: tuple[int, ...], words: str) -> None:
    faces = replace(DRAWN.select(np.arange(3)), labels=np.uint8([3, 0, 4]))
    game = GuessingGame(faces, call_all_happy(faces.images), list(said))
    text = _comparison(game)
    assert text.startswith(words)
    assert ("Equally" in text) is ("Equally" in words)


def test_by_default_drawn_faces_are_played_against_the_shipped_model() -> None:
    panel = Guessing(seed=0)
    press(panel, "start")
    assert not panel.game.faces.provenance.real_people
    assert panel.game.probabilities.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-3)
    assert len(set(panel.game.predicted.tolist())) > 1


def test_the_table_is_saved_as_csv() -> None:
    panel = open_panel(DRAWN)
    play(panel, right=20)
    lines = panel.to_csv().splitlines()
    assert lines[0] == "face,name,label,right,you,network," + ",".join(EMOTIONS)
    first = EMOTIONS[panel.game.truth[0]]
    name = panel.game.faces.names[0]
    assert lines[1] == f"1,{name},{first},{first},{first},happy," + ",".join(
        "0.7500" if emotion == "happy" else "0.0417" for emotion in EMOTIONS
    )
    assert len(lines) == 21
