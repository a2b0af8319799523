"""Check: is everything there, and does it answer? Everything is tried for real."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sonixbot.check.here import configuration, data_folder, inbox_folder, protocol, rules
from sonixbot.check.row import Found, Mark, Row
from sonixbot.check.ways import mail, telegram
from sonixbot.clock import Clock
from sonixbot.config import Config
from sonixbot.language import Language

__all__ = ["Mark", "Row", "check"]


async def check(config: Config, clock: Clock, language: Language, *, send: bool) -> list[Row]:
    """Try everything; `send`: also send a test by each way. A service may run meanwhile."""
    _ = language.gettext
    by_telegram, by_mail, here = await asyncio.gather(
        telegram(config, clock, language, send=send),
        mail(config, clock, language, send=send),
        asyncio.to_thread(_here, config, clock.now(), language),
    )
    tried = [*here, ("Telegram", by_telegram), (_("mail"), by_mail)]
    return [Row(what, mark, language.say(said)) for what, found in tried for mark, said in found]


def _here(config: Config, now: float, language: Language) -> list[tuple[str, Iterable[Found]]]:
    """What can be known without the network; a share that is away may take its time."""
    _ = language.gettext
    return [
        (_("configuration"), list(configuration(config))),
        (_("protocol"), list(protocol(config, now, language))),
        (_("rules"), list(rules(config))),
        (_("data folder"), list(data_folder(config))),
        (_("inbox"), list(inbox_folder(config))),
    ]
