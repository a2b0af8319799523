"""Polling: asks Telegram for commands, survives whatever happens there, and ends cleanly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from aiogram import Bot, Dispatcher, Router
from aiogram.exceptions import ClientDecodeError
from aiogram.types import Update
from pydantic import ValidationError

from sonixbot.clock import Clock
from sonixbot.errors import NeedsRepair, TryLater, sentence
from sonixbot.health import Health
from sonixbot.messengers.telegram import translate
from sonixbot.messengers.telegram_errors import LIBRARY_ERRORS

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

#: The name under which `Health` knows this way.
NAME: Final = "polling"
#: Seconds that Telegram holds a question open while there is nothing to tell.
LONG_POLL: Final = 25
#: Updates in one answer (https://core.telegram.org/bots/api#getupdates).
MOST_UPDATES: Final = 100
#: Seconds beyond that after which the connection counts as dead.
PATIENCE: Final = 10
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
#: Seconds that answering one command may take before the next one has its turn.
HANDLING: Final = 60.0
#: Seconds for the last word to Telegram at the end.
FAREWELL: Final = 2


def dispatcher(router: Router, **collaborators: Any) -> Dispatcher:
    """What gives each update to its handler, and each handler its collaborators by name."""
    made = Dispatcher(disable_fsm=True)
    made.include_router(router)
    made.workflow_data.update(collaborators)
    return made


async def poll(
    bot: Bot,
    dispatcher: Dispatcher,
    health: Health,
    clock: Clock,
    *,
    prepare: Callable[[], Awaitable[None]],
    reached: Callable[[], None] = lambda: None,
    handling: float = HANDLING,
) -> None:
    """Feed commands and button presses to the dispatcher, one after the other, until cancelled.

    `prepare` is called before the first question, again until it succeeds; `reached` whenever
    Telegram can be reached for the first time or again. Updates are taken in order, so that a
    /mute comes before the /unmute that followed it. `handling` is the real time in seconds that
    one of them may take. Handlers are given `heard`: when Telegram last answered before, in Unix
    seconds, 0 for never; what they handle cannot have waited for longer.
    """
    kinds = dispatcher.resolve_used_update_types()
    asked: int | None = None
    offset: int | None = None
    heard = 0.0
    await _insist(prepare, bot, health, clock, reached)
    try:
        while True:
            asked = offset
            question = partial(_ask, bot, offset, kinds)
            answer = await _insist(question, bot, health, clock, reached)
            now = clock.now()
            for number, update in answer:
                if update:
                    await _handle(bot, dispatcher, update, handling, heard)
                offset = number + 1
            if len(answer) < MOST_UPDATES:  # else older ones may still be there
                heard = now
    finally:
        if offset != asked:
            await _confirm(bot, offset)


async def _insist(
    question: Callable[[], Awaitable[Answer]],
    bot: Bot,
    health: Health,
    clock: Clock,
    reached: Callable[[], None],
) -> Answer:
    """Ask until there is an answer, however long Telegram cannot be reached."""
    pause = FIRST_PAUSE
    while True:
        try:
            answer = await question()
        except LIBRARY_ERRORS as error:
            wait = _refused(error, bot, health, clock.now(), pause)
        except Exception:
            log.exception("asking Telegram for commands failed")
            reason = sentence("A fault inside sonixbot; its log tells more.")
            health.fails(NAME, clock.now(), reason)
            wait = LONGEST_PAUSE
        else:
            if health.works(NAME, clock.now()):
                reached()
            return answer
        await clock.sleep(wait)
        pause = min(2 * pause, LONGEST_PAUSE)


def _refused(error: Exception, bot: Bot, health: Health, now: float, pause: float) -> float:
    """Report a failure, once; return the seconds to wait."""
    known = translate(error, bot.token)
    if health.fails(NAME, now, known.reason):
        log.warning("commands are not heard: %s", known.reason)
    if isinstance(known, NeedsRepair):
        return LONGEST_PAUSE
    if isinstance(known, TryLater) and known.after is not None:
        return known.after
    return pause


async def _ask(bot: Bot, offset: int | None, kinds: list[str]) -> list[tuple[int, Update | None]]:
    """The updates from `offset` on by number; None for one that cannot be understood."""
    try:
        updates = await bot.get_updates(
            offset=offset,
            limit=MOST_UPDATES,
            timeout=LONG_POLL,
            allowed_updates=kinds,
            request_timeout=LONG_POLL + PATIENCE,
        )
    except ClientDecodeError as error:
        if isinstance(error.original, ValidationError) and error.data.get("result"):
            return [_read(bot, each) for each in error.data["result"]]
        raise
    return [(update.update_id, update) for update in updates]


def _read(bot: Bot, raw: dict[str, Any]) -> tuple[int, Update | None]:
    """One update by itself: what a newer Bot API made unreadable must not block the others."""
    try:
        return raw["update_id"], Update.model_validate(raw, context={"bot": bot})
    except ValidationError as error:
        log.warning("update %s cannot be understood: %s", raw["update_id"], error.errors()[0])
        return raw["update_id"], None


async def _handle(
    bot: Bot, dispatcher: Dispatcher, update: Update, handling: float, heard: float
) -> None:
    try:
        async with asyncio.timeout(handling):
            await dispatcher.feed_update(bot, update, heard=heard)
    except Exception:
        log.exception("update %s could not be handled", update.update_id)


async def _confirm(bot: Bot, offset: int | None) -> None:
    """Tell Telegram what was handled, as well as it goes, so that it is not handled again."""
    with suppress(*LIBRARY_ERRORS, TimeoutError):
        async with asyncio.timeout(FAREWELL):
            await bot.get_updates(offset=offset, limit=1, timeout=0, request_timeout=FAREWELL)
