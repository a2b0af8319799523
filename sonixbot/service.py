"""Service: builds every station of the data's path and runs them until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import regex

from sonixbot.alerts import Push, Rules
from sonixbot.clock import Clock
from sonixbot.config import Config
from sonixbot.config import Push as PushSettings
from sonixbot.delivery import Deliverer
from sonixbot.formats import Reader, layout_of
from sonixbot.health import Health
from sonixbot.herald import Herald
from sonixbot.inbox import presence
from sonixbot.intake import Intake
from sonixbot.language import MINUTE, Language, language
from sonixbot.messengers.mail import Mail
from sonixbot.outbox import Outbox
from sonixbot.state import Doing, ProtocolState, Recognise
from sonixbot.store import Store
from sonixbot.turn import deliverer_turn, service_turn, service_waits
from sonixbot.watch import Watch

if TYPE_CHECKING:
    from aiogram import Router

    from sonixbot.messengers.telegram import Telegram

log = logging.getLogger(__name__)

#: Seconds for each step of the stop; together below the ten that a stop may take.
GRACE: Final = {"polling": 2.5, "reading": 1.5, "delivery": 4.0, "closing": 1.5}
#: A one-shot deliverer that gets nothing through for so long leaves the rest to the next one.
GIVE_UP: Final = 10 * MINUTE
#: Seconds that one expression of the configuration may take on one message.
PATTERN_TIME: Final = 0.1


@dataclass(frozen=True)
class Station:
    """What a service and a one-shot deliverer have in common."""

    config: Config
    clock: Clock
    language: Language
    store: Store
    outbox: Outbox
    health: Health
    herald: Herald
    deliverer: Deliverer
    intake: Intake


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
        station = await stack.enter_async_context(_station(config, clock))
        station.outbox.recover(clock.now())
        watch = _watch(station)
        present = _present(config, "service", clock)
        await stack.enter_async_context(present)
        tasks = {
            "reading": [watch.run(stop), station.intake.run(stop)],
            "delivery": [station.deliverer.run(stop)],
            "polling": [_telegram(station, watch, load_router)] if config.telegram else [],
        }
        log.info("sonixbot runs for %s, data in %s", config.instrument, config.data_dir)
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
            for name in ("polling", "reading", "delivery"):
                await _ended(running[name], GRACE[name])


async def _ended(tasks: list[asyncio.Task[None]], seconds: float) -> None:
    """Give the tasks so many seconds to end by themselves."""
    if not tasks:
        return
    _, left = await asyncio.wait(tasks, timeout=seconds)
    for task in left:
        log.warning("%s did not end in %.1f s and is cut off", task.get_name(), seconds)
        task.cancel()


@asynccontextmanager
async def _station(config: Config, clock: Clock) -> AsyncIterator[Station]:
    store = Store(config.data_dir)
    spoken = language(config.language)
    outbox, health = Outbox(store), Health()
    herald = Herald(
        outbox, config.instrument, spoken, config.zone, posts=posts(config), mails=mails(config)
    )
    intake = Intake(
        config.inbox,
        config.data_dir / "attachments",
        herald,
        outbox,
        clock,
        spoken,
    )
    deliverer = Deliverer(outbox, health, clock, spoken, config.zone, intake.told)
    intake.wake = deliverer.wake
    if config.mail:
        deliverer.add(mail(config, clock))
    try:
        yield Station(config, clock, spoken, store, outbox, health, herald, deliverer, intake)
    finally:
        await deliverer.close(GRACE["closing"])
        store.close()


def posts(config: Config) -> tuple[str, ...]:
    """The destinations in Telegram."""
    if not config.telegram:
        return ()
    topic = config.telegram.thread_id
    return (f"telegram:{config.telegram.channel_id}" + (f"/{topic}" if topic else ""),)


def mails(config: Config) -> tuple[str, ...]:
    """The destinations of mail."""
    return tuple(f"mail:{each}" for each in config.mail.recipients) if config.mail else ()


def _watch(station: Station) -> Watch:
    config = station.config
    rules = Rules(
        telegram=_push(config.alerts.telegram),
        mail=_push(config.alerts.mail),
        repeat_interval=config.alerts.repeat_interval,
        quiet_time=config.alerts.quiet_time,
    )
    layout = layout_of(config.protocol.format)
    return Watch(
        str(config.protocol.path) if config.protocol.path else None,
        lambda: Reader(layout, config.protocol.encoding, config.zone),
        store=station.store,
        outbox=station.outbox,
        herald=station.herald,
        policy=station.store.policy(rules),
        state=ProtocolState(config.instrument, recogniser(config)),
        health=station.health,
        clock=station.clock,
        wake=station.deliverer.wake,
    )


def _push(settings: PushSettings) -> Push:
    return Push(
        error=settings.error_max_level,
        warning=settings.warning_max_level,
        user=settings.user_max_level,
        info=settings.info_max_level,
    )


def recogniser(config: Config) -> Recognise:
    """What tells a message about a script from any other, by the patterns of the configuration."""
    patterns = config.protocol.patterns
    table = [
        (doing, regex.compile(each, regex.IGNORECASE))
        for doing, expressions in (
            (Doing.FINISHED, patterns.finished),
            (Doing.PAUSED, patterns.paused),
            (Doing.STARTED, patterns.started),
        )
        for each in expressions
    ]

    def recognise(text: str) -> tuple[Doing, str] | None:
        for doing, expression in table:
            try:
                found = expression.search(text, timeout=PATTERN_TIME)
            except TimeoutError:
                log.warning("the pattern %s takes too long on: %.100s", expression.pattern, text)
                continue
            if found:
                return doing, found.groupdict().get("script") or ""
        return None

    return recognise


def mail(config: Config, clock: Clock) -> Mail:
    """The way by mail that the configuration describes; it must have one."""
    settings = config.mail
    assert settings is not None  # noqa: S101 - the caller looked
    user, password = "", ""
    if settings.login:
        user, password = settings.login[0], settings.login[1].get_secret_value()
    return Mail(
        server=settings.server,
        port=settings.port,
        sender=settings.from_address,
        language=language(config.language),
        clock=clock,
        user=user,
        password=password,
        security=settings.security,
        ca_file=settings.ca_file,
        verify=settings.verify,
    )


def telegram(config: Config) -> Telegram:
    """The way to Telegram that the configuration describes; it must have one. Loads aiogram."""
    from sonixbot.messengers.telegram import Telegram

    settings = config.telegram
    assert settings is not None  # noqa: S101 - the caller looked
    return Telegram(
        settings.bot_id.get_secret_value(),
        language=language(config.language),
        api_urls=settings.api_url,
        proxies=[each.get_secret_value() for each in settings.proxy],
        ca_file=settings.ca_file,
    )


async def _telegram(station: Station, watch: Watch, load_router: Callable[[], Router]) -> None:
    """Deliver to Telegram and answer there, as soon as aiogram is loaded."""
    router = await asyncio.to_thread(load_router)
    from handlers import commands
    from handlers.access import People
    from sonixbot import polling

    config = station.config
    settings = config.telegram
    assert settings is not None  # noqa: S101 - run() looked
    messenger = telegram(config)
    station.deliverer.add(messenger)
    people = People(
        frozenset(settings.admins), frozenset(settings.operators), frozenset(settings.viewers)
    )
    dispatcher = polling.dispatcher(
        router,
        watch=watch,
        status=watch.status,
        people=people,
        clock=station.clock,
        zone=config.zone,
        default_language=station.language,
    )

    async def prepare() -> None:
        await messenger.bot.me()
        await commands.announce_commands(messenger.bot, people)

    await polling.poll(
        messenger.bot,
        dispatcher,
        station.health,
        station.clock,
        prepare=prepare,
        reached=lambda: station.deliverer.reached("telegram"),
    )


@asynccontextmanager
async def _present(config: Config, role: str, clock: Clock) -> AsyncIterator[None]:
    """Tell scripts that somebody takes their messages, for as long as the block lasts."""
    inbox, started = str(config.inbox), clock.now()

    async def beat() -> None:
        while True:
            try:
                await asyncio.to_thread(presence.announce, inbox, role, started)
            except OSError as error:
                log.warning("%s cannot be written: %s", inbox, error)
            await asyncio.sleep(presence.BEAT)  # others compare with the file server's real clock

    beating = asyncio.create_task(beat(), name="presence")
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        try:
            await asyncio.to_thread(presence.withdraw, inbox)
        except OSError as error:
            log.warning("%s cannot be written: %s", inbox, error)


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
        async with _station(config, clock) as station:
            station.outbox.recover(clock.now())
            more = True
            while more and not stop.is_set():
                async with _present(config, "deliverer", clock):
                    more = await _deliver_all(station, stop)
                # Whoever put a message while this process was still announced relied on it.
                more = more and await station.intake.turn()


async def _deliver_all(station: Station, stop: asyncio.Event) -> bool:
    """Deliver until nothing is left; False where something else ended it."""
    clock, outbox = station.clock, station.outbox
    ended = asyncio.Event()
    loading = asyncio.create_task(_load_telegram(station), name="loading Telegram")
    delivering = asyncio.create_task(station.deliverer.run(ended), name="delivery")
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
        ended.set()
        station.deliverer.wake()
        await _ended([delivering], GRACE["delivery"])
        loading.cancel()
        await asyncio.gather(delivering, loading, return_exceptions=True)
        await station.intake.turn()


async def _load_telegram(station: Station) -> None:
    if station.config.telegram:
        station.deliverer.add(await asyncio.to_thread(telegram, station.config))
