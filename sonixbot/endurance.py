"""Endurance: work that goes on whatever happens to one turn of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from sonixbot.clock import Clock

log = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 60.0


def backoff(tries: int) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 … 60."""
    return min(LONGEST_PAUSE, 2.0 ** min(tries - 1, 10)) if tries > 0 else 0.0


async def endure(
    name: str, turn: Callable[[], Awaitable[None]], stop: asyncio.Event, clock: Clock
) -> None:
    """Repeat `turn` until `stop`; an unexpected error is logged and followed by a pause."""
    failures = 0
    while not stop.is_set():
        try:
            await turn()
            failures = 0
        except Exception:  # a full disk or a bug here must not end the others
            failures += 1
            log.exception("%s failed; trying again in %.0f s", name, backoff(failures))
            await clock.wait(stop, backoff(failures))
