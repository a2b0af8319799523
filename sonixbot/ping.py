"""Ping: an outside address is asked for regularly, so that the bot's own death is noticed.

The convention is that of healthchecks.io (https://healthchecks.io/docs/http_api/): a GET of the
address says that all is well, one with /fail added to its path that it is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Final
from urllib.parse import urlsplit

from sonixbot.clock import Clock
from sonixbot.endurance import LONGEST_PAUSE, endure
from sonixbot.errors import why

log = logging.getLogger(__name__)

#: Real seconds that one answer may take.
TIME_OUT: Final = 10.0


class Ping:
    """Pings one address for as long as the bot lives."""

    def __init__(self, url: str, interval: float, clock: Clock, alive: Callable[[], bool]) -> None:
        """`interval` in seconds; `alive`: whether the bot gets on with its work."""
        parts = urlsplit(url)
        self._url = url
        self._fail = parts._replace(path=f"{parts.path.rstrip('/')}/fail").geturl()
        #: The address without what is secret in it.
        self.host = parts.hostname or ""
        self._interval, self._clock, self._alive = interval, clock, alive
        #: Why the last ping did not arrive, and what it said; None before the first.
        self._told: tuple[str, bool] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Ping until `stop`; a ping under way is then left."""

        # Loading it takes a while, for which reading must not wait.
        await asyncio.to_thread(import_module, "aiohttp")

        async def turn() -> None:
            pinging = asyncio.create_task(self._ping(), name="ping")
            stopped = asyncio.create_task(stop.wait(), name="end of pings")
            try:
                await asyncio.wait({pinging, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (pinging, stopped):
                    task.cancel()
                arrived, _ = await asyncio.gather(pinging, stopped, return_exceptions=True)
            if isinstance(arrived, Exception):
                raise arrived
            # A ping that was lost is repeated soon, or others take the bot for dead.
            pause = self._interval if arrived is True else min(self._interval, LONGEST_PAUSE)
            await self._clock.wait(stop, pause)

        await endure("ping", turn, stop, self._clock)

    async def _ping(self) -> bool:
        """Say how things are; tell whether that arrived."""
        alive = self._alive()
        trouble = await _trouble(self._url if alive else self._fail)
        told, self._told = self._told, (trouble, alive)
        if not alive and (told is None or told[1]):
            log.warning("%s is told that the bot does not get on", self.host)
        if trouble and (told is None or told[0] != trouble):
            log.warning("the ping does not reach %s: %s", self.host, trouble)
        elif not trouble and (told is None or told[0]):
            log.info("the ping reaches %s", self.host)
        return not trouble


async def _trouble(url: str) -> str:
    """Ask for the address; why it did not answer as it should, empty where it did."""
    import aiohttp  # loaded by then

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIME_OUT)) as session,
            session.get(url) as answer,
        ):
            return "" if answer.ok else f"HTTP {answer.status}"
    except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
        return str(why(error))
