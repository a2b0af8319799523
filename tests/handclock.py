"""A clock that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq

from sonixbot.clock import Clock

#: 2021-04-13 03:22:45 in Moscow: the night in which P1_beta stuck.
NIGHT = 1618273365.0


class HandClock(Clock):
    """Stands still until it is moved; whoever sleeps on it wakes in order."""

    def __init__(self, now: float = NIGHT) -> None:
        self._now = now
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> float:
        """The moment it was last moved to."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved that far."""
        self._count += 1
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(0.0, seconds), self._count, woken))
        await woken

    async def move(self, seconds: float) -> None:
        """Let `seconds` pass, waking every sleeper at its own moment."""
        end = self._now + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            moment, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, moment)
            if not woken.done():
                woken.set_result(None)
            await _settle()  # a woken task may sleep again before `end`
        self._now = end
        await _settle()


async def _settle() -> None:
    """Let every task do what it can without time passing."""
    for _turn in range(20):
        await asyncio.sleep(0)
