"""Threads that open networks at the same time."""

import subprocess
import sys

_THREADS = """
import os, sys
from threading import Barrier, Thread
from fer_utils.litert import quiet_native_stderr
first, second = Barrier(2), Barrier(2)
def nested():
    with quiet_native_stderr():
        first.wait()   # the other one begins now
        second.wait()  # and has begun
def overlapping():
    first.wait()
    with quiet_native_stderr():
        second.wait()
        thread.join()
        print("python", file=sys.stderr)
        os.write(2, b"native\\n")
thread = Thread(target=nested)
thread.start()
overlapping()
os.write(2, b"native again\\n")
print("python again", file=sys.stderr)
"""


def test_stderr_comes_back_once_the_last_thread_is_done() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _THREADS], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.splitlines() == ["python", "native again", "python again"]
