"""Service: builds every station of the data's path and runs them until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from sonixbot.activity import Doing, Recognise, recogniser
from sonixbot.clock import Clock
from sonixbot.config import Config, Patterns
from sonixbot.errors import sentence
from sonixbot.excerpts import Excerpts
from sonixbot.formats import Reader, layout_of
from sonixbot.ping import Ping
from sonixbot.rulebook import rulebook
from sonixbot.state import ProtocolState
from sonixbot.station import (
    GRACE,
    Station,
    build_station,
    ended,
    mails,
    posts,
    present,
    telegram,
)
from sonixbot.turn import service_turn
from sonixbot.vigil import Vigil
from sonixbot.watch import Watch

if TYPE_CHECKING:
    from aiogram import Router

log = logging.getLogger(__name__)

#: Seconds for which aiogram's import, which slows everything else down, lets the watch go first.
FIRST_READING: Final = 5.0


async def run(
    config: Config,
    load_router: Callable[[], Router],
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    """Read, alert, deliver and answer until `stop`.

    `load_router` imports the handlers, and aiogram with them, which takes seconds; it is called in
    a thread once reading and mail are under way. Raises `Problem` where the service cannot start.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(service_turn(config.data_dir, clock))
        station = await stack.enter_async_context(build_station(config, clock))
        watch = _watch(station)
        await stack.enter_async_context(present(config, "service", clock))
        tasks = {
            "reading": [watch.run(stop), station.intake.run(stop)],
            "delivery": [station.deliverer.run(stop)],
            "pings": [_ping(config, watch, clock).run(stop)] if config.health.ping_url else [],
            "polling": [_telegram(station, watch, load_router)] if config.telegram else [],
        }
        log.info(
            "sonixbot %s for %s: protocol %s, to %s, data in %s, configuration %s",
            version("sonixbot"),
            config.instrument,
            config.protocol.path or "none",
            ", ".join((*posts(config), *mails(config))) or "nobody",
            config.data_dir,
            config.source,
        )
        async with asyncio.TaskGroup() as group:
            running = {
                name: [group.create_task(work, name=name) for work in works]
                for name, works in tasks.items()
            }
            await stop.wait()
            log.info("stopping")
            station.deliverer.wake()
            for task in running["polling"]:
                task.cancel()  # it waits for Telegram; the others see `stop` by themselves
            for name in ("pings", "polling", "reading", "delivery"):
                await ended(running[name], GRACE[name])


def handlers_router() -> Router:
    """What loads the handlers, and aiogram with them."""
    import handlers

    return handlers.router()


def _watch(station: Station) -> Watch:
    config = station.config
    layout = layout_of(config.protocol.format)
    return Watch(
        str(config.protocol.path) if config.protocol.path else None,
        lambda: Reader(layout, config.protocol.encoding, config.zone),
        store=station.store,
        outbox=station.outbox,
        herald=station.herald,
        policy=station.store.policy(rulebook(config)),
        state=ProtocolState(config.instrument, scripts_of(config.protocol.patterns)),
        vigil=Vigil.of(config, station.store, station.clock.now()),
        health=station.health,
        clock=station.clock,
        wake=station.deliverer.wake,
    )


def scripts_of(patterns: Patterns) -> Recognise:
    """What tells a message about a script from any other, by the patterns of a configuration."""
    return recogniser(
        {
            Doing.FINISHED: patterns.finished,
            Doing.PAUSED: patterns.paused,
            Doing.STARTED: patterns.started,
        }
    )


def _ping(config: Config, watch: Watch, clock: Clock) -> Ping:
    health = config.health
    return Ping(health.ping_address, health.ping_interval, clock, watch.gets_on)


async def _telegram(station: Station, watch: Watch, load_router: Callable[[], Router]) -> None:
    """Deliver to Telegram and answer there, as soon as aiogram is loaded."""
    await station.clock.wait(watch.begun, FIRST_READING)
    try:
        router = await asyncio.to_thread(load_router)
        messenger = telegram(station.config)
    except Exception as error:  # an installation that is broken there still reads and mails
        log.exception("Telegram cannot be used")
        said = sentence(
            "sonixbot cannot use Telegram here ({error}). Install it anew: pip install .",
            error=type(error).__name__,
        )
        station.health.fails("telegram", station.clock.now(), said)
        return
    from handlers import commands
    from handlers.access import People
    from handlers.errands import Errands
    from sonixbot import polling

    config = station.config
    settings = config.telegram
    assert settings is not None  # noqa: S101 - run() looked
    station.deliverer.add(messenger)
    people = People(
        frozenset(settings.admins), frozenset(settings.operators), frozenset(settings.viewers)
    )
    excerpts = Excerpts(
        config.data_dir / "excerpts",
        layout_of(config.protocol.format),
        config.protocol.encoding,
        config.zone,
    )

    async def prepare() -> None:
        await messenger.bot.me()
        await commands.announce_commands(messenger.bot, people)

    async with Errands(messenger.bot) as errands:
        dispatcher = polling.dispatcher(
            router,
            watch=watch,
            excerpts=excerpts,
            errands=errands,
            status=watch.status,
            people=people,
            clock=station.clock,
            zone=config.zone,
            default_language=station.language,
        )
        await polling.poll(
            messenger.bot,
            dispatcher,
            station.health,
            station.clock,
            prepare=prepare,
            reached=lambda: station.deliverer.reached("telegram"),
        )
