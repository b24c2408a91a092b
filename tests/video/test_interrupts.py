"""Defer Ctrl-C, once."""

import signal
import threading

import pytest

from fer_utils.video.interrupts import deferred_interrupt


def test_the_first_ctrl_c_is_noted_and_the_second_acts() -> None:
    with deferred_interrupt() as pressed:
        assert not pressed.is_set()
        signal.raise_signal(signal.SIGINT)
        assert pressed.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_ctrl_c_acts_as_before() -> None:
    with deferred_interrupt():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_program_that_ignores_it_still_does() -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred_interrupt() as pressed:
            signal.raise_signal(signal.SIGINT)
            assert not pressed.is_set()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


def test_beside_the_main_thread_nothing_changes() -> None:
    found = []

    def look() -> None:
        with deferred_interrupt():
            found.append(signal.getsignal(signal.SIGINT))

    usual = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [usual]
