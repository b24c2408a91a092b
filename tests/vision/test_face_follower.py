"""Follow faces through the frames of a clip."""

import numpy as np
import pytest

from fer_utils.vision.face_follower import FaceFollower
from fer_utils.vision.face_search import FaceSearch
from fer_utils.vision.observation import DetectedFace

# Left, top, and side of the astronaut's face in a frame of half its size.
PLACE = np.array([88, 38, 51])


class CountedSearch(FaceSearch):
    """Counts the searches of whole frames, and takes the faces away on request."""

    def __init__(self) -> None:
        super().__init__()
        self.searches = 0
        self.is_blind = False

    def detect(self, frame: np.ndarray) -> list[DetectedFace]:
        self.searches += 1
        return [] if self.is_blind else super().detect(frame)


@pytest.fixture
def search() -> CountedSearch:
    return CountedSearch()


def frame_with(astronaut: np.ndarray | None, left: int = 0, width: int = 640) -> np.ndarray:
    """Return a frame with a face too small for the near network, at a place."""
    frame = np.full((480, width, 3), 127, dtype=np.uint8)
    if astronaut is not None:
        frame[100:356, left : left + 256] = astronaut[::2, ::2]
    return frame


def test_a_small_face_is_found_once_and_then_followed(
    search: CountedSearch, astronaut: np.ndarray
) -> None:
    follower = FaceFollower(search, seconds=0.04)
    for left in range(0, 300, 10):
        (face,) = follower.detect(frame_with(astronaut, left))
        np.testing.assert_allclose(face.box[:3], PLACE + np.array([left, 100, 0]), atol=4)
    assert search.searches == 1


def test_the_whole_frame_is_searched_every_three_seconds(
    search: CountedSearch, astronaut: np.ndarray
) -> None:
    follower = FaceFollower(search, seconds=0.25)
    for _ in range(25):
        assert len(follower.detect(frame_with(astronaut))) == 1
    assert search.searches == 3


def test_a_lost_face_starts_a_search_at_once_but_not_in_every_frame(
    search: CountedSearch, astronaut: np.ndarray
) -> None:
    follower = FaceFollower(search, seconds=0.1)
    for left in (0, 0, 0, 0, 0, 300):
        (face,) = follower.detect(frame_with(astronaut, left))
    assert face.box[0] > 300
    assert search.searches == 2
    for _ in range(8):
        assert follower.detect(frame_with(None)) == []
    assert search.searches == 4


def test_a_followed_face_survives_a_search_that_misses_it(
    search: CountedSearch, astronaut: np.ndarray
) -> None:
    follower = FaceFollower(search, seconds=3.0)
    follower.detect(frame_with(astronaut))
    search.is_blind = True
    assert len(follower.detect(frame_with(astronaut))) == 1
    assert search.searches == 2


def test_a_large_face_is_found_in_every_frame_without_a_search(
    search: CountedSearch, astronaut: np.ndarray
) -> None:
    search.is_blind = True
    follower = FaceFollower(search, seconds=0.04)
    for left in (0, 200):
        frame = np.full((256, 456, 3), 127, dtype=np.uint8)
        frame[:, left : left + 256] = astronaut[:256, 96:352]
        assert len(follower.detect(frame)) == 1
    assert search.searches == 1
