import re
from dataclasses import replace

import numpy as np
import pytest
from guesses import HAPPY, call_all_happy, voted_faces

from fer_utils.data.drawn_faces import draw_faces
from fer_utils.data.faces import DataError, Faces, join_faces
from fer_utils.data.votes import find_winners
from fer_utils.emotions import EMOTIONS
from fer_utils.model.metrics import Estimate
from fer_utils.widgets.guessing_game import OPPONENT, YOU, FaceDeck, GuessingGame

VOTED = voted_faces()
DRAWN = replace(VOTED, labels=find_winners(VOTED.votes)[0], votes=np.zeros_like(VOTED.votes))


def played(faces: Faces, right: int) -> GuessingGame:
    """Return a game of which the first faces were named rightly, and all others wrongly."""
    game = GuessingGame(faces, call_all_happy(faces.images))
    for face, truth in enumerate(game.truth):
        game.answer(face, int(truth) if face < right else (int(truth) + 1) % len(EMOTIONS))
    return game


def keys(faces: Faces) -> list[bytes]:
    return [image.tobytes() for image in faces.images]


def test_a_seed_decides_faces_and_order() -> None:
    first, second = FaceDeck(VOTED, seed=1), FaceDeck(VOTED, seed=1)
    dealt = [keys(first.deal(10)) for _ in range(3)]
    assert dealt == [keys(second.deal(10)) for _ in range(3)]
    assert dealt[0] != keys(FaceDeck(VOTED, seed=2).deal(10))


def test_no_face_comes_back_before_all_were_dealt() -> None:
    deck = FaceDeck(VOTED, seed=0)
    first, second, third = (keys(deck.deal(10)) for _ in range(3))
    assert set(first) | set(second) == set(keys(VOTED.of_split("PublicTest")))
    assert set(third) <= set(first) | set(second)


def test_a_small_deck_deals_all_that_it_has() -> None:
    assert len(FaceDeck(VOTED, seed=0).deal(50)) == 20


def test_faces_drawn_for_a_game_are_not_those_of_its_seed() -> None:
    dealt = FaceDeck(seed=0).deal()
    assert len(dealt) == 20
    assert not set(keys(dealt)) & set(keys(draw_faces(200, seed=0)))
    assert keys(dealt) == keys(FaceDeck(seed=0).deal())


def test_faces_that_a_network_may_know_are_left_out() -> None:
    copied = VOTED.splits == "PublicTest"
    copied[np.flatnonzero(copied)[0]] = False
    [fair] = np.flatnonzero((VOTED.splits == "PublicTest") & ~copied)
    dealt = FaceDeck(replace(VOTED, has_training_copy=copied)).deal()
    assert dealt.names.tolist() == [VOTED.names[fair]]


def test_faces_without_a_single_winner_are_left_out() -> None:
    votes = VOTED.votes.copy()
    votes[:190, -1] = votes[:190].max(axis=1)  # as many say that it is no face
    dealt = FaceDeck(replace(VOTED, votes=votes)).deal()
    assert sorted(dealt.names) == VOTED.names[190:].tolist()


