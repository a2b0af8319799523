"""Waiting for what happens in another task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.handclock import HandClock


async def until(happened: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait until something is true, so many seconds at the most."""
    for _turn in range(round(seconds / 0.01)):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("it did not happen")


async def asleep(clock: HandClock) -> None:
    """Wait until somebody sleeps on this clock, so that it can be moved."""
    await until(lambda: clock._sleepers)
