"""What nobody foresaw: words that are no command, buttons of another time, errors."""

from __future__ import annotations

import logging

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.exceptions import AiogramError
from aiogram.types import CallbackQuery, ErrorEvent, Message, User

from handlers.access import language_of
from handlers.reply import acknowledge, reply
from sonixbot.clock import Clock
from sonixbot.errors import Problem
from sonixbot.language import Language
from sonixbot.messengers.telegram import translate
from sonixbot.text.answers import failed_words, gone_text, unexpected_words
from sonixbot.text.markup import Words, escape, words

log = logging.getLogger(__name__)


def router() -> Router:
    """The handlers of what no other router took; to be included last."""
    made = Router(name="unexpected")
    made.message.register(hint, F.text, F.chat.type == ChatType.PRIVATE)
    made.callback_query.register(outlived)
    made.errors.register(failed)
    return made


async def hint(message: Message, language: Language, clock: Clock) -> None:
    """Point to /help; in private only, as people in a group talk with each other."""
    await reply(message, unexpected_words(language), clock)


async def outlived(callback: CallbackQuery, language: Language) -> None:
    """Tell that a button means nothing any more."""
    await acknowledge(callback, gone_text(language))


async def failed(
    event: ErrorEvent,
    bot: Bot,
    clock: Clock,
    default_language: Language,
    event_from_user: User | None = None,
) -> None:
    """Log an error and tell whoever asked; nothing that goes wrong ends the polling."""
    error = event.exception
    if isinstance(error, AiogramError):
        log.warning("an answer did not get through: %s", translate(error, bot.token))
        return
    log.error("a command could not be answered", exc_info=error)
    language = language_of(event_from_user, default_language)
    said = failure_words(error, language)
    try:
        if event.update.message:
            await reply(event.update.message, said, clock)
        elif event.update.callback_query:
            await acknowledge(event.update.callback_query, said.text)
    except Exception:
        log.exception("nor could that be told")


def failure_words(error: Exception, language: Language) -> Words:
    """What whoever asked is told of an error."""
    if isinstance(error, Problem):
        return words(escape(language.say(error.said)))
    return failed_words(language)
