"""Station: what a service and a one-shot deliverer have in common, made from the configuration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sonixbot.clock import Clock
from sonixbot.config import Config
from sonixbot.delivery import Deliverer
from sonixbot.errors import sentence
from sonixbot.health import Health
from sonixbot.herald import Herald
from sonixbot.inbox import presence
from sonixbot.intake import Intake
from sonixbot.language import Language, language
from sonixbot.messengers.mail import Mail
from sonixbot.outbox import Outbox
from sonixbot.store import Store

if TYPE_CHECKING:
    from sonixbot.messengers.telegram import Telegram

log = logging.getLogger(__name__)

#: Seconds for each step of the stop; together below the ten that a stop may take.
GRACE: Final = {"pings": 0.5, "polling": 2.5, "reading": 1.5, "delivery": 4.0, "closing": 1.5}


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


@asynccontextmanager
async def build_station(config: Config, clock: Clock) -> AsyncIterator[Station]:
    """The station of this configuration; its messengers and its store are closed at the end."""
    store = Store(config.data_dir)
    spoken = language(config.language)
    outbox, health = Outbox(store), Health()
    _take_over(config, store, outbox, clock.now())
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


def _take_over(config: Config, store: Store, outbox: Outbox, now: float) -> None:
    """Bring the outbox into line with a configuration that may have changed."""
    destinations = (*posts(config), *mails(config))
    outbox.retire(destinations, sentence("It is no longer in the configuration."), now)
    try:
        changed = config.source.stat().st_mtime_ns
    except OSError:
        changed = None
    if store.fact("configured") != changed:
        outbox.try_at_once()
        store.remember("configured", changed)


def posts(config: Config) -> tuple[str, ...]:
    """The destinations in Telegram."""
    if not config.telegram:
        return ()
    topic = config.telegram.thread_id
    return (f"telegram:{config.telegram.channel_id}" + (f"/{topic}" if topic else ""),)


def mails(config: Config) -> tuple[str, ...]:
    """The destinations of mail."""
    return tuple(f"mail:{each}" for each in config.mail.recipients) if config.mail else ()


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


@asynccontextmanager
async def present(config: Config, role: str, clock: Clock) -> AsyncIterator[None]:
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


async def ended(tasks: list[asyncio.Task[None]], seconds: float) -> None:
    """Give the tasks so many seconds to end by themselves."""
    if not tasks:
        return
    _, left = await asyncio.wait(tasks, timeout=seconds)
    for task in left:
        log.warning("%s did not end in %.1f s and is cut off", task.get_name(), seconds)
        task.cancel()
