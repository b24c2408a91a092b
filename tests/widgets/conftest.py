"""A fixture for every test of a widget."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _no_event_loop() -> Iterator[None]:
    """Hide the event loop that Playwright leaves running in this thread after browser tests.

    Panels would wait for it to deliver the results of their workers, but it no longer runs.
    """
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)
