"""The one Clock: everything else is handed the time, so days can pass in a second."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """The computer's clock. Times are Unix seconds; a zone enters only where people read or write.

    The service makes one and hands it down. Tests and the demo pass a subclass that runs faster
    or stands still; time-outs of sockets stay real.
    """

    def now(self) -> float:
        """The present moment in Unix seconds."""
        return time.time()

    def of_computer(self, moment: float) -> float:
        """A moment that the computer's clock gave a file or a script, as this clock tells it."""
        return moment

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock pass."""
        await asyncio.sleep(max(0.0, seconds))

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        """Wait until `event` is set, at most `seconds` of this clock; tell whether it was set."""
        if event.is_set() or seconds is None:
            return await event.wait()
        woken = asyncio.ensure_future(event.wait())
        slept = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait({woken, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (woken, slept):
                task.cancel()
            await asyncio.gather(woken, slept, return_exceptions=True)
        return event.is_set()
