"""One shot: deliver what scripts left while no service runs, and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sonixbot.clock import Clock
from sonixbot.config import Config
from sonixbot.inbox import presence
from sonixbot.language import MINUTE
from sonixbot.station import GRACE, Station, build_station, ended, present, telegram
from sonixbot.turn import deliverer_turn, service_waits

log = logging.getLogger(__name__)

#: A one-shot deliverer that gets nothing through for so long leaves the rest to the next one.
GIVE_UP: Final = 10 * MINUTE


async def deliver(config: Config, clock: Clock, stop: asyncio.Event) -> None:
    """Deliver what scripts left, once, while no service runs; end when nothing is left.

    Gives way to a service that starts, after the current message.
    """

    def somebody_else_ends() -> bool:
        found = presence.presence(str(config.inbox))
        return found is None or not found.alive

    async with deliverer_turn(config.data_dir, clock, keep_waiting=somebody_else_ends) as mine:
        if not mine:
            return
        async with build_station(config, clock) as station, _loading_telegram(station):
            more = True
            while more and not stop.is_set():
                async with present(config, "deliverer", clock):
                    more = await _deliver_all(station, stop)
                # Whoever put a message while this process was still announced relied on it.
                if more:
                    await station.intake.turn()
                    more = bool(station.outbox.backlog())


async def _deliver_all(station: Station, stop: asyncio.Event) -> bool:
    """Deliver until nothing is left; False where something else ended it."""
    clock, outbox = station.clock, station.outbox
    done = asyncio.Event()
    delivering = asyncio.create_task(station.deliverer.run(done), name="delivery")
    taken = clock.now()
    try:
        while not stop.is_set() and not service_waits(station.config.data_dir):
            if await station.intake.turn():
                taken = clock.now()
            if not outbox.backlog():
                return True
            if clock.now() - max(taken, station.health.last_success()) > GIVE_UP:
                log.warning("nothing gets through; the rest waits for the next start")
                return False
            await clock.sleep(0.1)
        return False
    finally:
        done.set()
        station.deliverer.wake()
        await ended([delivering], GRACE["delivery"])
        await asyncio.gather(delivering, return_exceptions=True)
        await station.intake.turn()


@asynccontextmanager
async def _loading_telegram(station: Station) -> AsyncIterator[None]:
    """Let Telegram be served as soon as aiogram is loaded, while mail goes out already."""

    async def load() -> None:
        try:
            station.deliverer.add(await asyncio.to_thread(telegram, station.config))
        except Exception:  # an installation that is broken there still mails
            log.exception("Telegram cannot be used; what goes there waits")

    tasks = (
        [asyncio.create_task(load(), name="loading Telegram")] if station.config.telegram else []
    )
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