@pytest.mark.parametrize(
    ("faces", "message"),
    [
        (replace(VOTED, splits=np.full(200, "Training")), "all 200 faces of drawn are in Tr"),
        (replace(VOTED, has_training_copy=np.ones(200, dtype=bool)), "none of the 20 held-out"),
    ],
)
def test_a_deck_without_a_fair_face_is_refused(faces: Faces, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        FaceDeck(faces)


def test_faces_are_named_in_turn_and_a_second_answer_to_one_counts_for_nothing() -> None:
    game = GuessingGame(DRAWN.select(np.arange(3)), call_all_happy(DRAWN.images[:3]))
    game.answer(0, 4)
    game.answer(0, 5)
    game.answer(2, 5)
    assert (game.answers, game.is_over) == ([4], False)
    game.answer(1, 0)
    game.answer(2, 6)
    game.answer(3, 1)
    assert (game.answers, game.is_over) == ([4, 0, 6], True)


@pytest.mark.parametrize("emotion", [-1, 7])
def test_an_unknown_emotion_is_refused(emotion: int) -> None:
    game = GuessingGame(DRAWN, call_all_happy(DRAWN.images))
    with pytest.raises(ValueError, match=f"an emotion from 0 to 6, got {emotion}"):
        game.answer(0, emotion)


def test_an_answer_can_be_taken_back_until_the_game_is_over() -> None:
    game = GuessingGame(DRAWN.select(np.arange(2)), call_all_happy(DRAWN.images[:2]))
    game.take_back()
    game.answer(0, 4)
    game.take_back()
    assert game.answers == []
    game.answer(0, 5)
    game.answer(1, 5)
    game.take_back()
    assert game.answers == [5, 5]


def test_right_is_the_label_or_what_most_people_see() -> None:
    assert GuessingGame(DRAWN, call_all_happy(DRAWN.images)).truth.tolist() == DRAWN.labels.tolist()
    voted = GuessingGame(VOTED, call_all_happy(VOTED.images))
    assert voted.truth.tolist() == DRAWN.labels.tolist() != VOTED.labels.tolist()


def test_person_and_network_are_scored_with_intervals() -> None:
    faces = DRAWN.of_split("PublicTest")
    scores = played(faces, right=12).scores()
    assert list(scores) == [YOU, OPPONENT]
    assert scores[YOU] == Estimate(0.6, 0.4, 0.8)
    assert scores[OPPONENT].value == (faces.labels == HAPPY).mean() == 0.15


def test_with_votes_the_official_label_is_scored_too() -> None:
    faces = VOTED.of_split("PublicTest")
    scores = played(faces, right=12).scores()
    assert list(scores) == [YOU, OPPONENT, "official label"]
    assert (scores[YOU].value, scores[OPPONENT].value) == (0.6, 0.15)
    assert scores["official label"].value == (faces.labels == find_winners(faces.votes)[0]).mean()
    following = faces.follow_votes()
    assert list(played(following, right=12).scores()) == [YOU, OPPONENT]


@pytest.mark.parametrize(
    ("you", "network", "luck"),
    [(0, 0, 1), (1, 1, 1), (1, 0, 1), (5, 0, 2 / 32), (0, 6, 2 / 64), (4, 1, 2 * 6 / 32)],
)
def test_luck_depends_on_the_faces_that_only_one_got_right(
    you: int, network: int, luck: float
) -> None:
    happy = DRAWN.select(np.flatnonzero(DRAWN.labels == HAPPY)[: network + 3])
    others = DRAWN.select(np.flatnonzero(DRAWN.labels != HAPPY)[: you + 3])
    faces = join_faces([others, happy])
    # Right on the first ones, where the network is wrong, and on three where it is right, too.
    said = [*others.labels[:you], HAPPY, HAPPY, HAPPY, *[0] * network, HAPPY, HAPPY, HAPPY]
    game = GuessingGame(faces, call_all_happy(faces.images), [int(each) for each in said])
    assert game.right_alone() == (you, network)
    assert game.luck() == luck


def test_the_table_is_empty_until_the_game_is_over() -> None:
    game = GuessingGame(VOTED.select(np.arange(2)), call_all_happy(VOTED.images[:2]))
    game.answer(0, 3)
    assert len(game.results()) == 0
    game.answer(1, 4)
    table = game.results()
    assert table[["face", "you", "network"]].to_numpy().tolist() == [
        [1, "happy", "happy"],
        [2, "sad", "happy"],
    ]
    assert table["name"].tolist() == ["face 0", "face 1"]
    assert table["right"].tolist() == [EMOTIONS[label] for label in DRAWN.labels[:2]]
    assert table["label"].tolist() == [EMOTIONS[label] for label in VOTED.labels[:2]]
    assert table["happy"].tolist() == [0.75, 0.75]
    assert table["votes_unknown"].tolist() == [1, 1]


def test_without_votes_the_table_has_none() -> None:
    columns = list(played(DRAWN, right=1).results())
    assert columns == ["face", "name", "label", "right", "you", "network", *EMOTIONS]
