import numpy as np

from fer_utils.data.votes import VOTE_CLASSES, emotional_votes, find_winners, vote_shares
from fer_utils.emotions import EMOTIONS


def votes(**counts: int) -> np.ndarray:
    """Return one row of votes; classes that are not named have none."""
    return np.array([[counts.get(name, 0) for name in VOTE_CLASSES]], dtype=np.uint8)


def test_votes_for_emotions_come_in_the_order_of_the_emotions() -> None:
    row = votes(
        anger=1, disgust=2, fear=3, happiness=4, sadness=5, surprise=6, neutral=7, contempt=8
    )
    assert emotional_votes(row).tolist() == [[1, 2, 3, 4, 5, 6, 7]]
    assert len(EMOTIONS) == 7


def test_shares_leave_out_contempt_unknown_and_no_face() -> None:
    row = votes(happiness=3, neutral=1, contempt=2, unknown=3, NF=1)
    assert vote_shares(row).tolist() == [[0, 0, 0, 0.75, 0, 0, 0.25]]


def test_shares_are_zero_without_a_vote_for_an_emotion() -> None:
    assert vote_shares(votes(NF=10)).tolist() == [[0] * 7]


def test_the_winner_has_the_most_votes() -> None:
    winners, is_clear = find_winners(votes(fear=4, surprise=3, neutral=3))
    assert (EMOTIONS[winners[0]], is_clear.tolist()) == ("fear", [True])


def test_a_tie_has_no_clear_winner() -> None:
    winners, is_clear = find_winners(votes(fear=4, surprise=4, neutral=2))
    assert (EMOTIONS[winners[0]], is_clear.tolist()) == ("fear", [False])


def test_a_class_that_is_no_emotion_can_win_and_tie() -> None:
    rows = np.concatenate([votes(contempt=6, neutral=4), votes(unknown=5, neutral=5), votes()])
    assert find_winners(rows)[1].tolist() == [False, False, False]
