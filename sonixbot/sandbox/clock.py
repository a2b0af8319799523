"""The sandbox's clock: begins with the computer's, may run faster, is the same in all processes."""

from __future__ import annotations

import asyncio
import time
from typing import Self

from sonixbot.clock import Clock


class FastClock(Clock):
    """Runs `speed` times as fast as the computer's clock since the moment `began`.

    Two processes that are given the same two numbers see the same time.
    """

    def __init__(self, speed: float, began: float) -> None:
        """`began`: Unix seconds at which both clocks showed the same."""
        self.speed = speed
        self.began = began

    @classmethod
    def begin(cls, speed: float = 1.0) -> Self:
        """A clock that shows now what the computer's does."""
        return cls(speed, time.time())

    def now(self) -> float:
        """The present moment in Unix seconds."""
        return self.of_computer(time.time())

    def of_computer(self, moment: float) -> float:
        """A moment told by the computer's clock; what was before the beginning stays there."""
        passed = moment - self.began
        return moment if passed < 0 else self.began + passed * self.speed

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock pass."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)
