"""Keep native libraries from writing past Python."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr


@contextmanager
def quiet_native_stderr() -> Iterator[None]:
    """Drop what native code and child processes write to stderr; what Python writes still shows.

    TensorFlow and LiteRT write their start-up lines straight to descriptor 2, where neither
    `logging` nor `redirect_stderr` reaches them.
    """
    kept = os.dup(2)
    # A notebook's or a test's sys.stderr does not end at descriptor 2, and stays as it is.
    plain = sys.stderr is sys.__stderr__
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        with (
            open(os.dup(kept), "w") as terminal,
            redirect_stderr(terminal) if plain else nullcontext(),
        ):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
