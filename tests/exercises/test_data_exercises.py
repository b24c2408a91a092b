import pandas as pd

from fer_utils.exercises.data_exercises import check_copies, check_majority, check_neighbors

COUNTS = pd.DataFrame(
    {"Training": [6, 2], "PublicTest": [1, 3], "PrivateTest": [2, 2]}, index=["happy", "sad"]
)


def test_the_majority_is_that_of_training() -> None:
    assert check_majority(0.25, COUNTS).message.startswith("Right. A model that answers happy")
    assert check_majority(0.75, COUNTS).message.startswith("Not yet. That is a share of Training")
    assert check_majority(1, COUNTS).message.startswith("Not yet. That is a number of faces")


def test_the_worth_of_copies_is_counted_in_points() -> None:
    assert "add 10.0 points" in check_copies(0.6, 0.2, 0.5).message


def test_a_face_is_not_its_own_neighbor() -> None:
    assert check_neighbors(1, COUNTS["Training"]).message.startswith("Right. Each of the 2 faces")
    assert not check_neighbors(2, COUNTS["Training"]).is_right
