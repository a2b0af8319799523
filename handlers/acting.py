"""Acting: who only asks, and who acts too late, is told so before anything is done."""

from __future__ import annotations

from typing import Final

from aiogram import Router
from aiogram.filters import Command
from aiogram.filters.callback_data import CallbackQueryFilter
from aiogram.types import CallbackQuery, Message

from handlers.access import Role
from handlers.reply import acknowledge as answer
from handlers.reply import reply
from sonixbot.clock import Clock
from sonixbot.language import MINUTE, Language
from sonixbot.text.answers import not_allowed_words, too_old_words

#: Seconds after which a command no longer means the situation it meets.
STALE: Final = 10 * MINUTE


def guard(router: Router, *commands: str) -> None:
    """Put the gates before these commands; to be called before their handlers are registered."""
    acting = Command(*commands, ignore_case=True)
    router.message.register(refuse, acting, _may_only_ask)
    router.message.register(decline, acting, _is_stale)


def guard_buttons(router: Router, *presses: CallbackQueryFilter) -> None:
    """Put the gate before these buttons; to be called before their handlers are registered."""
    for each in presses:
        router.callback_query.register(refuse_press, each, _may_only_ask)


async def refuse_press(callback: CallbackQuery, language: Language) -> None:
    """Tell a viewer who may press it."""
    await answer(callback, not_allowed_words(language).text)


def _may_only_ask(_event: Message | CallbackQuery, role: Role) -> bool:
    return not role.acts


def _age(message: Message, clock: Clock, heard: float) -> float:
    """Seconds that the command waited.

    It cannot have waited since before Telegram was `heard` last; that holds also where this
    computer's clock is wrong, so that it looks older.
    """
    return clock.now() - max(message.date.timestamp(), heard)


def _is_stale(message: Message, clock: Clock, heard: float) -> bool:
    return _age(message, clock, heard) > STALE


async def refuse(message: Message, language: Language, clock: Clock) -> None:
    """Tell a viewer who may."""
    await reply(message, not_allowed_words(language), clock)


async def decline(message: Message, language: Language, clock: Clock, heard: float) -> None:
    """Tell that the command came too late to be carried out."""
    await reply(message, too_old_words(_age(message, clock, heard), language), clock)
