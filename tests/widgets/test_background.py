import asyncio
import threading

import pytest

from fer_utils.widgets.background import Worker, to_this_thread


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_things_are_done_one_after_the_other(worker: Worker) -> None:
    done: list[object] = []
    for number in range(3):
        worker.submit(lambda number=number: number, done.append)
    worker.wait()
    assert done == [0, 1, 2]


def test_an_error_is_handed_over(worker: Worker) -> None:
    done: list[object] = []
    worker.submit(lambda: 1 / 0, done.append)
    worker.submit(lambda: "on", done.append)
    worker.wait()
    assert [type(result) for result in done] == [ZeroDivisionError, str]


def test_the_result_arrives_in_the_thread_of_the_loop(worker: Worker) -> None:
    async def ask() -> tuple[int, int]:
        arrived = asyncio.get_running_loop().create_future()
        worker.submit(
            threading.get_ident,
            lambda thread: arrived.set_result((thread, threading.get_ident())),
        )
        return await asyncio.wait_for(arrived, 10)

    work, result = asyncio.run(ask())
    assert result == threading.get_ident()
    assert work != result


def test_a_closed_worker_drops_what_waits(worker: Worker) -> None:
    started, go_on = threading.Event(), threading.Event()
    done: list[object] = []

    def first() -> str:
        started.set()
        go_on.wait(10)
        return "first"

    worker.submit(first, done.append)
    worker.submit(lambda: "second", done.append)
    assert started.wait(10)
    thread = worker._thread
    worker.close()
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert done == ["first"]


def test_what_comes_after_the_loop_is_dropped() -> None:
    async def take() -> object:
        return to_this_thread()

    done: list[int] = []
    asyncio.run(take())(lambda: done.append(1))
    assert done == []
