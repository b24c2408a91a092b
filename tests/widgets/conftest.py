"""What every test of a widget needs."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _no_event_loop() -> Iterator[None]:
    """Hide the event loop that Playwright leaves running in this thread after browser tests.

    Panels would wait for it to hand over what their workers did, and it runs no more.
    """
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)
