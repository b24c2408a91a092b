import time

import pytest

from fer_utils.model.timing import median_milliseconds


def test_calls_are_timed_after_one_to_warm_up() -> None:
    waits = iter([0.2, 0.02, 0.001, 0.02])
    assert 20 <= median_milliseconds(lambda: time.sleep(next(waits)), repeats=3) < 100
    assert list(waits) == []


@pytest.mark.parametrize(("seconds", "calls"), [(0.0, 3), (0.05, 6)])
def test_calls_are_repeated_for_at_least_the_given_time(seconds: float, calls: int) -> None:
    made: list[None] = []

    def call() -> None:
        made.append(None)
        time.sleep(0.01)

    median_milliseconds(call, repeats=2, at_least_seconds=seconds)
    assert 3 <= len(made) <= calls
    assert (len(made) > 3) == (seconds > 0)
